import { useVirtualizer } from '@tanstack/react-virtual';
import type { RefObject } from 'react';

/** Browsers draw no box higher than about 17 million pixels (Firefox) or 33 million (Chromium). */
const kTallest = 15_000_000;

/** Where the list is when the bar is at `scrollTop`, and back. Up to the tallest box they are the same. */
export function stretch(totalPx: number, viewPx: number) {
  const factor = totalPx <= kTallest ? 1 : (totalPx - viewPx) / (kTallest - viewPx);
  return { boxPx: Math.min(totalPx, kTallest), toList: (top: number) => top * factor, toBox: (offset: number) => offset / factor };
}

/**
 * Rows of one height in a scroller, of which only those in sight are drawn. Lists higher than a box can be scroll faster
 * than the finger; `top` says where each drawn row belongs.
 */
export function useLongList({ count, rowPx, headPx, scroller }: { count: number; rowPx: number; headPx: number; scroller: RefObject<HTMLElement | null> }) {
  const totalPx = count * rowPx;
  const scale = () => stretch(totalPx, Math.max(1, (scroller.current?.clientHeight ?? 700) - headPx));
  const rows = useVirtualizer<HTMLElement, HTMLElement>({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 12,
    initialRect: { width: 1000, height: 700 },
    observeElementOffset: (_, tell) => {
      const element = scroller.current;
      if (!element) return undefined;
      let rest: ReturnType<typeof setTimeout> | undefined;
      const hear = () => {
        tell(scale().toList(element.scrollTop), true);
        clearTimeout(rest);
        rest = setTimeout(() => tell(scale().toList(element.scrollTop), false), 150);
      };
      tell(scale().toList(element.scrollTop), false);
      element.addEventListener('scroll', hear, { passive: true });
      return () => {
        clearTimeout(rest);
        element.removeEventListener('scroll', hear);
      };
    },
    scrollToFn: (offset, { behavior }) => scroller.current?.scrollTo?.({ top: scale().toBox(offset), behavior }),
  });
  const { boxPx, toBox } = scale();
  const offset = rows.scrollOffset ?? 0;
  return {
    boxPx,
    items: rows.getVirtualItems(),
    topOf: (start: number) => Math.round(toBox(offset) + start - offset),
    measure: () => rows.measure(),
    /** Where the list is, without asking the browser, which would have to lay out for it. */
    top: () => rows.scrollOffset ?? 0,
    scrollBy: (px: number) => {
      const element = scroller.current;
      if (element) element.scrollTop = scale().toBox(scale().toList(element.scrollTop) + px);
    },
    /** Brings a row into sight below the head, moving no more than is needed. */
    reveal: (index: number) => {
      const element = scroller.current;
      if (!element) return;
      const viewPx = Math.max(rowPx, element.clientHeight - headPx);
      const at = scale().toList(element.scrollTop);
      const wanted = index * rowPx < at ? index * rowPx : (index + 1) * rowPx > at + viewPx ? (index + 1) * rowPx - viewPx : null;
      if (wanted !== null) element.scrollTo?.({ top: scale().toBox(wanted) });
    },
  };
}
