import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveStore } from './live-store.ts';
import { decodePreview } from './preview-frame.ts';
import { TelemetryStreamManager, type SocketLike, type StreamOptions } from './telemetry-stream-manager.ts';
import type { SceneUpdate, TelemetryUpdate } from './live-types.ts';
import type { RunSummary, WorkerState } from './types.ts';

class FakeSocket implements SocketLike {
  binaryType = 'blob';
  readyState = 0;
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  onerror: SocketLike['onerror'] = null;
  sent: unknown[] = [];
  closed: number | null = null;
  constructor(readonly url: string) {}
  send(data: string) {
    this.sent.push(JSON.parse(data));
  }
  close(code = 1000) {
    this.closed = code;
  }
  say(value: unknown) {
    this.onmessage?.({ data: JSON.stringify(value) });
  }
  break(code = 1006, reason = '') {
    this.onclose?.({ code, reason });
  }
}

let sockets: FakeSocket[];
const last = () => sockets.at(-1)!;

function make(options: Partial<StreamOptions> = {}) {
  return new TelemetryStreamManager({
    url: 'ws://here/telemetry', jitter: 0,
    makeSocket: (url) => {
      sockets.push(new FakeSocket(url));
      return last();
    },
    ...options,
  });
}

const hello = (bootId = 'a') => ({ type: 'hello', protocol: 1, version: '0.1.0', bootId, serverTimeMs: Date.now() + 5_000 });
const snapshot = (seq: number, scenes: SceneUpdate[] = [], recent: RunSummary[] = []) =>
  ({ type: 'snapshot', seq, serverTimeMs: Date.now(), workers: [], scenes, recent });
const update = (seq: number, updates: TelemetryUpdate[]) => ({ type: 'update', seq, serverTimeMs: Date.now(), updates });

function scene(change: Partial<SceneUpdate> = {}): SceneUpdate {
  return {
    kind: 'scene', runId: 'r', sceneId: 's', promptId: 'p', workerId: 'w', runTitle: '', sceneTitle: '', status: 'executing',
    exitReason: null, attempts: 1, timestamp: 0, duration: null, elapsedMs: null, queuedAtMs: null, startedAtMs: null,
    finishedAtMs: null, queueNumber: null, nodeCount: 4, nodesDone: 0, nodeTimesKnown: true, node: null, progress: 0,
    gpuVramFree: null, gpuUtilization: null, eta: null, ...change,
  };
}

function run(runId: string, createdAtMs: number): RunSummary {
  return {
    runId, title: runId, status: 'success', exitReason: 'success', createdAtMs, startedAtMs: null, finishedAtMs: null, durationMs: null,
    queueWaitMs: null, sceneCount: 1, scenesSucceeded: 1, attemptCount: 1, artifactCount: 0, storyTitle: null, workflowName: null,
    workflowFingerprint: '', model: null, workerIds: [], deviceNames: [], vramPeakBytes: null, error: null, thumbnail: null, tags: [], archived: false,
  };
}

