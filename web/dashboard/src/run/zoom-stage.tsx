import { useEffect, useRef, useState, type PointerEvent, type ReactNode } from 'react';
import { useKeysInDialog } from './dialog-keys.ts';

export interface Zoom {
  scale: number;
  x: number;
  y: number;
}

export const kNoZoom: Zoom = { scale: 1, x: 0, y: 0 };
const kMost = 16;

/** In by `factor` at a point that is measured from the middle of the stage; what lies there stays there. */
export function zoomAt(zoom: Zoom, factor: number, x = 0, y = 0): Zoom {
  const scale = Math.min(kMost, Math.max(1, zoom.scale * factor));
  if (scale === 1) return kNoZoom;
  const by = scale / zoom.scale;
  return { scale, x: x - (x - zoom.x) * by, y: y - (y - zoom.y) * by };
}

/** A picture that is zoomed by wheel, `+`, `-`, `0` and a double click, and moved by dragging or `w a s d`. */
export function ZoomStage({ children }: { children: ReactNode }) {
  const [zoom, setZoom] = useState<Zoom>(kNoZoom);
  const box = useRef<HTMLDivElement>(null);
  const drag = useRef<{ x: number; y: number } | null>(null);
  useKeysInDialog({
    '+': () => setZoom((now) => zoomAt(now, 1.5)),
    '=': () => setZoom((now) => zoomAt(now, 1.5)),
    '-': () => setZoom((now) => zoomAt(now, 1 / 1.5)),
    0: () => setZoom(kNoZoom),
    w: () => setZoom((now) => ({ ...now, y: now.y + (now.scale > 1 ? 60 : 0) })),
    s: () => setZoom((now) => ({ ...now, y: now.y - (now.scale > 1 ? 60 : 0) })),
    a: () => setZoom((now) => ({ ...now, x: now.x + (now.scale > 1 ? 60 : 0) })),
    d: () => setZoom((now) => ({ ...now, x: now.x - (now.scale > 1 ? 60 : 0) })),
  });
  const middle = (event: { clientX: number; clientY: number }) => {
    const at = box.current!.getBoundingClientRect();
    return [event.clientX - at.left - at.width / 2, event.clientY - at.top - at.height / 2] as const;
  };
  useEffect(() => {
    const element = box.current!;
    // React listens passively, and then the page would scroll along.
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const [x, y] = middle(event);
      setZoom((now) => zoomAt(now, Math.exp(-event.deltaY / 400), x, y));
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, []);
  const move = (event: PointerEvent) => {
    if (!drag.current) return;
    const by = { x: event.clientX - drag.current.x, y: event.clientY - drag.current.y };
    drag.current = { x: event.clientX, y: event.clientY };
    setZoom((now) => ({ ...now, x: now.x + by.x, y: now.y + by.y }));
  };
  return (
    <div
      ref={box} className={`zoom-stage ${zoom.scale > 1 ? 'in' : ''}`}
      onDoubleClick={(event) => setZoom(zoom.scale > 1 ? kNoZoom : zoomAt(kNoZoom, 3, ...middle(event)))}
      onPointerDown={(event) => {
        if (zoom.scale === 1) return;
        drag.current = { x: event.clientX, y: event.clientY };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={move} onPointerUp={() => (drag.current = null)} onPointerCancel={() => (drag.current = null)}
    >
      <div className="zoomed" style={{ transform: `translate(${zoom.x}px, ${zoom.y}px) scale(${zoom.scale})` }}>{children}</div>
      {zoom.scale > 1 && <span className="zoom-word" role="status">{Math.round(zoom.scale * 100)} %</span>}
    </div>
  );
}
