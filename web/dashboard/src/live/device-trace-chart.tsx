import { useRef } from 'react';
import { formatClock, formatPercent, kGap } from '../format.ts';
import { textOf } from '../measure.ts';
import { useWidth } from '../ui/media.ts';
import { Icon } from '../ui/icon.tsx';
import { kSilentMs, kTraceMs, stretches, type DevicePoint } from './device-trace.ts';
import './live.css';

export interface DeviceTraceChartProps {
  points: readonly DevicePoint[];
  totalBytes: number | null;
  /** Where ComfyUI runs on the CPU, its memory is the computer's. */
  onCpu: boolean;
  /** When the scene began. */
  startedAtMs: number | null;
  nowMs: number;
}

const kTop = 4;
const kPlotPx = 56;
const kHeightPx = 76;
const kLeftPx = 56;
const kRightPx = 40;
const kMinute = 60_000;
/** A trace that begins later than this after its window's start says from when on it is. */
const kLateMs = 15_000;

/** Memory and load of the device over the last minutes: what was told, and where nothing was. */
export function DeviceTraceChart({ points, totalBytes, onCpu, startedAtMs, nowMs }: DeviceTraceChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box, 640);
  const memory = onCpu ? 'Memory' : 'VRAM';
  const used = points.findLast((point) => point.usedBytes !== null)?.usedBytes ?? null;
  const load = points.findLast((point) => point.loadRatio !== null)?.loadRatio ?? null;
  const most = Math.max(1, totalBytes ?? 0, ...points.map((point) => point.usedBytes ?? 0));
  const fromMs = nowMs - kTraceMs;
  const right = Math.max(kLeftPx + 60, width - kRightPx);
  const x = (ms: number) => kLeftPx + ((ms - fromMs) / kTraceMs) * (right - kLeftPx);
  const y = (part: number) => kTop + (1 - part) * kPlotPx;
  const line = (of: 'usedBytes' | 'loadRatio', scale: number) => stretches(points, of).map((stretch) => {
    const path = stretch.map((point, at) => `${at ? 'L' : 'M'}${x(point.atMs).toFixed(1)} ${y(point[of]! / scale).toFixed(1)}`).join('');
    // One reading alone is a dot's width.
    return { path: stretch.length > 1 ? path : `${path}h1.5`, from: x(stretch[0]!.atMs) };
  });
  const memoryLines = line('usedBytes', most);
  const lastMs = points.at(-1)?.atMs ?? null;
  const silent = lastMs !== null && nowMs - lastMs > kSilentMs;
  const about = points.length === 0 ? '' : silent ? `no word since ${formatClock(lastMs!, true)}` : points[0]!.atMs > fromMs + kLateMs ? `since ${formatClock(points[0]!.atMs, true)}, heard by this page` : 'the last 5 minutes';
  const memoryText = used === null ? `${memory} not told` : `${memory} ${textOf(used, 'memory')}${totalBytes === null ? '' : ` of ${textOf(totalBytes, 'memory')}`}`;
  const loadText = onCpu ? null : load === null ? 'GPU: no sensor' : `GPU ${formatPercent(load)}`;
  return (
    <section className="trace" aria-label="Device">
      <div className="row s12">
        <b>Device</b>
        <span className="row g4 t2 s11 nw">{used !== null && <i className="trace-key" aria-hidden="true" />}{memoryText}</span>
        {loadText && <span className="row g4 t2 s11 nw">{load !== null && <i className="trace-key load" aria-hidden="true" />}{loadText}</span>}
        <span className="sp" />
        <span className={`s11 el ${silent ? 'warn' : 't3'}`}>{about}</span>
      </div>
      <div ref={box} className="trace-plot">
        {points.length === 0 ? (
          <p className="note"><Icon name="s-nodata" size={14} className="t3" /><span>No sample in the last 5{kGap}minutes: this worker told neither memory nor load.</span></p>
        ) : (
          <svg width={width} height={kHeightPx} role="img" aria-label={`Device, ${about}: ${[memoryText, loadText].filter(Boolean).join(', ')}`}>
            {[0, 0.5, 1].map((part) => <path key={part} className={part === 0 ? 'al' : 'gl'} d={`M${kLeftPx} ${y(part)}H${right}`} />)}
            <text className="ax" x={kLeftPx - 6} y={y(1) + 6} textAnchor="end">{textOf(most, 'memory')}</text>
            <text className="ax" x={kLeftPx - 6} y={y(0) + 2} textAnchor="end">0</text>
            {load !== null && <text className="ax" x={right + 6} y={y(1) + 6}>100{kGap}%</text>}
            {load !== null && <text className="ax" x={right + 6} y={y(0) + 2}>0</text>}
            {memoryLines.map(({ path, from }) => <path key={from} className="trace-area" d={`${path}V${y(0)}H${from.toFixed(1)}Z`} />)}
            {line('loadRatio', 1).map(({ path, from }) => <path key={from} className="trace-load" d={path} />)}
            {memoryLines.map(({ path, from }) => <path key={from} className="trace-memory" d={path} />)}
            {startedAtMs !== null && startedAtMs > fromMs && startedAtMs <= nowMs && (
              <>
                <path className="c-median" d={`M${x(startedAtMs)} ${y(1)}V${y(0)}`} />
                <text className="ax" x={x(startedAtMs) + (x(startedAtMs) > right - 90 ? -4 : 4)} y={y(0) - 4} textAnchor={x(startedAtMs) > right - 90 ? 'end' : 'start'}>scene began</text>
              </>
            )}
            {[4, 3, 2, 1].map((ago) => <text key={ago} className="ax" x={x(nowMs - ago * kMinute)} y={kHeightPx - 3} textAnchor="middle">{formatClock(nowMs - ago * kMinute)}</text>)}
            <text className="ax" x={right} y={kHeightPx - 3} textAnchor="end">now</text>
          </svg>
        )}
      </div>
    </section>
  );
}
