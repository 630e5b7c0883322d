import type { RunSort, RunSummary, Statistics } from '@comfytrace/client';
import { formatCount, formatDay, formatDuration, formatMemory, formatWhen } from '../format.ts';

// Where one is in a list that is too long to read. Pure.

const kDayMs = 86_400_000;

/** Runs a day in the order of the list: how many stand before it, and when it begins. */
export interface ListDay {
  before: number;
  runs: number;
  fromMs: number;
}

export function isByTime(sort: RunSort): boolean {
  return sort === 'newest' || sort === 'oldest';
}

export function listDays(statistics: Statistics, sort: RunSort): ListDay[] {
  const days = statistics.groups.flatMap(({ fromMs, runs }) => (fromMs === null ? [] : [{ before: 0, runs, fromMs }])).sort((a, b) => (sort === 'oldest' ? a.fromMs - b.fromMs : b.fromMs - a.fromMs));
  // Of more days than are told the oldest are left out: they stand before all others where the oldest come first.
  let before = sort === 'oldest' ? Math.max(0, statistics.total.runs - days.reduce((sum, day) => sum + day.runs, 0)) : 0;
  for (const day of days) {
    day.before = before;
    before += day.runs;
  }
  return days;
}

/** About when row `index` was queued: its day is sure, as far as the days are told. */
export function timeAtRow(days: readonly ListDay[], index: number, sort: RunSort): number | null {
  let low = 0;
  let high = days.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (days[middle]!.before <= index) low = middle + 1;
    else high = middle;
  }
  const day = days[low - 1];
  if (!day || index >= day.before + day.runs) return null;
  const share = (index - day.before + 0.5) / day.runs;
  return day.fromMs + Math.floor((sort === 'oldest' ? share : 1 - share) * (kDayMs - 1));
}

/** What stands beside the thumb: the day or the value at this row, and how far down it is. */
export function placeWords({ index, count, sort, run, days, now }: { index: number; count: number; sort: RunSort; run: RunSummary | undefined; days: readonly ListDay[]; now: number }): string {
  const row = `${formatCount(Math.min(count, index + 1))} of ${formatCount(count)}`;
  if (isByTime(sort)) {
    const guessed = run ? null : timeAtRow(days, index, sort);
    const when = run ? formatWhen(run.createdAtMs, now) : guessed === null ? null : formatDay(guessed, now);
    return when ? `${when}, ${row}` : row;
  }
  const value = run ? (sort === 'vram' ? formatMemory(run.vramPeakBytes) : formatDuration(run.durationMs)) : null;
  return value ? `${value}, ${row}` : row;
}

/** The ids of the rows beside row `at` that are held without a gap, in their order: those one can go through one by one. */
export function idsAround(at: number, rowAt: (index: number) => RunSummary | undefined, most = 1_000): string[] {
  const ids: string[] = [];
  let from = at;
  while (from > 0 && from > at - most && rowAt(from - 1)) from -= 1;
  for (let index = from; ids.length < most * 2; index += 1) {
    const run = rowAt(index);
    if (!run) break;
    ids.push(run.runId);
  }
  return ids;
}

/** How wide the list is in a window: what stands beside it and the bar off. */
export function listWidth(windowPx: number): number {
  return windowPx - (windowPx >= 960 ? 342 : windowPx >= 720 ? 100 : 36);
}
