import { ApiError, type ApiClient } from './api-client.ts';
import { sentenceOf } from './filter-store.ts';
import { filterAccepts, filterQuery, type RunFilter } from './run-filter.ts';
import { RunPages, type RunQuestion } from './run-pages.ts';
import { Store } from './store.ts';
import type { TelemetryStreamManager } from './telemetry-stream-manager.ts';
import type { RunPage, RunSort, RunSummary } from './types.ts';

export interface RunHistoryState {
  state: 'loading' | 'empty' | 'error' | 'ready';
  /** The rows that are held, in order: those that were looked at last. See `rowAt`. */
  runs: readonly RunSummary[];
  /** How many rows the list has, held or not. */
  count: number;
  /** undefined: not held; `look` reads it. */
  rowAt: (index: number) => RunSummary | undefined;
  /** How many runs match; null until known. */
  total: number | null;
  /** Whether there are rows behind the last one that is held. */
  hasMore: boolean;
  /** Whether what `loadMore` asked for is on its way. */
  isLoadingMore: boolean;
  /** What is shown belongs to the filter before; the answer to the present one is on its way. */
  isPrevious: boolean;
  /** Runs that came since and may belong here; `refresh` puts them in. */
  unseen: number;
  error: string | null;
  /** Whether the server did not understand the question, so that asking again is of no use. */
  refused: boolean;
  /** How long the server took for the first page, as seen from here. */
  tookMs: number | null;
}

export interface RunHistoryOptions {
  filter?: RunFilter;
  sort?: RunSort;
  pageSize?: number;
  /** Pages held at once; others are read again when they are looked at. */
  heldPages?: number;
  /** Where the list begins to be read. */
  firstRow?: number;
  /** The rows from row `start` on, where they were asked for before and are there already. */
  firstPage?: { page: RunPage; start: number; tookMs: number };
  /** Rows far from all that is held are read when they are looked at for so long. */
  restMs?: number;
  /** Keeps the list current. Without it: `refresh`. */
  manager?: TelemetryStreamManager;
  /** The first page is read again at most so often when runs came that only the server can place. */
  refreshMs?: number;
}

/** So many answers are waited for at once. */
const kMostReading = 2;
/** Where runs come faster, so many of them are taken in at a time, and the next ones a moment later: each costs a row drawn. */
const kTakenAtOnce = 8;
const kTakeEveryMs = 100;
/** Of a long line a share, so that nobody waits much longer than a second or two. */
const kTakenShare = 1 / 8;

/** While rows fly by, one stretch of them is read now and then, so that there is something to see. */
const kFlyingMs = 250;

interface Reading {
  start: number;
  limit: number;
  aborter: AbortController;
}

/**
 * The runs of a history under one filter, entered anywhere: what is looked at is read, what is far is let go. Keeps what
 * it shows while it asks for something else.
 */
export class RunHistoryStore extends Store<RunHistoryState> {
  private pages = new RunPages();
  private filter: RunFilter;
  private sort: RunSort;
  private name: string;
  private aborter = new AbortController();
  private reading: Reading[] = [];
  private looked: { first: number; last: number };
  private timer: ReturnType<typeof setTimeout> | undefined;
  private rest: ReturnType<typeof setTimeout> | undefined;
  /** By run: the newest that was told and is not taken in yet; null: it was deleted. */
  private readonly waiting = new Map<string, RunSummary | null>();
  private taking: ReturnType<typeof setTimeout> | undefined;
  private takenAtMs = Number.NEGATIVE_INFINITY;
  private taken = 0;
  /** Runs that came and that only the server can place. */
  private readonly unplaced = new Set<string>();
  private jumpedAtMs = Number.NEGATIVE_INFINITY;
  private readonly pageSize: number;
  private readonly heldPages: number;
  private readonly refreshMs: number;
  private readonly restMs: number;

  constructor(private readonly api: ApiClient, private readonly options: RunHistoryOptions = {}) {
    super({
      state: 'loading', runs: [], count: 0, rowAt: () => undefined, total: null, hasMore: false, isLoadingMore: false, isPrevious: false,
      unseen: 0, error: null, refused: false, tookMs: null,
    });
    this.filter = options.filter ?? {};
    this.sort = options.sort ?? 'newest';
    this.name = nameOf(this.filter, this.sort);
    this.pageSize = options.pageSize ?? 100;
    this.heldPages = Math.max(3, options.heldPages ?? 40);
    this.refreshMs = options.refreshMs ?? 3_000;
    this.restMs = options.restMs ?? 60;
    this.looked = { first: options.firstRow ?? 0, last: options.firstRow ?? 0 };
    const { firstPage } = options;
    // Where there are rows, but none from there on, the end has to be asked for.
    if (!firstPage || (firstPage.page.runs.length === 0 && firstPage.page.total > 0)) return;
    this.pages.put(firstPage.start, firstPage.page);
    this.show({ tookMs: firstPage.tookMs });
  }

