import type { NodeExecution } from '@comfytrace/client';
import { textOf } from '../measure.ts';
import type { MemoryPoint } from './node-rows.ts';

export const kTrackHeight = 76;

/** Memory used over the same time as the bars; the device's load in grey; what torch had at most in each node, dashed. */
export function VramTrack({ curve, nodes, x, top, peakBytes, right }: {
  curve: readonly MemoryPoint[]; nodes: readonly NodeExecution[]; x: (ms: number) => number; top: number; peakBytes: number | null; right: number;
}) {
  const most = Math.max(1, ...curve.map((point) => Math.max(point.usedBytes, point.totalBytes ?? 0)));
  const room = kTrackHeight - 16;
  const y = (part: number) => top + room - part * (room - 6);
  const line = curve.map((point, index) => `${index ? 'L' : 'M'}${x(point.at).toFixed(1)} ${y(point.usedBytes / most).toFixed(1)}`).join('');
  const load = curve.filter((point) => point.utilization !== null).map((point, index) => `${index ? 'L' : 'M'}${x(point.at).toFixed(1)} ${y(point.utilization!).toFixed(1)}`).join('');
  const top_ = curve.reduce((best, point) => (point.usedBytes > best.usedBytes ? point : best));
  const told = peakBytes ?? top_.usedBytes;
  const total = curve.find((point) => point.totalBytes !== null)?.totalBytes ?? null;
  const peakX = Math.min(right, Math.max(0, x(top_.at)));
  return (
    <g>
      {[0, 0.5, 1].map((part) => (
        <g key={part}>
          <path className={part === 0 ? 'al' : 'gl'} d={`M0 ${y(part)}H${right}`} />
          {part > 0 && <text className="ax" x={right + 4} y={y(part) + 4}>{part === 1 ? textOf(most, 'memory') : textOf(most * part, 'memory')!.replace(/\D+$/, '')}</text>}
        </g>
      ))}
      {load && <path d={load} fill="none" stroke="var(--c-ref)" strokeWidth={1} opacity={0.7} />}
      <path d={`${line}L${x(curve.at(-1)!.at).toFixed(1)} ${y(0)}L${x(curve[0]!.at).toFixed(1)} ${y(0)}Z`} fill="var(--c-area)" />
      <path d={line} fill="none" stroke="var(--c-main)" strokeWidth={1.5} />
      {nodes.map((node, index) => (node.vramPeakBytes === null || node.startOffsetMs === null || node.durationMs === null ? null : (
        <path key={index} className="torch" d={`M${x(node.startOffsetMs)} ${y(Math.min(1, node.vramPeakBytes / most))}H${Math.max(x(node.startOffsetMs) + 3, x(node.startOffsetMs + node.durationMs))}`} />
      )))}
      <circle cx={x(top_.at)} cy={y(top_.usedBytes / most)} r={2.5} fill="var(--c-main)" />
      <text className="ax1" x={peakX} y={top - 2} textAnchor={peakX > right / 2 ? 'end' : 'start'}>peak {textOf(told, 'memory')}{total !== null && total > told ? ` of ${textOf(total, 'memory')}` : ''}</text>
    </g>
  );
}
