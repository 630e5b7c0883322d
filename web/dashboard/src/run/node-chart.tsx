import type { Attempt, NodeExecution, TimelineAttempt } from '@comfytrace/client';
import { useEffect, useId, useRef, useState } from 'react';
import { formatDuration, formatMemory, formatSpan, plural } from '../format.ts';
import { useLive, useNow } from '../services.tsx';
import { classWords, nodeClass, type NodeClass } from './node-class.ts';
import { ticks } from './ticks.ts';

const kRow = 19;
const kTop = 22;
const kTrack = 64;
const kPad = 64;  // room for the label right of the last bar

function fillOf(node: NodeExecution): string {
  const kind = nodeClass(node.classType);
  return kind === 'other' ? 'var(--c-ref)' : `var(--n-${kind})`;
}

/** Nodes as bars on one time scale, and below it on the same scale the memory used, if it was sampled. */
export function NodeChart({ told, attempt, zoom }: { told: TimelineAttempt; attempt: Attempt; zoom: number }) {
  const hatch = useId();
  const { link } = useLive();
  const now = useNow() + link.serverOffsetMs;
  const frame = useRef<HTMLDivElement>(null);
  const [wide, setWide] = useState(640);
  const [tip, setTip] = useState<{ node: NodeExecution; x: number; y: number } | null>(null);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const watch = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) setWide(Math.floor(entry.contentRect.width));
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  const open = told.finishedAtMs === null && told.startedAtMs !== null;
  const endOf = (node: NodeExecution) => (node.startOffsetMs ?? 0) + (node.durationMs ?? 0);
  const span = Math.max(
    1, told.durationMs ?? 0, ...told.nodes.map(endOf), open ? now - told.startedAtMs! : 0,
  );
  const width = wide * zoom;
  const plot = Math.max(60, width - kPad);
  const x = (ms: number) => (ms / span) * plot;
  const samples = told.startedAtMs === null ? [] : told.samples
    .filter((sample) => sample.deviceIndex === 0 && sample.vramUsedBytes !== null)
    .map((sample) => ({ at: sample.atMs - told.startedAtMs!, used: sample.vramUsedBytes!, total: sample.vramUsedBytes! + (sample.vramFreeBytes ?? 0) }));
  const rowsHeight = kTop + told.nodes.length * kRow + 4;
  const height = rowsHeight + (samples.length > 1 ? kTrack + 18 : 0);
  const scale = ticks(span, Math.max(2, Math.floor(plot / (wide < 400 ? 64 : 110))));
  const kinds = [...new Set(told.nodes.map((node) => nodeClass(node.classType)))];
  const anyCached = told.nodes.some((node) => node.state === 'cached');
  const longest = told.nodes.reduce<NodeExecution | null>((best, node) => ((node.durationMs ?? -1) > (best?.durationMs ?? -1) ? node : best), null);
  const sentence = `${plural(told.nodes.length, 'node')} over ${formatDuration(span)}${longest?.durationMs ? `; the longest is ${longest.classType || longest.nodeId} with ${formatDuration(longest.durationMs)}` : ''}`;
  return (
    <div className="chart">
      <div className="legend">
        {anyCached && <span className="lg"><svg width="10" height="10" aria-hidden="true"><rect width="10" height="10" rx="2" fill={`url(#${hatch})`} /></svg>cached</span>}
        {kinds.map((kind: NodeClass) => <span className="lg" key={kind}><i className={`k-${kind}`} />{classWords[kind]}</span>)}
      </div>
      <div className="chart-body">
        <ol className="labels" aria-hidden="true" style={{ paddingTop: kTop }}>
          {told.nodes.map((node, index) => (
            <li key={index} className={node.durationMs === null && node.state !== 'running' ? 'dim' : ''} title={`${node.classType} ${node.title}`.trim()}>
              <span className={`id ${node.parentNodeId ? 'child' : ''}`}>{node.nodeId}</span>
              <span className="el">{node.classType || (node.parentNodeId ? 'inside the expansion' : 'class not told')}{node.title && node.title !== node.classType && <span className="t3"> {node.title}</span>}</span>
            </li>
          ))}
          {samples.length > 1 && <li className="track-label">VRAM used</li>}
        </ol>
        <div className="plot" ref={frame} tabIndex={zoom > 1 ? 0 : undefined} role={zoom > 1 ? 'group' : undefined} aria-label={zoom > 1 ? 'Timeline, scrolls sideways' : undefined} onMouseLeave={() => setTip(null)}>
          <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={sentence}>
            <defs>
              <pattern id={hatch} width="5" height="5" patternTransform="rotate(45)" patternUnits="userSpaceOnUse">
                <rect width="5" height="5" fill="var(--idle-soft)" />
                <rect width="1.5" height="5" fill="var(--c-ref)" opacity=".75" />
              </pattern>
            </defs>
            {scale.map((tick) => (
              <g key={tick.ms}>
                <path className="gl" d={`M${x(tick.ms)} 18V${height}`} />
                <text className="ax" x={x(tick.ms)} y={12} textAnchor={tick.ms === 0 ? 'start' : 'middle'}>{tick.word}</text>
              </g>
            ))}
            {told.nodes.map((node, index) => (
              <Bar
                key={index} node={node} y={kTop + index * kRow} x={x} hatch={hatch} edge={plot} right={width} now={open ? now - told.startedAtMs! : null}
                onHover={(at) => setTip(at && { node, ...at })}
              />
            ))}
            {samples.length > 1 && <Track samples={samples} x={x} top={rowsHeight + 12} peak={attempt.vramPeakBytes} right={plot} />}
          </svg>
          {tip && <Tip tip={tip} right={width} />}
        </div>
      </div>
    </div>
  );
}

