import type { ApiClient } from './api-client.ts';
import { sentenceOf } from './filter-store.ts';
import type { Recommendation, RecommendationState } from './types.ts';
import { Store } from './store.ts';
import type { TelemetryStreamManager } from './telemetry-stream-manager.ts';

export interface RecommendationsState {
  state: 'loading' | 'empty' | 'error' | 'ready';
  /** Open ones first, the most severe and newest of them first. */
  recommendations: readonly Recommendation[];
  open: readonly Recommendation[];
  error: string | null;
  /** Why the last thing that was done to one was taken back. */
  actionError: { id: string; sentence: string } | null;
  /** Ids whose change the server has not confirmed. */
  pending: ReadonlySet<string>;
}

type Action = 'dismiss' | 'defer' | 'apply' | 'reopen';
const kStateAfter: Record<Action, RecommendationState> = { dismiss: 'dismissed', defer: 'deferred', apply: 'applied', reopen: 'open' };

/** What comfytrace suggests. What a person does shows at once and is taken back if the server refuses. */
export class RecommendationStore extends Store<RecommendationsState> {
  private asked = 0;
  private followers = 0;
  private unfollow = () => {};

  constructor(private readonly api: ApiClient, private readonly everyMs = 60_000) {
    super({ state: 'loading', recommendations: [], open: [], error: null, actionError: null, pending: new Set() });
  }

  readonly refresh = async (): Promise<void> => {
    const mine = ++this.asked;
    try {
      const list = await this.api.recommendations();
      if (mine !== this.asked) return;  // a later question will be answered, or a change has come in between
      this.putList(list, { error: null });
    } catch (error) {
      if (mine !== this.asked) return;
      this.put({ error: sentenceOf(error), ...(this.get().state === 'loading' ? { state: 'error' as const } : {}) });
    }
  };

  /** Keeps the list current until the returned function is called; the first follower starts it, the last one ends it. */
  follow(manager?: TelemetryStreamManager): () => void {
    this.followers += 1;
    if (this.followers === 1) this.unfollow = this.start(manager);
    return () => {
      this.followers -= 1;
      if (this.followers === 0) this.unfollow();
    };
  }

  private start(manager?: TelemetryStreamManager): () => void {
    void this.refresh();
    let soon: ReturnType<typeof setTimeout> | undefined;
    const timer = setInterval(() => void this.refresh(), this.everyMs);
    const off = manager?.on('updates', (updates) => {
      if (soon !== undefined || !updates.some((update) => update.kind === 'run' && update.run.finishedAtMs !== null)) return;
      soon = setTimeout(() => {
        soon = undefined;
        void this.refresh();
      }, 2_000);
    });
    return () => {
      clearInterval(timer);
      clearTimeout(soon);
      off?.();
    };
  }

  readonly dismiss = (id: string): Promise<boolean> => this.act(id, 'dismiss');
  readonly apply = (id: string): Promise<boolean> => this.act(id, 'apply');
  readonly reopen = (id: string): Promise<boolean> => this.act(id, 'reopen');
  readonly defer = (id: string, untilMs: number): Promise<boolean> => this.act(id, 'defer', untilMs);

  private async act(id: string, action: Action, untilMs?: number): Promise<boolean> {
    const before = this.get().recommendations.find((each) => each.id === id);
    if (!before || this.get().pending.has(id)) return false;
    this.asked += 1;
    this.replace({ ...before, state: kStateAfter[action], deferredUntilMs: untilMs ?? null }, true, null);
    try {
      const after = await this.api.actOnRecommendation(id, action, untilMs);
      this.replace(after ?? { ...before, state: kStateAfter[action], deferredUntilMs: untilMs ?? null }, false, null);
      return true;
    } catch (error) {
      this.replace(before, false, { id, sentence: sentenceOf(error) });
      return false;
    }
  }

  private replace(changed: Recommendation, isPending: boolean, actionError: RecommendationsState['actionError']): void {
    const pending = new Set(this.get().pending);
    if (isPending) pending.add(changed.id);
    else pending.delete(changed.id);
    this.putList(this.get().recommendations.map((each) => (each.id === changed.id ? changed : each)), { pending, actionError });
  }

  private putList(list: readonly Recommendation[], more: Partial<RecommendationsState>): void {
    const recommendations = [...list].sort(mostUrgentFirst);
    this.put({
      recommendations, open: recommendations.filter((each) => each.state === 'open'), state: list.length === 0 ? 'empty' : 'ready', ...more,
    });
  }
}

const kSeverity = { critical: 0, warning: 1, info: 2 } as const;

function mostUrgentFirst(a: Recommendation, b: Recommendation): number {
  const isOpen = (each: Recommendation) => (each.state === 'open' ? 0 : 1);
  return isOpen(a) - isOpen(b) || kSeverity[a.severity] - kSeverity[b.severity] || b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1);
}
