import { useEffect, useRef, type RefObject } from 'react';

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
export function PlaceBubble({ scroller, headPx, placeAt }: { scroller: RefObject<HTMLElement | null>; headPx: number; placeAt: () => string | null }) {
  const bubble = useRef<HTMLSpanElement>(null);
  const latest = useRef(placeAt);
  latest.current = placeAt;
  useEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    let before = element.scrollTop;
    let hide: ReturnType<typeof setTimeout> | undefined;
    let frame = 0;
    const draw = () => {
      frame = 0;
      const box = bubble.current;
      const { scrollTop, scrollHeight, clientHeight } = element;
      const leap = isLeap(before, scrollTop, clientHeight - headPx);
      before = scrollTop;
      if (!box || scrollHeight < kLong * clientHeight || (!leap && box.hidden)) return;
      const text = latest.current();
      if (text === null) return;
      box.hidden = false;
      if (box.textContent !== text) box.textContent = text;
      box.style.transform = `translateY(${bubbleTop({ scrollTop, scrollPx: scrollHeight, viewPx: clientHeight, headPx, bubblePx: 26 })}px)`;
      clearTimeout(hide);
      hide = setTimeout(() => {
        box.hidden = true;
      }, kStaysMs);
    };
    const hear = () => {
      if (frame === 0) frame = requestAnimationFrame(draw);
    };
    element.addEventListener('scroll', hear, { passive: true });
    return () => {
      clearTimeout(hide);
      cancelAnimationFrame(frame);
      element.removeEventListener('scroll', hear);
    };
  }, [scroller, headPx]);
  return <div className="dt-place" style={{ top: headPx }} aria-hidden="true"><span ref={bubble} hidden /></div>;
}
