import type { RunPage, RunSummary } from './types.ts';

/** Rows that were read together: `start` is the place of the first in the whole list. */
interface Page {
  start: number;
  runs: readonly RunSummary[];
  /** Goes on behind the last of them; null: there is nothing, or it is not known. */
  nextCursor: string | null;
}

/** What to ask for next: behind a cursor, which never misses or doubles a row, or from a place in the list. */
export interface RunQuestion {
  start: number;
  cursor: string | null;
  limit: number;
  /** Whether it begins or ends where rows are that are held or being read. */
  near: boolean;
}

const kLongPage = 200;
const endOf = (page: Page) => page.start + page.runs.length;

/** A list of any length of which only some stretches are held: those that are looked at, wherever they are. */
export class RunPages {
  private pages: Page[] = [];
  private lastFound = 0;
  /** How many rows the list has; null until something was read. */
  total: number | null = null;

  get count(): number {
    return this.total ?? 0;
  }

  get heldPages(): number {
    return this.pages.length;
  }

  held(): RunSummary[] {
    return this.pages.flatMap((page) => page.runs);
  }

  /** The first row behind all that is held. */
  get heldEnd(): number {
    const last = this.pages.at(-1);
    return last ? endOf(last) : 0;
  }

  rowAt(index: number): RunSummary | undefined {
    // Whoever asks for one row asks for its neighbour next.
    const held = (page: Page) => index >= page.start && index < endOf(page);
    let page = this.pages[this.lastFound];
    if (!page || !held(page)) {
      this.lastFound = this.pages.findIndex(held);
      page = this.pages[this.lastFound];
    }
    return page?.runs[index - page.start];
  }

  find(runId: string): RunSummary | undefined {
    return this.placeOf(runId)?.run;
  }

  /** Where the rows behind this cursor begin; null: what it came with was let go. */
  endBefore(cursor: string): number | null {
    const page = this.pages.find(({ nextCursor }) => nextCursor === cursor);
    return page ? endOf(page) : null;
  }

  /** Takes an answer in. Rows that it shows elsewhere than they were held have moved, and those behind them as well. */
  put(start: number, { runs, nextCursor, total }: RunPage): void {
    this.moveBy(start, runs);
    const end = start + runs.length;
    const ids = new Set(runs.map((run) => run.runId));
    const kept: Page[] = [];
    for (const page of this.pages) {
      const before = page.runs.slice(0, Math.max(0, start - page.start)).filter((run) => !ids.has(run.runId));
      const after = page.runs.slice(Math.max(0, end - page.start)).filter((run) => !ids.has(run.runId));
      if (endOf(page) <= start || page.start >= end) kept.push({ ...page, runs: page.runs.filter((run) => !ids.has(run.runId)) });
      else kept.push({ start: page.start, runs: before, nextCursor: null }, { ...page, start: end, runs: after });
    }
    kept.push({ start, runs, nextCursor });
    this.pages = kept.filter((page) => page.runs.length > 0).sort((a, b) => a.start - b.start);
    this.total = runs.length === 0 ? total : nextCursor === null ? end : Math.max(total, end + 1);
  }

  replace(run: RunSummary): void {
    const place = this.placeOf(run.runId);
    if (place) place.page.runs = place.page.runs.map((each, at) => (at === place.at ? run : each));
  }

  remove(runId: string): boolean {
    const place = this.placeOf(runId);
    if (!place) return false;
    place.page.runs = place.page.runs.filter((run) => run.runId !== runId);
    this.shift(place.page.start + place.at, -1);
    this.pages = this.pages.filter((page) => page.runs.length > 0);
    this.total = this.total === null ? null : this.total - 1;
    return true;
  }

  /** Puts a run at its place in time, newest first. False: that is among rows that are not held; it may be one of them. */
  insert(run: RunSummary): boolean {
    let end = 0;
    for (const page of this.pages) {
      const at = page.runs.findIndex((each) => each.createdAtMs <= run.createdAtMs);
      if (at < 0) {
        end = endOf(page);
        continue;
      }
      if (at === 0 && page.start !== end) return false;
      this.shift(page.start + Math.max(1, at), 1);
      this.into(page, at, run);
      this.total = this.count + 1;
      return true;
    }
    const last = this.pages.at(-1);
    if (!last || end !== this.total) return false;
    this.into(last, last.runs.length, run);
    this.total = this.count + 1;
    return true;
  }