beforeEach(() => {
  sockets = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('connecting', () => {
  it('goes through connecting to connected and asks for what it wants', () => {
    const manager = make({ previews: true, bufferMs: 100 });
    expect(manager.status.state).toBe('disconnected');
    manager.connect();
    expect(manager.status.state).toBe('connecting');
    expect(last().url).toBe('ws://here/telemetry');
    last().say(hello());
    last().say(snapshot(3));
    expect(manager.status).toMatchObject({ state: 'connected', transport: 'websocket', attempt: 0, bootId: 'a' });
    expect(manager.status.serverOffsetMs).toBe(0);
    expect(last().sent).toEqual([{ type: 'subscribe', bufferMs: 100, previews: true }]);
  });

  it('opens one socket however often it is told to connect', () => {
    const manager = make();
    manager.connect();
    manager.connect();
    manager.connectNow();
    expect(sockets).toHaveLength(1);
  });

  it('takes a try without hello as failed', () => {
    const manager = make({ helloTimeoutMs: 4_000 });
    manager.connect();
    vi.advanceTimersByTime(4_000);
    expect(last().closed).not.toBeNull();
    expect(manager.status).toMatchObject({ state: 'disconnected', attempt: 1, lastError: 'comfytrace did not answer in time' });
  });
});

describe('reconnecting', () => {
  it('waits 1, 2, 4, 8, 16 s and then 30 s for ever', () => {
    const manager = make();
    manager.connect();
    for (const [index, seconds] of [1, 2, 4, 8, 16, 30, 30, 30].entries()) {
      last().break();
      expect(manager.status).toMatchObject({ state: 'disconnected', attempt: index + 1, nextTryAtMs: Date.now() + seconds * 1000 });
      vi.advanceTimersByTime(seconds * 1000 - 1);
      expect(sockets).toHaveLength(index + 1);
      vi.advanceTimersByTime(1);
      expect(sockets).toHaveLength(index + 2);
    }
  });

  it('spreads the waits by the jitter', () => {
    const waits = [0, 0.5, 1].map((dice) => {
      const manager = make({ jitter: 0.2, random: () => dice });
      manager.connect();
      last().break();
      return manager.status.nextTryAtMs! - Date.now();
    });
    expect(waits).toEqual([800, 1000, 1200]);
  });

  it('begins the schedule anew after a hello', () => {
    const manager = make();
    manager.connect();
    last().break();
    vi.advanceTimersByTime(1_000);
    last().break();
    vi.advanceTimersByTime(2_000);
    last().say(hello());
    last().break();
    expect(manager.status.nextTryAtMs).toBe(Date.now() + 1_000);
  });

  it('resumes after the last update it had', () => {
    const manager = make();
    manager.connect();
    last().say(hello('boot 1'));
    last().say(snapshot(41));
    last().say(update(42, [scene()]));
    last().break();
    vi.advanceTimersByTime(1_000);
    expect(last().url).toBe('ws://here/telemetry?since=42&boot=boot%201');
  });

  it('passes over updates it already had', () => {
    const manager = make({ notifyMs: 0 });
    const heard: number[] = [];
    manager.on('updates', (updates) => updates.forEach((each) => each.kind === 'scene' && heard.push(each.nodesDone)));
    manager.connect();
    last().say(hello());
    last().say(snapshot(1));
    last().say(update(2, [scene({ nodesDone: 2 })]));
    last().break();
    vi.advanceTimersByTime(1_000);
    last().say(hello());
    last().say(update(2, [scene({ nodesDone: 2 })]));
    last().say(update(3, [scene({ nodesDone: 3 })]));
    expect(heard).toEqual([2, 3]);
  });

  it('takes low sequence numbers from a server that restarted', () => {
    const manager = make({ notifyMs: 0 });
    const heard: number[] = [];
    manager.on('updates', (updates) => updates.forEach((each) => each.kind === 'scene' && heard.push(each.nodesDone)));
    manager.connect();
    last().say(hello('a'));
    last().say(snapshot(900));
    last().break();
    vi.advanceTimersByTime(1_000);
    last().say(hello('b'));
    last().say(snapshot(1));
    last().say(update(2, [scene({ nodesDone: 7 })]));
    expect(heard).toEqual([7]);
  });

  it('does not reconnect after an intentional close', () => {
    const manager = make();
    manager.connect();
    last().say(hello());
    const socket = last();
    manager.close();
    socket.break(1000);
    vi.advanceTimersByTime(600_000);
    expect(socket.closed).toBe(1000);
    expect(sockets).toHaveLength(1);
    expect(manager.status.state).toBe('disconnected');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not reconnect when closed while waiting for the next try', () => {
    const manager = make();
    manager.connect();
    last().break();
    manager.close();
    vi.advanceTimersByTime(600_000);
    expect(sockets).toHaveLength(1);
  });

  it('tries at once when told to, and only once', () => {
    const manager = make();
    manager.connect();
    last().break();
    manager.connectNow();
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(5_000);
    expect(sockets).toHaveLength(2);
  });

  it('ignores a late close of a socket it has let go', () => {
    const manager = make({ helloTimeoutMs: 500 });
    manager.connect();
    const first = last();
    vi.advanceTimersByTime(1_500);
    last().say(hello());
    first.break();
    expect(manager.status.transport).toBe('websocket');
  });
});

describe('streaming', () => {
  it('streams while something executes and is stalled when nothing comes', () => {
    const manager = make({ stallMs: 5_000 });
    manager.connect();
    last().say(hello());
    last().say(snapshot(1, [scene()]));
    expect(manager.status.state).toBe('streaming');
    vi.advanceTimersByTime(4_999);
    expect(manager.status.state).toBe('streaming');
    vi.advanceTimersByTime(1);
    expect(manager.status.state).toBe('stalled');
    last().say(update(2, [scene({ nodesDone: 1 })]));
    expect(manager.status.state).toBe('streaming');
    last().say(update(3, [scene({ status: 'completed' })]));
    expect(manager.status.state).toBe('connected');
    vi.advanceTimersByTime(60_000);
    expect(manager.status.state).toBe('connected');
  });

  it('still streams when one of two executions of a scene ends', () => {
    const manager = make();
    manager.connect();
    last().say(hello());
    last().say(snapshot(1, [scene({ promptId: 'one' }), scene({ promptId: 'two' })]));
    last().say(update(2, [scene({ promptId: 'one', status: 'failed' })]));
    expect(manager.status.state).toBe('streaming');
  });

  it('lets go of a socket that looks open when the probe fails', async () => {
    const probe = vi.fn(() => Promise.reject(new Error('gone')));
    const manager = make({ probe, probeMs: 10_000 });
    manager.connect();
    last().say(hello());
    last().say(snapshot(1));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(probe).toHaveBeenCalledOnce();
    expect(manager.status).toMatchObject({ state: 'disconnected', lastError: 'comfytrace stopped answering' });
  });

  it('survives frames that are not JSON or of a kind it does not know', () => {
    const manager = make();
    manager.connect();
    last().say(hello());
    last().onmessage?.({ data: '{broken' });
    last().say({ type: 'of the future' });
    expect(manager.status.transport).toBe('websocket');
  });
});

describe('coalescing', () => {
  it('tells the first change at once and gathers the rest', () => {
    const manager = make({ notifyMs: 100 });
    const batches: number[][] = [];
    manager.on('updates', (updates) => batches.push(updates.map((each) => (each.kind === 'scene' ? each.nodesDone : -1))));
    manager.connect();
    last().say(hello());
    last().say(snapshot(1));
    for (let step = 1; step <= 5; step += 1) last().say(update(step + 1, [scene({ nodesDone: step })]));
    expect(batches).toEqual([[1]]);
    vi.advanceTimersByTime(100);
    expect(batches).toEqual([[1], [5]]);
  });

  it('does not starve listeners under a stream that never pauses', () => {
    const manager = make({ notifyMs: 100 });
    let batches = 0;
    manager.on('updates', () => (batches += 1));
    manager.connect();
    last().say(hello());
    last().say(snapshot(1));
    for (let tick = 0; tick < 100; tick += 1) {
      last().say(update(tick + 2, [scene({ nodesDone: tick })]));
      vi.advanceTimersByTime(10);
    }
    expect(batches).toBeGreaterThanOrEqual(9);
    expect(batches).toBeLessThanOrEqual(11);
  });

  it('tells of a flood of frames as seldom as of its updates, and of a change of state at once', () => {
    const manager = make();
    manager.connect();
    last().say(hello());
    last().say(snapshot(1, [scene()]));
    let told = 0;
    let heard = 0;
    manager.on('status', () => (told += 1));
    manager.on('updates', () => (heard += 1));
    for (let frame = 0; frame < 500; frame += 1) {
      last().say(update(2 + frame, [scene({ nodesDone: frame })]));
      vi.advanceTimersByTime(2);
    }
    expect(heard).toBeGreaterThan(5);
    expect(heard).toBeLessThan(13);
    expect(told).toBeLessThan(13);
    expect(manager.status.lastUpdateAtMs).toBe(Date.now() - 2);
    told = 0;
    last().say(update(600, [scene({ status: 'completed' })]));
    expect(told).toBe(1);
    expect(manager.status.state).toBe('connected');
  });

  it('keeps every change of status, in order, and never mixes executions', () => {
    const manager = make({ notifyMs: 100 });
    const heard: string[] = [];
    manager.on('updates', (updates) => updates.forEach((each) => each.kind === 'scene' && heard.push(`${each.promptId} ${each.status} ${each.nodesDone}`)));
    manager.connect();
    last().say(hello());
    last().say(snapshot(1));
    last().say(update(2, [scene({ promptId: 'x', status: 'queued' })]));
    last().say(update(3, [
      scene({ promptId: 'a', nodesDone: 1 }), scene({ promptId: 'b', nodesDone: 1 }), scene({ promptId: 'a', nodesDone: 2 }),
      scene({ promptId: 'a', status: 'failed', nodesDone: 2 }), scene({ promptId: 'b', nodesDone: 3 }), scene({ promptId: 'a', status: 'queued' }),
    ]));
    vi.advanceTimersByTime(100);
    expect(heard).toEqual(['x queued 0', 'a executing 2', 'b executing 3', 'a failed 2', 'a queued 0']);
  });

  it('forgets what waited when a snapshot comes, which is newer', () => {
    const manager = make({ notifyMs: 100 });
    const heard: TelemetryUpdate[][] = [];
    manager.on('updates', (updates) => heard.push(updates));
    manager.connect();
    last().say(hello());
    last().say(snapshot(1));
    last().say(update(2, [scene({ nodesDone: 1 })]));
    last().say(update(3, [scene({ nodesDone: 2 })]));
    last().say(snapshot(9));
    vi.advanceTimersByTime(1_000);
    expect(heard).toHaveLength(1);
  });
});

describe('without WebSocket', () => {
  const polled = { workers: [] as WorkerState[], scenes: [], recent: [run('r1', 1)] };

  it('polls every 3 s from the second failure on and stops when a socket greets', async () => {
    const poll = vi.fn(() => Promise.resolve(polled));
    const manager = make({ poll });
    manager.connect();
    last().break();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(poll).not.toHaveBeenCalled();
    last().break();
    await vi.advanceTimersByTimeAsync(0);
    expect(manager.status).toMatchObject({ state: 'connected', transport: 'polling' });
    await vi.advanceTimersByTimeAsync(6_000);
    expect(poll).toHaveBeenCalledTimes(3);
    last().say(hello());
    expect(manager.status.transport).toBe('websocket');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(poll).toHaveBeenCalledTimes(3);
  });

  it('is disconnected when polling fails too, and comes back with it', async () => {
    let up = false;
    const manager = make({ poll: () => (up ? Promise.resolve(polled) : Promise.reject(new Error('no'))) });
    manager.connect();
    last().break();
    await vi.advanceTimersByTimeAsync(1_000);
    last().break();
    await vi.advanceTimersByTimeAsync(0);
    expect(manager.status).toMatchObject({ state: 'disconnected', transport: 'none' });
    up = true;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(manager.status.transport).toBe('polling');
  });

  it('works where sockets cannot be made at all', async () => {
    const manager = make({
      poll: () => Promise.resolve(polled),
      makeSocket: () => {
        throw new Error('not here');
      },
    });
    const store = new LiveStore(manager);
    manager.connect();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(manager.status.transport).toBe('polling');
    expect(store.get().recent.map((each) => each.runId)).toEqual(['r1']);
    manager.close();
  });
});

describe('previews', () => {
  function frame(head: unknown, bytes: number[]): ArrayBuffer {
    const text = new TextEncoder().encode(JSON.stringify(head));
    const all = new Uint8Array(4 + text.length + bytes.length);
    new DataView(all.buffer).setUint32(0, text.length);
    all.set(text, 4);
    all.set(bytes, 4 + text.length);
    return all.buffer;
  }
  const head = { runId: 'r', sceneId: 's', promptId: 'p', workerId: 'w', nodeId: '3', mime: 'image/jpeg' };

  it('are read from their frames', () => {
    const preview = decodePreview(frame(head, [1, 2, 3]));
    expect(preview).toMatchObject(head);
    expect(preview?.image.size).toBe(3);
    expect(preview?.image.type).toBe('image/jpeg');
  });

  it('of a broken form are passed over', () => {
    expect(decodePreview(new ArrayBuffer(2))).toBeNull();
    const cut = new ArrayBuffer(8);
    new DataView(cut).setUint32(0, 4_000_000_000);
    expect(decodePreview(cut)).toBeNull();
  });

  it('belong to their execution, replace each other and go with it', () => {
    const dropped: string[] = [];
    let made = 0;
    const manager = make({ notifyMs: 0 });
    const store = new LiveStore(manager, { make: () => `blob:${(made += 1)}`, drop: (url) => dropped.push(url) });
    manager.connect();
    last().say(hello());
    last().say(snapshot(1, [scene()]));
    last().onmessage?.({ data: frame(head, [1]) });
    last().onmessage?.({ data: frame({ ...head, promptId: 'other' }, [1]) });
    last().onmessage?.({ data: frame(head, [2]) });
    expect([...store.get().previews.values()].map((each) => each.url)).toEqual(['blob:2']);
    expect(dropped).toEqual(['blob:1']);
    last().say(update(2, [scene({ status: 'completed' })]));
    expect(store.get().previews.size).toBe(0);
    expect(dropped).toEqual(['blob:1', 'blob:2']);
  });

  it('are shown once they are loaded: of those that come meanwhile only the newest', async () => {
    const dropped: string[] = [];
    const loads: { url: string; done: () => void; fail: (why: Error) => void }[] = [];
    const manager = make({ notifyMs: 0 });
    const store = new LiveStore(manager, {
      make: (blob) => `blob:${blob.size}`, drop: (url) => dropped.push(url), load: (url) => new Promise<void>((done, fail) => loads.push({ url, done, fail })),
    });
    const shown = () => [...store.get().previews.values()].map((each) => each.url);
    const say = (bytes: number) => last().onmessage?.({ data: frame(head, Array(bytes).fill(7)) });
    const settled = () => new Promise<void>((done) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => queueMicrotask(done)))));
    manager.connect();
    last().say(hello());
    last().say(snapshot(1, [scene()]));
    say(1);
    expect(shown()).toEqual([]);
    loads[0]!.done();
    await settled();
    for (const bytes of [2, 3, 4]) say(bytes);
    expect([shown(), loads.map(({ url }) => url), dropped]).toEqual([['blob:1'], ['blob:1', 'blob:2'], []]);
    loads[1]!.done();
    await settled();
    expect([shown(), loads.map(({ url }) => url), dropped]).toEqual([['blob:2'], ['blob:1', 'blob:2', 'blob:4'], ['blob:1']]);
    loads[2]!.fail(new Error('broken'));
    await settled();
    expect([shown(), dropped]).toEqual([['blob:2'], ['blob:1', 'blob:4']]);
    say(5);
    last().say(update(2, [scene({ status: 'completed' })]));
    loads[3]!.done();
    await settled();
    expect([shown(), dropped]).toEqual([[], ['blob:1', 'blob:4', 'blob:2', 'blob:5']]);
  });
});

