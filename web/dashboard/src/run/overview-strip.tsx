import { useRef, type PointerEvent } from 'react';
import { useWidth } from '../ui/media.ts';
import { fillOf } from './node-bar.tsx';
import type { NodeRow } from './node-rows.ts';
import type { TimeWindow } from './time-window.ts';

const kHigh = 26;

/** The whole attempt in small, and the stretch that the chart shows: drag it, its ends, or a new one. */
export function OverviewStrip({ rows, span, window, onWindow }: { rows: readonly NodeRow[]; span: number; window: TimeWindow; onWindow: (window: TimeWindow) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box, 640);
  const drag = useRef<{ what: 'move' | 'from' | 'to' | 'new'; at: number; window: TimeWindow } | null>(null);
  const x = (ms: number) => (ms / span) * width;
  const timeOf = (event: PointerEvent) => Math.min(span, Math.max(0, ((event.clientX - box.current!.getBoundingClientRect().left) / width) * span));
  const step = Math.min(3, (kHigh - 6) / Math.max(1, rows.length));
  const down = (event: PointerEvent) => {
    const at = timeOf(event);
    const near = (ms: number) => Math.abs(x(ms) - x(at)) < 6;
    const isAll = window.from <= 0 && window.to >= span;
    const what = !isAll && near(window.from) ? 'from' : !isAll && near(window.to) ? 'to' : !isAll && at > window.from && at < window.to ? 'move' : 'new';
    drag.current = { what, at, window };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    if (!drag.current) return;
    const { what, at, window: was } = drag.current;
    const now = timeOf(event);
    if (what === 'move') {
      const by = Math.min(span - was.to, Math.max(-was.from, now - at));
      onWindow({ from: was.from + by, to: was.to + by });
      return;
    }
    const [one, other] = what === 'new' ? [at, now] : what === 'from' ? [now, was.to] : [was.from, now];
    const next = { from: Math.min(one, other), to: Math.max(one, other) };
    if (next.to - next.from >= 20) onWindow(next);
  };
  return (
    <div
      ref={box} className="overview" aria-hidden="true" title="Drag to choose a stretch; w and s zoom, a and d move" onPointerDown={down} onPointerMove={move}
      onPointerUp={() => (drag.current = null)} onPointerCancel={() => (drag.current = null)} onDoubleClick={() => onWindow({ from: 0, to: span })}
    >
      <svg width={width} height={kHigh}>
        {rows.map(({ node }, index) => (node.startOffsetMs === null || node.durationMs === null ? null : (
          <rect key={index} x={x(node.startOffsetMs)} y={3 + index * step} width={Math.max(1, x(node.durationMs))} height={Math.max(1, step - 0.4)} fill={node.state === 'failed' ? 'var(--bad)' : fillOf(node)} />
        )))}
        <rect x={0} y={0} width={Math.max(0, x(window.from))} height={kHigh} className="ov-out" />
        <rect x={x(window.to)} y={0} width={Math.max(0, width - x(window.to))} height={kHigh} className="ov-out" />
        <rect x={x(window.from) + 0.5} y={0.5} width={Math.max(2, x(window.to) - x(window.from) - 1)} height={kHigh - 1} rx={2} className="ov-win" />
      </svg>
    </div>
  );
}
