import type { RunSort } from '@comfytrace/client';

// What the address of the list says beside the filter. Pure, and without React: it is asked before there is any.

/** As many runs are read at once. */
export const kPageRuns = 100;
export const kSorts: readonly RunSort[] = ['newest', 'oldest', 'longest', 'shortest', 'vram'];
const kRow = 'at';

export function sortOfQuery(query: string): RunSort {
  const asked = new URLSearchParams(query).get('sort');
  return kSorts.find((sort) => sort === asked) ?? 'newest';
}

/** The row that stands first, counted from 0. */
export function rowOfQuery(query: string): number {
  const text = new URLSearchParams(query).get(kRow) ?? '';
  return /^\d{1,12}$/.test(text) ? Number(text) : 0;
}

/** The same query with another first row. */
export function queryWithRow(query: string, row: number): string {
  const params = new URLSearchParams(query);
  if (row > 0) params.set(kRow, String(row));
  else params.delete(kRow);
  return params.toString();
}

/** Where reading begins for a list whose first row in sight is `row`. */
export function readsFrom(row: number, pageRuns = kPageRuns): number {
  return Math.max(0, row - Math.floor(pageRuns / 4));
}
