import { useEffect, useRef } from 'react';
import type { LongList } from './long-list.ts';

const kStaysMs = 900;
/** The list is so many times as high as what is seen of it at least, else the bar says enough. */
const kLong = 10;

/** How far down a thumb at `scrollTop` puts the bubble, which is `bubblePx` high, between the head and the bottom. */
export function bubbleTop({ scrollTop, scrollPx, viewPx, headPx, bubblePx }: { scrollTop: number; scrollPx: number; viewPx: number; headPx: number; bubblePx: number }): number {
  const share = scrollPx > viewPx ? Math.min(1, Math.max(0, scrollTop / (scrollPx - viewPx))) : 0;
  return Math.round(share * Math.max(0, viewPx - headPx - bubblePx));
}

/** Whether somebody goes through the list by leaps, who cannot read the rows that fly by. */
export function isLeap(fromPx: number, toPx: number, viewPx: number): boolean {
  return Math.abs(toPx - fromPx) > viewPx;
}

/**
 * Beside the thumb of a long list: where it stands, while the list is gone through by leaps. Written past React, so that a
 * frame costs one line of text.
 */
export function PlaceBubble({ list, headPx, placeAt }: { list: LongList; headPx: number; placeAt: () => string | null }) {
  const bubble = useRef<HTMLSpanElement>(null);
  const latest = useRef(placeAt);
  latest.current = placeAt;
  useEffect(() => {
    let before = list.bar.top;
    let hide: ReturnType<typeof setTimeout> | undefined;
    let frame = 0;
    const draw = () => {
      frame = 0;
      const box = bubble.current;
      const { top, boxPx, heightPx } = list.bar;
      const leap = isLeap(before, top, heightPx - headPx);
      before = top;
      if (!box || boxPx < kLong * heightPx || (!leap && box.hidden)) return;
      const text = latest.current();
      if (text === null) return;
      box.hidden = false;
      if (box.textContent !== text) box.textContent = text;
      box.style.transform = `translateY(${bubbleTop({ scrollTop: top, scrollPx: boxPx + headPx, viewPx: heightPx, headPx, bubblePx: 26 })}px)`;
      clearTimeout(hide);
      hide = setTimeout(() => {
        box.hidden = true;
      }, kStaysMs);
    };
    const off = list.onMove(() => {
      if (frame === 0) frame = requestAnimationFrame(draw);
    });
    return () => {
      clearTimeout(hide);
      cancelAnimationFrame(frame);
      off();
    };
  }, [list, headPx]);
  return <div className="dt-place" style={{ top: headPx }} aria-hidden="true"><span ref={bubble} hidden /></div>;
}
