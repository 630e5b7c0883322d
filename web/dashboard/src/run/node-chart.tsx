import type { Attempt, NodeExecution, TimelineAttempt } from '@comfytrace/client';
import { useId, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { formatDuration, formatSpan, plural } from '../format.ts';
import { textOf } from '../measure.ts';
import { useWidth } from '../ui/media.ts';
import { NodeBar } from './node-bar.tsx';
import { classWords, nodeClass, type NodeClass } from './node-class.ts';
import { memoryAt, memoryCurve, nodeAt, type NodeRow } from './node-rows.ts';
import { NodeTip } from './node-tip.tsx';
import { OverviewStrip } from './overview-strip.tsx';
import { ticks } from './ticks.ts';
import { around, whole, type TimeWindow } from './time-window.ts';
import { kTrackHeight, VramTrack } from './vram-track.tsx';

const kRow = 19;
const kTop = 22;
const kPad = 72;  // room for the label right of the last bar

/** Nodes as bars on one time scale, below them on the same scale the memory used; one crosshair for both. */
export function NodeChart({ told, attempt, rows, span, window, onWindow, zoomedIn, now }: {
  told: TimelineAttempt; attempt: Attempt; rows: readonly NodeRow[]; span: number; window: TimeWindow; onWindow: (window: TimeWindow) => void; zoomedIn: boolean; now: number;
}) {
  const hatch = useId();
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame, 640);
  const [at, setAt] = useState<number | null>(null);
  const [row, setRow] = useState<number | null>(null);
  const plot = Math.max(60, width - (zoomedIn ? 0 : kPad));
  const x = (ms: number) => ((ms - window.from) / (window.to - window.from)) * plot;
  const timeOf = (clientX: number) => window.from + ((clientX - frame.current!.getBoundingClientRect().left) / plot) * (window.to - window.from);
  const elapsed = told.finishedAtMs === null && told.startedAtMs !== null ? now - told.startedAtMs : null;
  const curve = memoryCurve(told);
  const rowsHeight = kTop + rows.length * kRow + 4;
  const hasTrack = curve.length > 1;
  const height = rowsHeight + (hasTrack ? kTrackHeight + 18 : 0);
  const scale = ticks(span, window, Math.max(2, Math.floor(plot / 110)));
  const kinds = [...new Set(rows.map(({ node }) => nodeClass(node.classType)))];
  const anyCached = rows.some(({ node }) => node.state === 'cached');
  const anyBaseline = rows.some((each) => each.baselineMs !== null);
  const ran = row === null ? (at === null ? null : nodeAt(told.nodes, at)) : rows[row]!.node;
  const move = (event: PointerEvent) => {
    const y = event.clientY - frame.current!.getBoundingClientRect().top - kTop;
    const over = Math.floor(y / kRow);
    setRow(y >= 0 && over < rows.length ? over : null);
    setAt(Math.min(window.to, Math.max(window.from, timeOf(event.clientX))));
  };
  const show = (node: NodeExecution) => node.startOffsetMs !== null && onWindow(around(node.startOffsetMs, node.startOffsetMs + (node.durationMs ?? 0), span));
  const keys = (event: KeyboardEvent) => {
    const step = (window.to - window.from) / 100;
    const from = at ?? window.from;
    const act: Record<string, () => void> = {
      ArrowRight: () => setAt(Math.min(window.to, from + step)), ArrowLeft: () => setAt(Math.max(window.from, from - step)),
      ArrowDown: () => setRow(row === null ? 0 : Math.min(rows.length - 1, row + 1)), ArrowUp: () => setRow(row === null ? rows.length - 1 : Math.max(0, row - 1)),
      Home: () => setAt(window.from), End: () => setAt(window.to),
      Enter: () => ran && show(ran),
      Escape: () => {
        if (zoomedIn) onWindow(whole(span));
        setAt(null);
        setRow(null);
      },
    };
    const known = act[event.key];
    if (!known || (event.key === 'Escape' && !zoomedIn && at === null && row === null)) return;
    known();
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="chart">
      <div className="legend">
        {anyCached && <span className="lg"><svg width="10" height="10" aria-hidden="true"><rect width="10" height="10" rx="2" fill={`url(#${hatch})`} /></svg>cached</span>}
        {anyBaseline && <span className="lg"><svg width="14" height="8" aria-hidden="true"><path d="M0 4H13M13 0V8" className="bl" /></svg>median of like runs</span>}
        {kinds.map((kind: NodeClass) => <span className="lg" key={kind}><i className={`k-${kind}`} />{classWords[kind]}</span>)}
        {told.nodes.some((node) => node.vramPeakBytes !== null) && hasTrack && <span className="lg"><svg width="14" height="8" aria-hidden="true"><path d="M0 4H14" className="torch" /></svg>torch peak a node</span>}
      </div>
      <OverviewStrip rows={rows} span={span} window={window} onWindow={onWindow} />
      <div className="chart-body">
        <ol className="labels" style={{ paddingTop: kTop }}>
          {rows.map(({ node }, index) => (
            <li key={index} className={`${node.durationMs === null && node.state !== 'running' ? 'dim' : ''} ${row === index ? 'cur' : ''}`}>
              <button type="button" tabIndex={-1} className="label-btn" title={`${`${node.classType} ${node.title}`.trim()}: zoom to it`} onClick={() => show(node)} onPointerEnter={() => setRow(index)}>
                <span className={`id ${node.parentNodeId ? 'child' : ''}`}>{node.nodeId}</span>
                <span className="el">{node.classType || (node.parentNodeId ? 'inside the expansion' : 'class not told')}{node.title && node.title !== node.classType && <span className="t3"> {node.title}</span>}</span>
              </button>
            </li>
          ))}
          {hasTrack && <li className="track-label"><span>VRAM used</span>{curve.some((point) => point.utilization !== null) && <span className="s11">grey line: GPU, 0 to 100 %</span>}</li>}
        </ol>
        <div
          className="plot" ref={frame} tabIndex={0} role="group" aria-label="Timeline: arrows move the crosshair and the row, Enter zooms to the node, w a s d zoom and move" onKeyDown={keys}
          onPointerMove={move} onDoubleClick={() => ran && show(ran)}
          onPointerLeave={() => {
            setAt(null);
            setRow(null);
          }}
        >
          <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={sentenceOf(rows, span)}>
            <defs>
              <pattern id={hatch} width="5" height="5" patternTransform="rotate(45)" patternUnits="userSpaceOnUse">
                <rect width="5" height="5" fill="var(--idle-soft)" />
                <rect width="1.5" height="5" fill="var(--c-ref)" opacity=".75" />
              </pattern>
              <clipPath id={`${hatch}c`}><rect x={0} y={0} width={width} height={height} /></clipPath>
            </defs>
            {scale.map((tick) => (
              <g key={tick.ms}>
                <path className="gl" d={`M${x(tick.ms)} 18V${height}`} />
                <text className="ax" x={x(tick.ms)} y={12} textAnchor={x(tick.ms) < 20 ? 'start' : x(tick.ms) > width - 24 ? 'end' : 'middle'}>{tick.word}</text>
              </g>
            ))}
            <g clipPath={`url(#${hatch}c)`}>
              {rows.map((each, index) => <NodeBar key={index} row={each} y={kTop + index * kRow} height={kRow} x={x} hatch={hatch} right={width} elapsed={elapsed} isCurrent={row === index} />)}
              {hasTrack && <VramTrack curve={curve} nodes={told.nodes} x={x} top={rowsHeight + 12} peakBytes={attempt.vramPeakBytes} right={plot} />}
            </g>
            {at !== null && <path d={`M${x(at)} 14V${height}`} className="cross" />}
          </svg>
          {(at !== null || row !== null) && (
            <NodeTip
              node={ran} row={rows.find((each) => each.node === ran) ?? null} at={at} memory={at === null ? null : memoryAt(curve, at)}
              left={at === null ? x(ran?.startOffsetMs ?? 0) : x(at)} right={width} top={row === null ? kTop : kTop + (row + 1) * kRow}
            />
          )}
        </div>
      </div>
      <span className="sr" aria-live="polite">{row === null && at === null ? '' : spoken(ran, at, memoryAt(curve, at ?? 0)?.usedBytes ?? null)}</span>
    </div>
  );
}

function sentenceOf(rows: readonly NodeRow[], span: number): string {
  const longest = rows.reduce<NodeExecution | null>((best, { node }) => ((node.durationMs ?? -1) > (best?.durationMs ?? -1) ? node : best), null);
  return `${plural(rows.length, 'node')} over ${formatDuration(span)}${longest?.durationMs ? `; the longest is ${longest.classType || longest.nodeId} with ${formatDuration(longest.durationMs)}` : ''}`;
}

function spoken(node: NodeExecution | null, at: number | null, usedBytes: number | null): string {
  const where = at === null ? '' : `at ${formatDuration(at)}, `;
  const what = node ? `${node.classType || `node ${node.nodeId}`} ${node.state}${node.durationMs === null ? '' : `, ${formatSpan(node.durationMs)}`}` : 'no node';
  return `${where}${what}${at !== null && usedBytes !== null ? `, ${textOf(usedBytes, 'memory')} used` : ''}`;
}
