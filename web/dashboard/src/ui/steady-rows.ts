import { useLayoutEffect, useRef } from 'react';

const kNear = 120;

/** How many rows `key`, which stood at `at`, has moved; 0 where it stays or is gone. */
export function rowsMoved(keyAt: (index: number) => string | null, key: string, at: number, near = kNear): number {
  for (let by = 0; by <= near; by += 1) {
    if (keyAt(at + by) === key) return by;
    if (by > 0 && at - by >= 0 && keyAt(at - by) === key) return -by;
  }
  return 0;
}

/** Rows that come or go above what is read must not push it: unless the list stands at its beginning, it follows. */
export function useSteadyRows({ rowPx, keyAt, listTop, scrollBy }: {
  rowPx: number; keyAt: (index: number) => string | null;
  /** Where the list is, in pixels of the whole list. */
  listTop: () => number; scrollBy: (px: number) => void;
}): void {
  const held = useRef<{ key: string; at: number } | null>(null);
  useLayoutEffect(() => {
    const before = held.current;
    if (before && listTop() > 0) {
      const moved = rowsMoved(keyAt, before.key, before.at);
      if (moved !== 0) scrollBy(moved * rowPx);
    }
    const at = Math.floor(listTop() / rowPx);
    const key = keyAt(at);
    held.current = key === null ? null : { key, at };
  });
}
