import { useEffect, useState, useSyncExternalStore, type RefObject } from 'react';

const kPhone = '(max-width: 719.98px)';

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (reader) => {
      const media = window.matchMedia(query);
      media.addEventListener('change', reader);
      return () => media.removeEventListener('change', reader);
    },
    () => window.matchMedia(query).matches,
  );
}

export function usePhone(): boolean {
  return useMedia(kPhone);
}

/** The inner width of an element, as it changes. */
export function useWidth(box: RefObject<HTMLElement | null>, first = 1000): number {
  const [width, setWidth] = useState(first);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const take = () => setWidth(element.clientWidth || first);
    take();
    const observer = new ResizeObserver(take);
    observer.observe(element);
    return () => observer.disconnect();
  }, [box, first]);
  return width;
}
