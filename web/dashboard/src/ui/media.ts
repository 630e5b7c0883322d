import { useCallback, useEffect, useState, useSyncExternalStore, type RefObject } from 'react';

const kPhone = '(max-width: 719.98px)';
const kUnmeasuredPx = 1000;

export function useMedia(query: string): boolean {
  // One list for the component: to make one is to parse the query, too much for each frame of a scroll.
  const [media] = useState(() => window.matchMedia(query));
  return useSyncExternalStore(
    useCallback((reader: () => void) => {
      media.addEventListener('change', reader);
      return () => media.removeEventListener('change', reader);
    }, [media]),
    () => media.matches,
  );
}

export function usePhone(): boolean {
  return useMedia(kPhone);
}

/** The inner width of an element, as it changes. */
export function useWidth(box: RefObject<HTMLElement | null>, first = kUnmeasuredPx): number {
  const [width, setWidth] = useState(first);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    // Tells the first width too, once the browser has laid out anyway.
    const observer = new ResizeObserver(() => setWidth(element.clientWidth || kUnmeasuredPx));
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return width;
}
