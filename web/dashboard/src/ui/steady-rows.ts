import { useLayoutEffect, useRef } from 'react';
import type { LongList } from './long-list.ts';

const kNear = 120;

/** How many rows `key`, which stood at `at`, has moved; 0 where it stays or is gone. */
export function rowsMoved(keyAt: (index: number) => string | null, key: string, at: number, near = kNear): number {
  const now = keyAt(at);
  // Where nothing is held any more there is nothing to be found either.
  if (now === key || now === null) return 0;
  for (let by = 1; by <= near; by += 1) {
    if (keyAt(at + by) === key) return by;
    if (at - by >= 0 && keyAt(at - by) === key) return -by;
  }
  return 0;
}

/**
 * Rows that come or go above what is read must not push it: unless the list stands at its beginning, it follows. Each row
 * keeps its element of the document, whatever its number is now.
 */
export function useSteadyRows(list: LongList, rowPx: number, keyAt: (index: number) => string | null): void {
  const held = useRef<{ key: string; at: number; turn: number } | null>(null);
  const before = held.current;
  const moved = before ? rowsMoved(keyAt, before.key, before.at) : 0;
  if (before && moved !== 0) list.turnTo(before.turn - moved);
  useLayoutEffect(() => {
    if (moved !== 0 && list.top > 0) list.by(moved * rowPx);
    const at = Math.floor(list.top / rowPx);
    const key = keyAt(at);
    held.current = key === null ? null : { key, at, turn: list.turn };
  });
}
