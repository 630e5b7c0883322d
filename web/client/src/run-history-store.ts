import { ApiError, type ApiClient } from './api-client.ts';
import { sentenceOf } from './filter-store.ts';
import { filterAccepts, filterQuery, type RunFilter } from './run-filter.ts';
import { RunPages } from './run-pages.ts';
import { Store } from './store.ts';
import type { TelemetryStreamManager } from './telemetry-stream-manager.ts';
import type { RunPage, RunSort, RunSummary } from './types.ts';

export interface RunHistoryState {
  state: 'loading' | 'empty' | 'error' | 'ready';
  /** The rows that are held, in order. Of a very long list those far from what is looked at are let go: see `rowAt`. */
  runs: readonly RunSummary[];
  /** How many rows were read so far, held or not. */
  count: number;
  rowAt: (index: number) => RunSummary | undefined;
  /** How many runs match; null until known. */
  total: number | null;
  hasMore: boolean;
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
  /** Keeps the list current. Without it: `refresh`. */
  manager?: TelemetryStreamManager;
  /** The first page is read again at most so often when runs came that only the server can place. */
  refreshMs?: number;
}

/** The runs of a history, page after page, under one filter. Keeps what it shows while it asks for something else. */
export class RunHistoryStore extends Store<RunHistoryState> {
  private pages = new RunPages();
  private filter: RunFilter;
  private sort: RunSort;
  private name: string;
  private aborter = new AbortController();
  private readonly reading = new Set<number>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly pageSize: number;
  private readonly heldPages: number;
  private readonly refreshMs: number;

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
  }

  /** Begins to read and to follow the stream; ends both when the returned function is called. */
  follow(): () => void {
    const { manager } = this.options;
    const offs = manager ? [
      manager.on('updates', (updates) => {
        const news = new News();
        for (const update of updates) {
          if (update.kind === 'run') this.take(update.run, news);
          if (update.kind === 'runDeleted' && this.pages.remove(update.runId)) news.changed = true;
        }
        this.tell(news);
      }),
      // A snapshot means that something may have been missed since the list was read.
      manager.on('snapshot', (snapshot) => {
        const news = new News();
        for (const run of snapshot.recent) {
          const known = this.pages.find(run.runId);
          if (known ? known.status !== run.status : filterAccepts(this.filter, run) !== false && !this.isOlderThanRead(run)) news.unseen += 1;
        }
        this.tell(news);
      }),
    ] : [];
    if (this.pages.length === 0 || this.get().isPrevious) void this.readFirst();
    return () => {
      for (const off of offs) off();
      clearTimeout(this.timer);
      this.timer = undefined;
      this.aborter.abort();
      this.reading.clear();
    };
  }

  /** Shows what was shown until the answer is there. */
  setFilter(filter: RunFilter, sort: RunSort = this.sort): void {
    const name = nameOf(filter, sort);
    this.filter = filter;
    this.sort = sort;
    if (name === this.name) return;
    this.name = name;
    this.put({ isPrevious: this.get().state !== 'loading', error: null });
    void this.readFirst();
  }

  readonly refresh = (): Promise<void> => this.readFirst();

  readonly loadMore = (): void => {
    if (this.pages.nextCursor !== null && !this.get().isPrevious) void this.readPage(this.pages.length);
  };

  /** Rows `first` to `last` are looked at: what is missing of them is read, what is far is let go. */
  readonly look = (first: number, last: number): void => {
    if (this.get().isPrevious) return;
    for (const page of this.pages.missing(first, last)) void this.readPage(page);
    if (last >= this.pages.count - this.pageSize / 4) this.loadMore();
    if (this.pages.letGo(first, last, this.heldPages)) this.show();
  };

  private async readFirst(): Promise<void> {
    this.aborter.abort();
    this.aborter = new AbortController();
    this.reading.clear();
    clearTimeout(this.timer);
    this.timer = undefined;
    const { name } = this;
    const { signal } = this.aborter;
    const began = performance.now();
    try {
      const page = await this.ask(null, signal);
      if (signal.aborted || name !== this.name) return;
      this.pages = new RunPages(page);
      this.put({ isPrevious: false, isLoadingMore: false, unseen: 0, error: null, refused: false, tookMs: Math.round(performance.now() - began) });
      this.show();
    } catch (error) {
      if (signal.aborted || name !== this.name) return;
      // What is shown under another filter would be a lie under this one; of the same filter it stays.
      const lost = this.get().isPrevious || this.pages.length === 0;
      if (lost) this.pages = new RunPages();
      this.put({ error: sentenceOf(error), refused: error instanceof ApiError && error.status === 400, isPrevious: false, ...(lost ? { state: 'error' as const, runs: [], count: 0, total: null, hasMore: false } : {}) });
    }
  }

  private async readPage(index: number): Promise<void> {
    const cursor = this.pages.cursorOf(index);
    if (this.reading.has(index) || cursor === undefined) return;
    this.reading.add(index);
    const { pages } = this;
    const { signal } = this.aborter;
    this.put({ isLoadingMore: true });
    try {
      const page = await this.ask(cursor, signal);
      if (pages !== this.pages || signal.aborted) return;
      pages.put(index, page);
      this.reading.delete(index);
      this.put({ error: null, isLoadingMore: this.reading.size > 0 });
      this.show();
    } catch (error) {
      if (pages !== this.pages || signal.aborted) return;
      this.reading.delete(index);
      this.put({ error: sentenceOf(error), isLoadingMore: this.reading.size > 0 });
    }
  }

  private ask(cursor: string | null, signal: AbortSignal): Promise<RunPage> {
    return this.api.runs(this.filter, { limit: this.pageSize, cursor, sort: this.sort }, signal);
  }

  private take(run: RunSummary, news: News): void {
    const fits = filterAccepts(this.filter, run);
    if (this.pages.find(run.runId)) {
      news.changed = true;
      if (fits === false) this.pages.remove(run.runId);
      else this.pages.replace(run);
    } else if (fits && this.sort === 'newest') {
      this.pages.insert(run);
      news.changed = true;
    } else if (fits !== false) news.unseen += 1;
  }

  private isOlderThanRead(run: RunSummary): boolean {
    const last = this.get().runs.at(-1);
    return this.sort === 'newest' && this.pages.nextCursor !== null && last !== undefined && run.createdAtMs < last.createdAtMs;
  }

  private tell(news: News): void {
    if (this.get().isPrevious || this.get().state === 'loading') return;  // the answer on its way has it
    if (news.changed) this.show();
    if (news.unseen === 0) return;
    this.put({ unseen: this.get().unseen + news.unseen });
    // Further down the list would jump under the reader; there it waits until it is asked for.
    if (this.pages.length > 1 || this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.pages.length <= 1) void this.readFirst();
    }, this.refreshMs);
  }

  private show(): void {
    const { pages } = this;
    this.put({
      state: pages.count === 0 ? 'empty' : 'ready', runs: pages.held(), count: pages.count, total: pages.total,
      hasMore: pages.nextCursor !== null, rowAt: (index) => pages.rowAt(index),
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
