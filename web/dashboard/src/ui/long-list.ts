import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, type RefObject } from 'react';

/** Browsers draw no box higher than about 17 million pixels (Firefox) or 33 million (Chromium). */
const kTallest = 15_000_000;
/** Rows are placed from the beginning of a block of so many, so that their places stay while one scrolls. */
const kBlockRows = 1_000;

/** Where the list is when the bar is at `scrollTop`, and back. Up to the tallest box they are the same. */
export function stretch(totalPx: number, viewPx: number) {
  const factor = totalPx <= kTallest ? 1 : (totalPx - viewPx) / (kTallest - viewPx);
  return { boxPx: Math.min(totalPx, kTallest), toList: (top: number) => top * factor, toBox: (offset: number) => offset / factor };
}

/**
 * Rows of one height in a scroller, of which only those in sight are drawn. Lists higher than a box can be scroll faster
 * than the finger. Rows stand in a layer that is moved as a whole: `layerTop`, and in it at `topOf`.
 */
export function useLongList({ count, rowPx, headPx, scroller }: { count: number; rowPx: number; headPx: number; scroller: RefObject<HTMLElement | null> }) {
  const totalPx = count * rowPx;
  const scale = () => stretch(totalPx, Math.max(1, (scroller.current?.clientHeight ?? 700) - headPx));
  const now = useRef(scale);
  now.current = scale;
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
        tell(now.current().toList(element.scrollTop), true);
        clearTimeout(rest);
        rest = setTimeout(() => tell(now.current().toList(element.scrollTop), false), 150);
      };
      tell(now.current().toList(element.scrollTop), false);
      element.addEventListener('scroll', hear, { passive: true });
      return () => {
        clearTimeout(rest);
        element.removeEventListener('scroll', hear);
      };
    },
    scrollToFn: (offset, { behavior }) => scroller.current?.scrollTo?.({ top: now.current().toBox(offset), behavior }),
  });
  const { boxPx, toBox } = scale();
  const offset = rows.scrollOffset ?? 0;
  const items = rows.getVirtualItems();
  const basePx = Math.floor((items[0]?.index ?? 0) / kBlockRows) * kBlockRows * rowPx;
  const scrollTo = (listPx: number) => scroller.current?.scrollTo?.({ top: scale().toBox(listPx) });
  return {
    boxPx,
    items,
    layerTop: Math.round(toBox(offset) - offset) + basePx,
    topOf: (start: number) => start - basePx,
    measure: () => rows.measure(),
    /** Where the list is, without asking the browser, which would have to lay out for it. */
    top: () => rows.scrollOffset ?? 0,
    scrollBy: (px: number) => {
      const element = scroller.current;
      if (element) element.scrollTop = scale().toBox(scale().toList(element.scrollTop) + px);
    },
    /** Brings a row to the top, below the head. */
    scrollToRow: (index: number) => scrollTo(index * rowPx),
    /** Brings a row into sight below the head, moving no more than is needed. */
    reveal: (index: number) => {
      const element = scroller.current;
      if (!element) return;
      const viewPx = Math.max(rowPx, element.clientHeight - headPx);
      const at = scale().toList(element.scrollTop);
      const wanted = index * rowPx < at ? index * rowPx : (index + 1) * rowPx > at + viewPx ? (index + 1) * rowPx - viewPx : null;
      if (wanted !== null) scrollTo(wanted);
    },
  };
}
