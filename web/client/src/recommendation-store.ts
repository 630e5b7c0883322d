import type { ApiClient } from './api-client.ts';
import { sentenceOf } from './filter-store.ts';
import type { Recommendation, RecommendationState } from './insight-types.ts';
import { Store } from './store.ts';

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

  constructor(private readonly api: ApiClient) {
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
  return isOpen(a) - isOpen(b) || kSeverity[a.severity] - kSeverity[b.severity] || b.createdAtMs - a.createdAtMs || a.id.localeCompare(b.id);
}