  /** Begins to read and to follow the stream; ends both when the returned function is called. */
  follow(): () => void {
    const { manager } = this.options;
    const offs = manager ? [
      manager.on('updates', (updates) => {
        for (const update of updates) {
          if (update.kind === 'run') this.waiting.set(update.run.runId, update.run);
          if (update.kind === 'runDeleted') this.waiting.set(update.runId, null);
        }
        this.takeWaiting();
      }),
      // A snapshot means that something may have been missed since the list was read.
      manager.on('snapshot', (snapshot) => {
        const news = new News();
        for (const run of snapshot.recent) {
          const known = this.pages.find(run.runId);
          if (known ? known.status !== run.status : filterAccepts(this.filter, run) !== false && !this.standsBetween(run)) news.unseen += 1;
        }
        this.tell(news);
      }),
    ] : [];
    if (this.pages.total === null || this.get().isPrevious) void this.readFirst();
    return () => {
      for (const off of offs) off();
      clearTimeout(this.taking);
      this.taking = undefined;
      this.stop();
    };
  }

  /** Shows what was shown until the answer is there. */
  setFilter(filter: RunFilter, sort: RunSort = this.sort): void {
    const name = nameOf(filter, sort);
    this.filter = filter;
    this.sort = sort;
    if (name === this.name) return;
    this.name = name;
    this.looked = { first: 0, last: 0 };
    this.put({ isPrevious: this.get().state !== 'loading', error: null });
    void this.readFirst();
  }

  readonly refresh = (): Promise<void> => this.readFirst();

  /** Reads on behind the last row that is held. */
  readonly loadMore = (): void => {
    if (this.pages.heldEnd >= this.pages.count) return;
    this.look(this.pages.heldEnd, this.pages.heldEnd);
    if (this.reading.length > 0) this.put({ isLoadingMore: true });
  };

  /** Rows `first` to `last` are looked at: what is missing of them is read, what is far is let go. */
  readonly look = (first: number, last: number): void => {
    this.looked = { first, last };
    if (this.get().isPrevious || this.pages.total === null) return;
    this.letFarGo();
    this.readLooked(false);
  };

  private letFarGo(): void {
    const { first, last } = this.looked;
    const isFar = ({ start, limit }: Reading) => start > last + 2 * this.pageSize || start + limit < first - 2 * this.pageSize;
    for (const each of this.reading) if (isFar(each)) each.aborter.abort();
    this.reading = this.reading.filter((each) => !each.aborter.signal.aborted);
    if (this.pages.letGo((first + last) / 2, this.heldPages)) this.show();
  }

  /** Rows beside those that are held at once, so that the eye does not get there first; others when the hand rests. */
  private readLooked(rested: boolean): void {
    const { first, last } = this.looked;
    const ahead = Math.floor(this.pageSize / 2);
    const sought = (margin: number) => this.pages.missing(first - margin, last + margin, this.pageSize, this.reading);
    const questions = [...sought(0), ...sought(ahead).filter(({ near }) => near)];
    for (const question of questions) {
      if (this.reading.length >= kMostReading) return;
      if (question.near || rested || performance.now() - this.jumpedAtMs > kFlyingMs) {
        if (!question.near) this.jumpedAtMs = performance.now();
        if (!this.reading.some(({ start }) => start === question.start)) void this.readPage(question);
      } else {
        clearTimeout(this.rest);
        this.rest = setTimeout(() => this.readLooked(true), this.restMs);
      }
    }
  }

  private stop(): void {
    clearTimeout(this.timer);
    clearTimeout(this.rest);
    this.timer = undefined;
    this.aborter.abort();
    for (const each of this.reading) each.aborter.abort();
    this.reading = [];
  }

  private async readFirst(): Promise<void> {
    this.stop();
    this.aborter = new AbortController();
    const { name } = this;
    const { signal } = this.aborter;
    const began = performance.now();
    try {
      let start = Math.max(0, this.looked.first - Math.floor(this.pageSize / 4));
      let page = await this.ask({ offset: start }, signal);
      if (page.runs.length === 0 && page.total > 0) {
        start = Math.max(0, page.total - this.pageSize);
        page = await this.ask({ offset: start }, signal);
      }
      if (signal.aborted || name !== this.name) return;
      this.pages = new RunPages();
      this.pages.put(start, page);
      this.unplaced.clear();
      this.put({ isPrevious: false, isLoadingMore: false, unseen: 0, error: null, refused: false, tookMs: Math.round(performance.now() - began) });
      this.show();
      this.readLooked(true);
    } catch (error) {
      if (signal.aborted || name !== this.name) return;
      // What is shown under another filter would be a lie under this one; of the same filter it stays.
      const lost = this.get().isPrevious || this.pages.total === null;
      if (lost) this.pages = new RunPages();
      this.put({ error: sentenceOf(error), refused: error instanceof ApiError && error.status === 400, isPrevious: false, ...(lost ? { state: 'error' as const, runs: [], count: 0, total: null, hasMore: false } : {}) });
    }
  }

