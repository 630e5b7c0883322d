import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiClient, ApiError } from './api-client.ts';
import { FilterStore, memoryPlace } from './filter-store.ts';
import { freshnessOf } from './freshness.ts';
import type { Recommendation } from './types.ts';
import { RecommendationStore } from './recommendation-store.ts';
import { RunHistoryStore } from './run-history-store.ts';
import { TelemetryStreamManager, type StreamEvents } from './telemetry-stream-manager.ts';
import type { RunPage, RunSummary } from './types.ts';

const tick = () => vi.waitFor(() => Promise.resolve());
afterEach(() => vi.useRealTimers());

function run(at: number, change: Partial<RunSummary> = {}): RunSummary {
  return { runId: `r${at}`, status: 'success', exitReason: 'success', createdAtMs: at, tags: [], archived: false, attemptCount: 1, durationMs: 1, vramPeakBytes: null, workerIds: ['w'], ...change } as unknown as RunSummary;
}

/** A history of `count` runs, newest first, and the questions that it was asked. */
function history(count: number) {
  const asked: { status?: string; from: number }[] = [];
  let refuse: ApiError | null = null;
  let gate: Promise<void> = Promise.resolve();
  const api = {
    runs: async (filter: { status?: string[] }, page: { limit?: number; cursor?: string | null; offset?: number }, signal?: AbortSignal): Promise<RunPage> => {
      const from = Number(page.cursor ?? page.offset ?? 0);
      asked.push({ status: filter.status?.[0], from });
      await gate;
      signal?.throwIfAborted();
      if (refuse) throw refuse;
      const total = filter.status?.[0] === 'failed' ? 0 : count;
      const to = Math.min(total, from + page.limit!);
      return { runs: Array.from({ length: Math.max(0, to - from) }, (_, at) => run(count - from - at)), nextCursor: to < total ? String(to) : null, total };
    },
  } as unknown as ApiClient;
  return {
    api, asked,
    refuseWith: (error: ApiError | null) => (refuse = error),
    hold: () => {
      let open = () => {};
      gate = new Promise((done) => (open = done));
      return () => {
        gate = Promise.resolve();
        open();
      };
    },
  };
}

function stream() {
  const manager = new TelemetryStreamManager({ url: 'ws://here' });
  const tell = <K extends keyof StreamEvents>(event: K, ...values: Parameters<StreamEvents[K]>) =>
    (manager as unknown as { emit: (event: K, ...values: unknown[]) => void }).emit(event, ...values);
  return { manager, tell };
}

