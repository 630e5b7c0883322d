import type { RunPage, RunSummary } from './types.ts';

interface Page {
  cursor: string | null;
  count: number;
  /** null: let go; it can be read again with its cursor. */
  runs: RunSummary[] | null;
}

/** Pages of a list, read one after the other; far ones can be let go, so that a list of any length costs bounded memory. */
export class RunPages {
  private readonly pages: Page[] = [];
  nextCursor: string | null = null;
  total: number | null = null;

  constructor(first?: RunPage) {
    if (first) this.put(0, first);
  }

  get length(): number {
    return this.pages.length;
  }

  get count(): number {
    return this.pages.reduce((sum, page) => sum + page.count, 0);
  }

  /** What to ask for to read page `index`; undefined: it cannot be read yet, or is there. */
  cursorOf(index: number): string | null | undefined {
    const page = this.pages[index];
    if (page) return page.runs ? undefined : page.cursor;
    return index === this.pages.length && this.nextCursor !== null ? this.nextCursor : undefined;
  }

  put(index: number, page: RunPage): void {
    const seen = new Set(this.held().map((run) => run.runId));
    const runs = page.runs.filter((run) => !seen.has(run.runId));  // one that moved while the pages were read
    if (index < this.pages.length) {
      Object.assign(this.pages[index]!, { runs, count: runs.length });
    } else {
      this.pages.push({ cursor: index === 0 ? null : this.nextCursor, runs, count: runs.length });
      this.nextCursor = page.nextCursor;
    }
    this.total = page.total;
  }

  held(): RunSummary[] {
    return this.pages.flatMap((page) => page.runs ?? []);
  }

  rowAt(index: number): RunSummary | undefined {
    let before = 0;
    for (const page of this.pages) {
      if (index < before + page.count) return page.runs?.[index - before];
      before += page.count;
    }
    return undefined;
  }

  find(runId: string): RunSummary | undefined {
    for (const page of this.pages) {
      const found = page.runs?.find((run) => run.runId === runId);
      if (found) return found;
    }
    return undefined;
  }

  replace(run: RunSummary): void {
    for (const page of this.pages) {
      if (page.runs?.some((each) => each.runId === run.runId)) page.runs = page.runs.map((each) => (each.runId === run.runId ? run : each));
    }
  }

  remove(runId: string): boolean {
    for (const page of this.pages) {
      if (!page.runs?.some((run) => run.runId === runId)) continue;
      page.runs = page.runs.filter((run) => run.runId !== runId);
      page.count = page.runs.length;
      this.total = this.total === null ? null : this.total - 1;
      return true;
    }
    return false;
  }

  /** Puts a run at its place in time, newest first. Beyond what was read it comes with its page. */
  insert(run: RunSummary): void {
    this.total = this.total === null ? null : this.total + 1;
    for (const page of this.pages) {
      const at = page.runs?.findIndex((each) => each.createdAtMs <= run.createdAtMs) ?? -1;
      if (at >= 0) return this.into(page, at, run);
      if (page.runs === null) return;
    }
    const last = this.pages.at(-1);
    if (last && this.nextCursor === null) this.into(last, last.count, run);
  }

  /** Pages among rows `first` to `last` that were let go. */
  missing(first: number, last: number): number[] {
    return this.overlapping(first, last).filter((index) => this.pages[index]!.runs === null);
  }

  /** Lets pages far from rows `first` to `last` go, so that about `most` stay. */
  letGo(first: number, last: number, most: number): boolean {
    if (this.pages.length <= most) return false;
    const near = this.overlapping(first, last);
    const middle = ((near[0] ?? 0) + (near.at(-1) ?? 0)) / 2;
    let gone = false;
    this.pages.forEach((page, index) => {
      if (page.runs === null || Math.abs(index - middle) <= most / 2) return;
      page.runs = null;
      gone = true;
    });
    return gone;
  }

  private overlapping(first: number, last: number): number[] {
    const found: number[] = [];
    let before = 0;
    this.pages.forEach((page, index) => {
      if (before <= last && before + page.count > first) found.push(index);
      before += page.count;
    });
    return found;
  }

  private into(page: Page, at: number, run: RunSummary): void {
    page.runs = [...page.runs!.slice(0, at), run, ...page.runs!.slice(at)];
    page.count = page.runs.length;
  }
}