  private async readPage(question: RunQuestion): Promise<void> {
    const { pages } = this;
    const aborter = new AbortController();
    const reading: Reading = { start: question.start, limit: question.limit, aborter };
    this.reading.push(reading);
    const done = () => {
      this.reading = this.reading.filter((each) => each !== reading);
      return { isLoadingMore: this.get().isLoadingMore && this.reading.length > 0 };
    };
    try {
      const { cursor, start, limit } = question;
      const page = await this.ask(cursor === null ? { offset: start, limit } : { cursor, limit }, aborter.signal);
      if (pages !== this.pages || aborter.signal.aborted) return;
      pages.put(cursor === null ? start : (pages.endBefore(cursor) ?? start), page);
      this.show({ error: null, ...done() });
      this.letFarGo();
      this.readLooked(false);
    } catch (error) {
      if (pages !== this.pages || aborter.signal.aborted) return;
      this.put({ error: sentenceOf(error), ...done() });
      clearTimeout(this.rest);
      this.rest = setTimeout(() => this.readLooked(true), this.refreshMs);
    }
  }

  private ask(from: { offset?: number; cursor?: string; limit?: number }, signal: AbortSignal): Promise<RunPage> {
    return this.api.runs(this.filter, { limit: this.pageSize, sort: this.sort, ...from }, signal);
  }

  private takeWaiting(): void {
    if (this.waiting.size === 0 || this.taking !== undefined) return;
    const nowMs = performance.now();
    if (nowMs - this.takenAtMs >= kTakeEveryMs) {
      this.takenAtMs = nowMs;
      this.taken = 0;
    }
    const most = Math.max(kTakenAtOnce, Math.ceil(this.waiting.size * kTakenShare)) - this.taken;
    const news = new News();
    for (const [runId, run] of [...this.waiting].slice(0, Math.max(0, most))) {
      this.waiting.delete(runId);
      this.taken += 1;
      if (run) this.take(run, news);
      else if (this.pages.remove(runId)) news.changed = true;
    }
    this.tell(news);
    if (this.waiting.size === 0) return;
    this.taking = setTimeout(() => {
      this.taking = undefined;
      this.takeWaiting();
    }, Math.max(1, this.takenAtMs + kTakeEveryMs - performance.now()));
  }

  private take(run: RunSummary, news: News): void {
    const fits = filterAccepts(this.filter, run);
    if (this.pages.find(run.runId)) {
      news.changed = true;
      if (fits === false) this.pages.remove(run.runId);
      else this.pages.replace(run);
    } else if (fits && this.sort === 'newest' && this.pages.insert(run)) {
      news.changed = true;
    } else if (fits !== false && !this.unplaced.has(run.runId)) {
      this.unplaced.add(run.runId);
      news.unseen += 1;
    }
  }

  private standsBetween(run: RunSummary): boolean {
    return this.sort === 'newest' && this.pages.isBetween(run.createdAtMs);
  }

  private tell(news: News): void {
    if (this.get().isPrevious || this.get().state === 'loading') return;  // the answer on its way has it
    if (news.changed) {
      this.pages.letGo((this.looked.first + this.looked.last) / 2, this.heldPages);
      this.show();
    }
    if (news.unseen === 0) return;
    this.put({ unseen: this.get().unseen + news.unseen });
    // Further down the list would jump under the reader; there it waits until it is asked for.
    if (this.looked.first > 0 || this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.looked.first === 0) void this.readFirst();
    }, this.refreshMs);
  }

  private show(more: Partial<RunHistoryState> = {}): void {
    const { pages } = this;
    this.put({
      state: pages.count === 0 ? 'empty' : 'ready', runs: pages.held(), count: pages.count, total: pages.total,
      hasMore: pages.heldEnd < pages.count, rowAt: (index) => pages.rowAt(index), ...more,
    });
  }
}

class News {
  changed = false;
  unseen = 0;
}

function nameOf(filter: RunFilter, sort: RunSort): string {
  return `${sort}?${filterQuery(filter)}`;
}