describe('the live store', () => {
  it('keeps open scenes, executing ones first, and lets ended ones go', () => {
    const manager = make({ notifyMs: 0 });
    const store = new LiveStore(manager);
    manager.connect();
    last().say(hello());
    last().say(snapshot(1, [scene({ promptId: 'q2', status: 'queued', queueNumber: 2 }), scene({ promptId: 'q1', status: 'queued', queueNumber: 1 }), scene({ promptId: 'e' })]));
    expect(store.get().scenes.map((each) => each.promptId)).toEqual(['e', 'q1', 'q2']);
    last().say(update(2, [scene({ promptId: 'e', status: 'completed' }), scene({ promptId: 'q1', status: 'executing' })]));
    expect(store.get().scenes.map((each) => `${each.promptId} ${each.status}`)).toEqual(['q1 executing', 'q2 queued']);
  });

  it('keeps the newest runs and forgets deleted ones', () => {
    const manager = make({ notifyMs: 0 });
    const store = new LiveStore(manager);
    manager.connect();
    last().say(hello());
    last().say(snapshot(1, [], [run('old', 1), run('new', 3)]));
    last().say(update(2, [{ kind: 'run', run: run('middle', 2) }]));
    last().say(update(3, [{ kind: 'run', run: { ...run('old', 1), title: 'renamed' } }]));
    expect(store.get().recent.map((each) => each.title)).toEqual(['new', 'middle', 'renamed']);
    last().say(update(4, [{ kind: 'runDeleted', runId: 'new' }]));
    expect(store.get().recent.map((each) => each.runId)).toEqual(['middle', 'old']);
  });

  it('keeps what was known when the connection breaks', () => {
    const manager = make({ notifyMs: 0 });
    const store = new LiveStore(manager);
    manager.connect();
    last().say(hello());
    last().say(snapshot(1, [scene()], [run('kept', 1)]));
    last().break();
    expect(store.get()).toMatchObject({ known: true, link: { state: 'disconnected' } });
    expect(store.get().scenes).toHaveLength(1);
    expect(store.get().recent).toHaveLength(1);
  });
});
