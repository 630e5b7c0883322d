import type { ApiClient } from './api-client.ts';
import { sentenceOf } from './filter-store.ts';
import type { Alert } from './types.ts';
import { Store } from './store.ts';
import type { TelemetryStreamManager } from './telemetry-stream-manager.ts';

export interface AlertsState {
  /** `none`: this server has no alerts. */
  state: 'loading' | 'ready' | 'error' | 'none';
  /** Open ones first, the most severe and newest of them first; then what is over, newest first. */
  alerts: readonly Alert[];
  open: readonly Alert[];
  error: string | null;
  /** Why the last acknowledgement was taken back. */
  actionError: { id: string; sentence: string } | null;
  /** Ids whose acknowledgement the server has not confirmed. */
  pending: ReadonlySet<string>;
}

const kHeld = 200;

/** What is wrong and what was. The stream tells of changes; the list is read at the start and again now and then. */
export class AlertStore extends Store<AlertsState> {
  private followers = 0;
  private unfollow = () => {};
  private asked = 0;
  /** What the stream has told since the list was last asked for: newer than the answer. */
  private readonly told = new Map<string, Alert>();

  constructor(private readonly api: ApiClient, private readonly everyMs = 120_000) {
    super({ state: 'loading', alerts: [], open: [], error: null, actionError: null, pending: new Set() });
  }

  readonly refresh = async (): Promise<void> => {
    const mine = ++this.asked;
    this.told.clear();
    try {
      const alerts = await this.api.alerts({ limit: 100 });
      if (mine !== this.asked) return;
      this.putList([...this.told.values(), ...alerts.filter((alert) => !this.told.has(alert.id))], { error: null });
    } catch (error) {
      if (mine !== this.asked) return;
      const missing = (error as { status?: number }).status === 404;
      const { state } = this.get();
      this.put({ error: missing ? null : sentenceOf(error), state: missing ? 'none' : state === 'loading' ? 'error' : state });
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

  readonly acknowledge = async (id: string): Promise<boolean> => {
    const before = this.get().alerts.find((each) => each.id === id);
    if (!before || this.get().pending.has(id)) return false;
    this.replace({ ...before, acknowledgedAtMs: Date.now() }, true, null);
    try {
      this.replace((await this.api.acknowledgeAlert(id)) ?? { ...before, acknowledgedAtMs: Date.now() }, false, null);
      return true;
    } catch (error) {
      this.replace(before, false, { id, sentence: sentenceOf(error) });
      return false;
    }
  };

  private start(manager?: TelemetryStreamManager): () => void {
    void this.refresh();
    const timer = setInterval(() => void this.refresh(), this.everyMs);
    const offs = manager ? [
      manager.on('updates', (updates) => {
        const news = updates.flatMap((update) => (update.kind === 'alert' ? [update.alert] : []));
        if (news.length > 0) this.take(news);
      }),
      // A snapshot means that something may have been missed, the end of an alert too.
      manager.on('snapshot', (snapshot) => {
        if (this.get().state === 'loading' || snapshot.alerts === undefined) return;
        this.take(snapshot.alerts);
        if (this.get().open.length !== snapshot.alerts.length) void this.refresh();
      }),
    ] : [];
    return () => {
      clearInterval(timer);
      for (const off of offs) off();
    };
  }

  private take(news: readonly Alert[]): void {
    for (const alert of news) this.told.set(alert.id, alert);
    const ids = new Set(news.map((alert) => alert.id));
    this.putList([...news, ...this.get().alerts.filter((alert) => !ids.has(alert.id))]);
  }

  private replace(changed: Alert, isPending: boolean, actionError: AlertsState['actionError']): void {
    const pending = new Set(this.get().pending);
    if (isPending) pending.add(changed.id);
    else pending.delete(changed.id);
    this.told.set(changed.id, changed);
    this.putList(this.get().alerts.map((each) => (each.id === changed.id ? changed : each)), { pending, actionError });
  }

  private putList(list: readonly Alert[], more: Partial<AlertsState> = {}): void {
    const alerts = [...list].sort(mostUrgentFirst).slice(0, kHeld);
    this.put({ alerts, open: alerts.filter((each) => each.clearedAtMs === null), state: 'ready', ...more });
  }
}

const kSeverity = { critical: 0, warning: 1, info: 2 } as const;

function mostUrgentFirst(a: Alert, b: Alert): number {
  const over = (each: Alert) => (each.clearedAtMs === null ? 0 : 1);
  if (over(a) !== over(b)) return over(a) - over(b);
  const severity = over(a) === 0 ? kSeverity[a.severity] - kSeverity[b.severity] : 0;
  return severity || b.raisedAtMs - a.raisedAtMs || (a.id < b.id ? -1 : 1);
}
