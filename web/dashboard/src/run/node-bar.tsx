import type { NodeExecution } from '@comfytrace/client';
import { formatSpan } from '../format.ts';
import { deltaText } from '../measure.ts';
import { verdictTone } from '../ui/verdict.tsx';
import { nodeClass } from './node-class.ts';
import type { NodeRow } from './node-rows.ts';

export function fillOf(node: NodeExecution): string {
  const kind = nodeClass(node.classType);
  return kind === 'other' ? 'var(--c-ref)' : `var(--n-${kind})`;
}

/** One node: its bar, its time, and under the bar what like runs took for it. */
export function NodeBar({ row: { node, baselineMs, comparison }, y, height, x, hatch, right, elapsed, isCurrent }: {
  row: NodeRow; y: number; height: number; x: (ms: number) => number; hatch: string; right: number; elapsed: number | null; isCurrent: boolean;
}) {
  const start = x(node.startOffsetMs ?? 0);
  const running = node.state === 'running' && elapsed !== null && node.startOffsetMs !== null;
  const long = running ? elapsed - node.startOffsetMs! : node.durationMs;
  const timed = long !== null && node.startOffsetMs !== null;
  const width = timed ? Math.max(2.5, x(node.startOffsetMs! + long) - start) : 9;
  const bad = node.state === 'failed';
  const ended = node.state === 'interrupted' || node.state === 'abandoned';
  const word = timed ? formatSpan(long)! : wordOf(node);
  const more = bad ? ', failed' : ended ? `, ${node.state}` : running && node.progressMax ? `, step ${node.progressValue ?? 0} / ${node.progressMax}` : '';
  const claims = comparison !== null && (comparison.verdict === 'worse' || comparison.verdict === 'better') && timed;
  const delta = claims ? deltaText(comparison.deltaRatio, 'ratio') : null;
  const label = word + more;
  const room = (label.length + (delta?.length ?? 0)) * 6.4 + 14;
  const end = Math.min(right, start + width);
  const place = end + room < right && start + width >= 0 ? 'after' : start > room ? 'before' : 'inside';
  const shape = node.state === 'cached' || (!timed && node.state !== 'running')
    ? { fill: `url(#${hatch})`, stroke: 'var(--line-strong)', strokeWidth: 0.8 }
    : running ? { fill: 'none', stroke: fillOf(node), strokeWidth: 1.2 }
    : { fill: bad ? 'var(--bad)' : fillOf(node), opacity: ended ? 0.55 : 1 };
  const part = running && node.progressMax ? Math.min(1, (node.progressValue ?? 0) / node.progressMax) : 0;
  const textX = place === 'after' ? Math.max(0, end) + 6 : place === 'before' ? start - 6 : Math.min(right, end) - 5;
  const ground = bad ? 'var(--bad-soft)' : isCurrent ? 'var(--raised)' : comparison?.verdict === 'worse' && timed ? 'var(--warn-soft)' : 'transparent';
  return (
    <g className="bar" data-state={node.state}>
      <rect x={0} y={y} width={right} height={height} fill={ground} />
      <rect x={start} y={y + 3} width={width} height={13} rx={2} {...shape} />
      {part > 0 && <rect x={start} y={y + 3} width={Math.max(1, width * part)} height={13} rx={2} fill={fillOf(node)} />}
      {baselineMs !== null && timed && <path className="bl" d={`M${start} ${y + 17.5}H${x(node.startOffsetMs! + baselineMs)}M${x(node.startOffsetMs! + baselineMs)} ${y + 14.5}V${y + 19}`} />}
      <text className={place === 'inside' && !running ? 'ax-in' : bad ? 'ax-bad' : timed ? 'ax2' : 'ax'} x={textX} y={y + 13.5} textAnchor={place === 'after' ? 'start' : 'end'}>
        {label}
        {delta && <tspan dx={5} className={place === 'inside' ? '' : `fill-${verdictTone(comparison!.verdict)}`}>{delta}</tspan>}
      </text>
    </g>
  );
}

function wordOf(node: NodeExecution): string {
  return node.state === 'running' ? 'running' : node.state === 'finished' ? 'time not told' : node.state;
}