function Bar({ node, y, x, hatch, edge, right, now, onHover }: {
  node: NodeExecution; y: number; x: (ms: number) => number; hatch: string; edge: number; right: number; now: number | null;
  onHover: (at: { x: number; y: number } | null) => void;
}) {
  const start = x(node.startOffsetMs ?? 0);
  const running = node.state === 'running' && now !== null && node.startOffsetMs !== null;
  const long = running ? now - node.startOffsetMs! : node.durationMs;
  const timed = long !== null && node.startOffsetMs !== null;
  const width = timed ? Math.max(2.5, x(long)) : 9;
  const bad = node.state === 'failed';
  const ended = node.state === 'interrupted' || node.state === 'abandoned';
  const word = timed ? formatSpan(long)! : wordOf(node);
  const more = bad ? ', failed' : ended ? `, ${node.state}` : running && node.progressMax ? `, step ${node.progressValue ?? 0} / ${node.progressMax}` : '';
  const label = word + more;
  const room = label.length * 6.4 + 8;
  const place = start + width + room < right ? 'after' : start > room ? 'before' : 'inside';
  const shape = node.state === 'cached' || (!timed && node.state !== 'running')
    ? { fill: `url(#${hatch})`, stroke: 'var(--line-strong)', strokeWidth: 0.8 }
    : running ? { fill: 'none', stroke: fillOf(node), strokeWidth: 1.2 }
    : { fill: bad ? 'var(--bad)' : fillOf(node), opacity: ended ? 0.55 : 1 };
  const part = running && node.progressMax ? Math.min(1, (node.progressValue ?? 0) / node.progressMax) : 0;
  return (
    <g onMouseEnter={() => onHover({ x: start + Math.min(width, edge) / 2, y: y + kRow })} className="bar">
      <rect x={0} y={y} width={right} height={kRow} fill={bad ? 'var(--bad-soft)' : 'transparent'} />
      <rect x={start} y={y + 3} width={width} height={13} rx={2} {...shape} />
      {part > 0 && <rect x={start} y={y + 3} width={Math.max(1, width * part)} height={13} rx={2} fill={fillOf(node)} />}
      <text
        className={place === 'inside' && !running ? 'ax-in' : bad ? 'ax-bad' : timed ? 'ax2' : 'ax'} y={y + 13.5} textAnchor={place === 'after' ? 'start' : 'end'}
        x={place === 'after' ? start + width + 6 : place === 'before' ? start - 6 : start + width - 5}
      >
        {label}
      </text>
    </g>
  );
}

function wordOf(node: NodeExecution): string {
  switch (node.state) {
    case 'running':
      return 'running';
    case 'finished':
      return 'time not told';
    default:
      return node.state;
  }
}

function Track({ samples, x, top, peak, right }: {
  samples: readonly { at: number; used: number; total: number }[]; x: (ms: number) => number; top: number; peak: number | null; right: number;
}) {
  const most = Math.max(...samples.map((sample) => Math.max(sample.used, sample.total)), 1);
  const y = (bytes: number) => top + kTrack - 12 - (bytes / most) * (kTrack - 16);
  const shown = samples.filter((sample) => sample.at >= 0 && x(sample.at) <= right);
  if (shown.length < 2) return null;
  const line = shown.map((sample, index) => `${index ? 'L' : 'M'}${x(sample.at).toFixed(1)} ${y(sample.used).toFixed(1)}`).join('');
  const base = y(0);
  const told = peak ?? Math.max(...shown.map((sample) => sample.used));
  return (
    <g>
      <path className="al" d={`M0 ${base}H${right}`} />
      <path d={`${line}L${x(shown.at(-1)!.at).toFixed(1)} ${base}L${x(shown[0]!.at).toFixed(1)} ${base}Z`} fill="var(--c-area)" />
      <path d={line} fill="none" stroke="var(--c-main)" strokeWidth={1.5} />
      <text className="ax1" x={right} y={top - 2} textAnchor="end">peak {formatMemory(told)}{most > told ? ` of ${formatMemory(most)}` : ''}</text>
    </g>
  );
}

function Tip({ tip, right }: { tip: { node: NodeExecution; x: number; y: number }; right: number }) {
  const { node } = tip;
  return (
    <div className="tip float" style={{ left: Math.min(tip.x, Math.max(0, right - 240)), top: tip.y + 4 }}>
      <b>{node.classType || `node ${node.nodeId}`}</b> {node.title !== node.classType && node.title}
      <div>node {node.nodeId}{node.displayNodeId !== node.nodeId && `, of node ${node.displayNodeId}`}, {node.state}</div>
      <div>
        {node.startOffsetMs === null ? 'start not told' : `from ${formatDuration(node.startOffsetMs)}`}
        {node.durationMs !== null ? `, took ${formatSpan(node.durationMs)}` : node.state === 'cached' ? ', not executed: held in the cache' : ''}
      </div>
      {node.vramPeakBytes !== null && <div>VRAM at its highest {formatMemory(node.vramPeakBytes)}, by torch's count</div>}
      {node.progressMax !== null && <div>step {node.progressValue ?? 0} of {node.progressMax}</div>}
    </div>
  );
}