describe('the runs of a history', () => {
  it('begin with rows that were read before, without asking for them again', async () => {
    const { api, asked } = history(300);
    const page = await api.runs({}, { limit: 100 });
    const store = new RunHistoryStore(api, { firstPage: { page, start: 0, tookMs: 4 } });
    expect(store.get()).toMatchObject({ state: 'ready', count: 300, tookMs: 4 });
    expect(store.get().rowAt(99)?.runId).toBe('r201');
    const stop = store.follow();
    store.look(90, 120);
    await vi.waitFor(() => expect(store.get().rowAt(120)?.runId).toBe('r180'));
    stop();
    expect(asked.map(({ from }) => from)).toEqual([0, 100]);
  });

  it('are asked for from the end where rows that were read before lay behind it', async () => {
    const { api } = history(30);
    const page = await api.runs({}, { limit: 100, offset: 500 });
    const store = new RunHistoryStore(api, { firstRow: 500, firstPage: { page, start: 500, tookMs: 4 } });
    expect(store.get().state).toBe('loading');
    const stop = store.follow();
    await vi.waitFor(() => expect(store.get().count).toBe(30));
    stop();
  });

  it('are loading, then ready, empty or an error', async () => {
    const { api, refuseWith } = history(3);
    const store = new RunHistoryStore(api);
    expect(store.get().state).toBe('loading');
    store.follow();
    await vi.waitFor(() => expect(store.get().state).toBe('ready'));
    expect(store.get().total).toBe(3);
    store.setFilter({ status: ['failed'] });
    await vi.waitFor(() => expect(store.get().state).toBe('empty'));
    refuseWith(new ApiError(400, 'unknown status', 'status', 'one of: failed'));
    store.setFilter({ status: ['success'] });
    await vi.waitFor(() => expect(store.get().state).toBe('error'));
    expect(store.get().error).toBe('unknown status: one of: failed');
    refuseWith(null);
    await store.refresh();
    expect(store.get()).toMatchObject({ state: 'ready', error: null });
  });

  it('stay while those of another filter are asked for', async () => {
    const { api, hold } = history(3);
    const store = new RunHistoryStore(api);
    store.follow();
    await vi.waitFor(() => expect(store.get().state).toBe('ready'));
    const open = hold();
    store.setFilter({ status: ['success'] });
    expect(store.get()).toMatchObject({ state: 'ready', isPrevious: true });
    expect(store.get().runs).toHaveLength(3);
    open();
    await vi.waitFor(() => expect(store.get().isPrevious).toBe(false));
  });

  it('of the filter asked for last win, whichever answer comes last', async () => {
    const { api, hold } = history(3);
    const store = new RunHistoryStore(api);
    const open = hold();
    store.follow();
    store.setFilter({ status: ['failed'] });
    open();
    await vi.waitFor(() => expect(store.get().state).toBe('empty'));
    await tick();
    expect(store.get().state).toBe('empty');
  });

  it('of the same filter stay when they cannot be read again, and the error is said', async () => {
    const { api, refuseWith } = history(3);
    const store = new RunHistoryStore(api);
    store.follow();
    await vi.waitFor(() => expect(store.get().state).toBe('ready'));
    refuseWith(new ApiError(0, 'comfytrace was not reached'));
    await store.refresh();
    expect(store.get()).toMatchObject({ state: 'ready', error: 'comfytrace was not reached' });
    expect(store.get().runs).toHaveLength(3);
  });

  it('are read where they are looked at; what is far is let go and read again', async () => {
    const { api, asked } = history(1_000);
    const store = new RunHistoryStore(api, { pageSize: 10, heldPages: 4 });
    store.follow();
    await vi.waitFor(() => expect(store.get().count).toBe(1_000));
    for (let at = 10; at < 200; at += 10) {
      store.look(at, at + 9);
      await vi.waitFor(() => expect(store.get().rowAt(at + 9)).toBeDefined());
    }
    await vi.waitFor(() => expect(store.get().isLoadingMore).toBe(false));
    expect(store.get().runs.length).toBeLessThanOrEqual(50);
    expect(store.get().rowAt(0)).toBeUndefined();
    expect(store.get().rowAt(195)?.runId).toBe('r805');
    expect(new Set(asked.map(({ from }) => from)).size).toBe(asked.length);
    store.look(0, 5);
    await vi.waitFor(() => expect(store.get().rowAt(0)?.runId).toBe('r1000'));
  });

  it('far down are read with one question, and none of those in between', async () => {
    const { api, asked } = history(1_000_000);
    const store = new RunHistoryStore(api, { restMs: 5 });
    store.follow();
    await vi.waitFor(() => expect(store.get().count).toBe(1_000_000));
    store.look(700_000, 700_030);
    await vi.waitFor(() => expect(store.get().rowAt(700_010)?.runId).toBe('r299990'));
    store.look(999_970, 999_999);
    await vi.waitFor(() => expect(store.get().rowAt(999_999)?.runId).toBe('r1'));
    await vi.waitFor(() => expect(store.get().isLoadingMore).toBe(false));
    expect(asked.length).toBeLessThan(9);
    expect(store.get().rowAt(500_000)).toBeUndefined();
  });

  it('that fly by are asked for now and then, and where the hand comes to rest', async () => {
    vi.useFakeTimers();
    const { api, asked } = history(1_000_000);
    const store = new RunHistoryStore(api);
    store.follow();
    await vi.waitFor(() => expect(store.get().count).toBe(1_000_000));
    const before = asked.length;
    for (let frame = 1; frame <= 60; frame += 1) {
      store.look(frame * 5_000, frame * 5_000 + 30);
      await vi.advanceTimersByTimeAsync(16);
    }
    expect(asked.length - before).toBeLessThan(20);
    await vi.advanceTimersByTimeAsync(200);
    expect(store.get().rowAt(300_010)?.runId).toBe('r699990');
  });

  it('begin where the list was left', async () => {
    const { api, asked } = history(1_000);
    const store = new RunHistoryStore(api, { firstRow: 500 });
    store.follow();
    await vi.waitFor(() => expect(store.get().rowAt(500)?.runId).toBe('r500'));
    expect(asked[0]!.from).toBe(475);
    const beyond = new RunHistoryStore(api, { firstRow: 5_000 });
    beyond.follow();
    await vi.waitFor(() => expect(beyond.get().rowAt(999)?.runId).toBe('r1'));
    expect(beyond.get().count).toBe(1_000);
  });

  it('that come while one looks far down are counted once each, and move nothing', async () => {
    const { api } = history(1_000);
    const { manager, tell } = stream();
    const store = new RunHistoryStore(api, { manager, firstRow: 500 });
    store.follow();
    await vi.waitFor(() => expect(store.get().rowAt(500)?.runId).toBe('r500'));
    for (const status of ['queued', 'executing', 'success'] as const) tell('updates', [{ kind: 'run', run: run(2_000, { status }) }]);
    expect(store.get()).toMatchObject({ unseen: 1, total: 1_000 });
    expect(store.get().rowAt(500)?.runId).toBe('r500');
  });

  it('go on behind what is held', async () => {
    const { api } = history(250);
    const store = new RunHistoryStore(api);
    store.follow();
    await vi.waitFor(() => expect(store.get().state).toBe('ready'));
    for (let times = 0; times < 4 && store.get().hasMore; times += 1) {
      store.loadMore();
      await vi.waitFor(() => expect(store.get().isLoadingMore).toBe(false));
    }
    expect(store.get().runs).toHaveLength(250);
    expect(store.get().hasMore).toBe(false);
  });

  it('take up what the stream tells: new, changed, gone, and not what the filter keeps out', async () => {
    const { api } = history(3);
    const { manager, tell } = stream();
    const store = new RunHistoryStore(api, { manager, filter: { status: ['success'] } });
    store.follow();
    await vi.waitFor(() => expect(store.get().state).toBe('ready'));
    tell('updates', [{ kind: 'run', run: run(9) }, { kind: 'run', run: run(2, { durationMs: 77 }) }, { kind: 'run', run: run(8, { status: 'failed' }) }]);
    expect(store.get().runs.map((each) => each.runId)).toEqual(['r9', 'r3', 'r2', 'r1']);
    expect(store.get().runs[2]!.durationMs).toBe(77);
    expect(store.get().total).toBe(4);
    tell('updates', [{ kind: 'runDeleted', runId: 'r3' }, { kind: 'run', run: run(9, { status: 'failed' }) }]);
    expect(store.get().runs.map((each) => each.runId)).toEqual(['r2', 'r1']);
  });

  it('come in by and by where they come faster than they can be drawn, each as it was told last', async () => {
    vi.useFakeTimers();
    const { api } = history(3);
    const { manager, tell } = stream();
    const store = new RunHistoryStore(api, { manager });
    const end = store.follow();
    await vi.waitFor(() => expect(store.get().state).toBe('ready'));
    const many = Array.from({ length: 100 }, (_, at) => run(at + 10));
    tell('updates', many.map((each) => ({ kind: 'run', run: { ...each, status: 'executing' } })));
    expect(store.get().count).toBeGreaterThan(3);
    expect(store.get().count).toBeLessThan(30);
    tell('updates', [...many.map((each) => ({ kind: 'run' as const, run: each })), { kind: 'runDeleted' as const, runId: 'r109' }]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(store.get().total).toBe(102);
    expect(store.get().runs[0]!.runId).toBe('r108');
    expect(store.get().runs.some((each) => each.status === 'executing')).toBe(false);
    tell('updates', [{ kind: 'run', run: run(200) }]);
    expect(store.get().runs[0]!.runId).toBe('r200');
    end();
    vi.useRealTimers();
  });

  it('that only the server can place are counted, and asked for after a while', async () => {
    vi.useFakeTimers();
    const { api, asked } = history(3);
    const { manager, tell } = stream();
    const store = new RunHistoryStore(api, { manager, filter: { text: 'red' } });
    store.follow();
    await vi.waitFor(() => expect(store.get().state).toBe('ready'));
    tell('updates', [{ kind: 'run', run: run(9) }]);
    tell('updates', [{ kind: 'run', run: run(10) }]);
    expect(store.get().unseen).toBe(2);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(asked).toHaveLength(2);
    expect(store.get().unseen).toBe(0);
  });
});

describe('a filter', () => {
  const api = (answers: Partial<ApiClient>) => ({ presets: async () => [], ...answers }) as unknown as ApiClient;

  it('is what its place says, and writes there, beside what else stands there', () => {
    const place = memoryPlace('status=failed&sort=longest');
    const store = new FilterStore(place, api({}));
    expect(store.get()).toMatchObject({ filter: { status: ['failed'] }, active: 1 });
    store.change({ text: 'red coat' });
    expect(new URLSearchParams(place.read()).get('sort')).toBe('longest');
    expect(new URLSearchParams(place.read()).get('text')).toBe('red coat');
    store.reset();
    expect(place.read()).toBe('sort=longest');
    store.set({ text: 'a b' });
    expect(store.shareLink('/runs', 'http://here')).toBe('http://here/runs?text=a+b');
  });

  it('knows its preset, and takes back a preset that the server refuses', async () => {
    const store = new FilterStore(memoryPlace('status=failed'), api({
      presets: async () => [{ name: 'Failed', query: 'status=failed', createdAtMs: 1 }],
      putPreset: async () => Promise.reject(new ApiError(413, 'too many presets')),
    }));
    await store.loadPresets();
    expect(store.get().preset).toBe('Failed');
    const saved = store.savePreset('Mine');
    expect(store.get().presets.map((each) => each.name)).toEqual(['Failed', 'Mine']);
    expect(await saved).toBe(false);
    expect(store.get()).toMatchObject({ presetsError: 'too many presets', presets: [{ name: 'Failed' }] });
    store.reset();
    expect(store.get().preset).toBeNull();
    store.applyPreset('Failed');
    expect(store.get().filter).toEqual({ status: ['failed'] });
  });
});

describe('recommendations', () => {
  const one = (id: string, severity: Recommendation['severity'] = 'info'): Recommendation => ({
    id, rule: 'x', cause: id, severity, message: id, suggestedAction: null, evidenceRunIds: [], confidence: 0.9, state: 'open', deferredUntilMs: null, createdAtMs: 1,
  });

  it('stand most severe first, and an acted one at once among the others', async () => {
    let answer = (_: Recommendation) => {};
    const store = new RecommendationStore({
      recommendations: async () => [one('a'), one('b', 'critical')],
      actOnRecommendation: () => new Promise((done) => (answer = done)),
    } as unknown as ApiClient);
    await store.refresh();
    expect(store.get().open.map((each) => each.id)).toEqual(['b', 'a']);
    const done = store.defer('b', 99);
    expect(store.get().open.map((each) => each.id)).toEqual(['a']);
    expect(store.get().pending.has('b')).toBe(true);
    answer({ ...one('b', 'critical'), state: 'deferred', deferredUntilMs: 99 });
    expect(await done).toBe(true);
    expect(store.get().pending.size).toBe(0);
  });

  it('come back when the server refuses, with its sentence', async () => {
    const store = new RecommendationStore({
      recommendations: async () => [one('a')],
      actOnRecommendation: () => Promise.reject(new ApiError(409, 'it is resolved')),
    } as unknown as ApiClient);
    await store.refresh();
    expect(await store.dismiss('a')).toBe(false);
    expect(store.get().open).toHaveLength(1);
    expect(store.get().actionError).toEqual({ id: 'a', sentence: 'it is resolved' });
  });

  it('that were read before an act do not undo it', async () => {
    let answer = (_: Recommendation[]) => {};
    const store = new RecommendationStore({
      recommendations: vi.fn().mockResolvedValueOnce([one('a')]).mockImplementationOnce(() => new Promise((done) => (answer = done))),
      actOnRecommendation: async () => ({ ...one('a'), state: 'dismissed' }),
    } as unknown as ApiClient);
    await store.refresh();
    const late = store.refresh();
    await store.dismiss('a');
    answer([one('a')]);
    await late;
    expect(store.get().open).toHaveLength(0);
  });
});

describe('freshness', () => {
  const link = { ...new TelemetryStreamManager({ url: 'x', probe: async () => undefined }).status };

  it('of a silent stream is judged by its probes, not by its silence', () => {
    const quiet = { ...link, transport: 'websocket' as const, state: 'connected' as const, lastUpdateAtMs: 0, aliveAtMs: 0 };
    expect(freshnessOf(quiet, 24_000).state).toBe('connected');
    expect(freshnessOf(quiet, 26_000)).toEqual({ state: 'stale', ageMs: 26_000 });
    expect(freshnessOf({ ...quiet, aliveAtMs: 20_000 }, 26_000).state).toBe('connected');
  });

  it('of polls is stale after ten seconds without one', () => {
    const polled = { ...link, transport: 'polling' as const, state: 'connected' as const, lastUpdateAtMs: 0, aliveAtMs: 0 };
    expect(freshnessOf(polled, 4_000).state).toBe('polling');
    expect(freshnessOf(polled, 11_000).state).toBe('stale');
  });

  it('without a link is said as it is', () => {
    expect(freshnessOf({ ...link, state: 'disconnected' }, 0)).toEqual({ state: 'disconnected', ageMs: null });
  });
});
