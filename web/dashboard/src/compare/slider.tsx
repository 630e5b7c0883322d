import type { RunArtifact } from '@comfytrace/client';
import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { Icon } from '../ui/icon.tsx';
import { Missing } from './missing.tsx';

/** Where the line goes: one step, a tenth, an end. */
export function lineAfter(at: number, key: string): number | null {
  const to: Record<string, number> = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, PageDown: at - 10, PageUp: at + 10, Home: 0, End: 100 };
  return key in to ? Math.min(100, Math.max(0, to[key]!)) : null;
}

/** Two pictures over each other with a line between: left of it the first, right of it the second. */
export function Slider({ before, after, captions }: { before: RunArtifact; after: RunArtifact; captions: readonly string[] }) {
  const [at, setAt] = useState(50);
  const [lost, setLost] = useState<readonly number[]>([]);
  const [sizes, setSizes] = useState<readonly (string | null)[]>([null, null]);
  const box = useRef<HTMLDivElement>(null);
  const drag = (event: PointerEvent) => {
    if (event.type === 'pointermove' && event.buttons === 0) return;
    const place = box.current!.getBoundingClientRect();
    setAt(Math.round(Math.min(100, Math.max(0, ((event.clientX - place.left) / place.width) * 100))));
  };
  const keys = (event: KeyboardEvent) => {
    const next = lineAfter(at, event.key);
    if (next === null) return;
    setAt(next);
    event.preventDefault();
    event.stopPropagation();
  };
  if (lost.length > 0) return <Missing artifacts={[before, after]} captions={captions} />;
  const loaded = (which: number) => (event: { currentTarget: HTMLImageElement }) => {
    const { naturalWidth, naturalHeight } = event.currentTarget;
    setSizes((now) => now.map((size, index) => (index === which ? `${naturalWidth} × ${naturalHeight}` : size)));
  };
  const unlike = sizes[0] !== null && sizes[1] !== null && sizes[0] !== sizes[1];
  return (
    <div
      ref={box} className="slider" onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        drag(event);
      }}
      onPointerMove={drag}
    >
      <img src={after.url ?? undefined} alt={`${captions[1]}: ${after.filename}`} draggable={false} onLoad={loaded(1)} onError={() => setLost((now) => [...now, 1])} />
      <div className="ov" style={{ clipPath: `inset(0 ${100 - at}% 0 0)` }}>
        <img src={before.url ?? undefined} alt={`${captions[0]}: ${before.filename}`} draggable={false} onLoad={loaded(0)} onError={() => setLost((now) => [...now, 0])} />
      </div>
      <div
        className="hd" style={{ left: `${at}%` }} role="slider" tabIndex={0} aria-label="Line between A and B" aria-valuemin={0} aria-valuemax={100} aria-valuenow={at}
        aria-valuetext={`${at} % A, ${100 - at} % B`} onKeyDown={keys}
      >
        <b><Icon name="move-horizontal" size={14} /></b>
      </div>
      {at > 12 && <span className="lb">{captions[0]}</span>}
      {at < 88 && <span className="lb r">{captions[1]}</span>}
      {unlike && <span className="lb top">sizes differ: {sizes[0]} and {sizes[1]}</span>}
    </div>
  );
}