  /** What is missing of rows `first` to `last` and is not being read already. */
  missing(first: number, last: number, size: number, reading: readonly { start: number; limit: number }[]): RunQuestion[] {
    const questions: RunQuestion[] = [];
    const taken = [
      ...this.pages.map((page) => ({ start: page.start, end: endOf(page), page })),
      ...reading.map(({ start, limit }) => ({ start, end: start + limit, page: null })),
    ].map((each) => ({ ...each, asked: false })).sort((a, b) => a.start - b.start);
    const to = Math.min(last + 1, this.count);
    let at = Math.max(0, first);
    while (at < to) {
      const here = taken.find((each) => at >= each.start && at < each.end);
      if (here) {
        at = here.end;
        continue;
      }
      const before = taken.findLast((each) => each.end <= at);
      const after = taken.find((each) => each.start > at);
      const limit = Math.min(size, (after?.start ?? this.count) - (before?.end ?? 0));
      const cursor = before?.end === at ? (before.page?.nextCursor ?? null) : null;
      // A gap is entered where it is looked at, or from the end that is near.
      const start = cursor !== null || before?.end === at ? at
        : after && after.start - at <= size ? after.start - limit : Math.max(before?.end ?? 0, at - Math.floor(size / 4));
      questions.push({ start, cursor, limit, near: (before?.end === start && !before.asked) || (after?.start === start + limit && !after.asked) });
      taken.push({ start, end: start + limit, page: null, asked: true });
      taken.sort((a, b) => a.start - b.start);
      at = start + limit;
    }
    return questions;
  }

  /** Lets pages far from row `middle` go, so that `most` stay. */
  letGo(middle: number, most: number): boolean {
    if (this.pages.length <= most) return false;
    const distance = (page: Page) => Math.max(page.start - middle, middle - endOf(page), 0);
    const near = new Set([...this.pages].sort((a, b) => distance(a) - distance(b)).slice(0, most));
    this.pages = this.pages.filter((page) => near.has(page));
    return true;
  }

  /** Whether a run of this time would stand among rows that are not held. */
  isBetween(createdAtMs: number): boolean {
    const first = this.pages[0];
    if (!first) return true;
    if (createdAtMs >= first.runs[0]!.createdAtMs) return first.start > 0;
    const next = this.pages.findIndex((page) => page.runs.at(-1)!.createdAtMs <= createdAtMs);
    if (next < 0) return this.heldEnd < this.count;
    return next > 0 && createdAtMs > this.pages[next]!.runs[0]!.createdAtMs && this.pages[next]!.start > endOf(this.pages[next - 1]!);
  }

  /** A page that has grown long becomes two, so that one of them can be let go. */
  private into(page: Page, at: number, run: RunSummary): void {
    page.runs = [...page.runs.slice(0, at), run, ...page.runs.slice(at)];
    if (page.runs.length < kLongPage) return;
    const half = page.runs.length >> 1;
    this.pages.splice(this.pages.indexOf(page) + 1, 0, { ...page, start: page.start + half, runs: page.runs.slice(half) });
    page.runs = page.runs.slice(0, half);
    page.nextCursor = null;
  }

  private placeOf(runId: string): { page: Page; at: number; run: RunSummary } | null {
    for (const page of this.pages) {
      const at = page.runs.findIndex((run) => run.runId === runId);
      if (at >= 0) return { page, at, run: page.runs[at]! };
    }
    return null;
  }

  /** Moves the pages that begin at or behind `from`. */
  private shift(from: number, by: number): void {
    for (const page of this.pages) if (page.start >= from) page.start += by;
  }

  private moveBy(start: number, runs: readonly RunSummary[]): void {
    for (const [at, run] of runs.entries()) {
      const held = this.placeOf(run.runId);
      if (!held) continue;
      const by = start + at - (held.page.start + held.at);
      if (by !== 0) this.shift(held.page.start, by);
      return;
    }
  }
}
