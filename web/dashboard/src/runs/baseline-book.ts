import type { ApiClient, RunBaseline } from '@comfytrace/client';

export type BaselineAnswer = { is: 'asked' } | { is: 'read'; baseline: RunBaseline | null } | { is: 'failed' };

const kAsked: BaselineAnswer = { is: 'asked' };
const kFailed: BaselineAnswer = { is: 'failed' };
const kBatch = 100;
const kMostHeld = 5_000;

/**
 * Each run of a list against the runs like it. Rows that stay in sight for a moment are asked for together; rows that only
 * fly by never. What was read is kept: what came before a run does not change.
 */
export class BaselineBook {
  private readonly answers = new Map<string, BaselineAnswer>();
  private readonly wanted = new Map<string, number>();
  private readonly readers = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private busy = false;

  constructor(private readonly api: Pick<ApiClient, 'baselines'>, private readonly restMs = 90, private readonly retryMs = 30_000) {}

  readonly subscribe = (reader: () => void): (() => void) => {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  };

  answer(runId: string): BaselineAnswer {
    return this.answers.get(runId) ?? kAsked;
  }

  /** Until the returned function is called. */
  want(runId: string): () => void {
    if (this.answers.has(runId)) return () => undefined;
    this.wanted.set(runId, (this.wanted.get(runId) ?? 0) + 1);
    this.askSoon();
    return () => {
      const left = (this.wanted.get(runId) ?? 1) - 1;
      if (left > 0) this.wanted.set(runId, left);
      else this.wanted.delete(runId);
    };
  }

  private askSoon(): void {
    if (this.busy) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), this.restMs);
  }

  private async ask(): Promise<void> {
    const ids = [...this.wanted.keys()].filter((id) => !this.answers.has(id)).slice(0, kBatch);
    if (ids.length === 0) return;
    this.busy = true;
    try {
      const found = new Map((await this.api.baselines(ids)).map((each) => [each.runId, each]));
      for (const id of ids) this.answers.set(id, { is: 'read', baseline: found.get(id) ?? null });
    } catch {
      for (const id of ids) this.answers.set(id, kFailed);
      setTimeout(() => this.forget(ids), this.retryMs);
    }
    this.busy = false;
    for (const id of this.answers.keys()) {
      if (this.answers.size <= kMostHeld) break;
      if (!this.wanted.has(id)) this.answers.delete(id);
    }
    for (const reader of [...this.readers]) reader();
    if ([...this.wanted.keys()].some((id) => !this.answers.has(id))) this.askSoon();
  }

  private forget(ids: readonly string[]): void {
    for (const id of ids) if (this.answers.get(id) === kFailed) this.answers.delete(id);
    if (ids.some((id) => this.wanted.has(id))) this.askSoon();
  }
}

const books = new WeakMap<ApiClient, BaselineBook>();

/** One for the whole page. */
export function bookOf(api: ApiClient): BaselineBook {
  let book = books.get(api);
  if (!book) books.set(api, (book = new BaselineBook(api)));
  return book;
}
