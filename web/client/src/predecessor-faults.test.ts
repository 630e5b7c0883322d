// Faults that the program before this one had. Each test fails on its way of doing it.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SceneUpdate, TelemetryUpdate } from './live-types.ts';
import { TelemetryStreamManager, type SocketLike, type StreamOptions } from './telemetry-stream-manager.ts';

class FakeSocket {
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  constructor(readonly url: string) {}
  send() {}
  close() {}
}
let sockets: FakeSocket[];
let heard: TelemetryUpdate[];

function stream(options: Partial<StreamOptions> = {}) {
  const manager = new TelemetryStreamManager({
    url: 'ws://here/telemetry',
    makeSocket: (url) => {
      sockets.push(new FakeSocket(url));
      return sockets.at(-1) as unknown as SocketLike;
    },
    ...options,
  });
  manager.on('updates', (updates) => heard.push(...updates));
  manager.connect();
  say({ type: 'hello', protocol: 1, version: '1', bootId: 'a', serverTimeMs: Date.now() });
  return manager;
}
const say = (value: unknown) => sockets.at(-1)!.onmessage!({ data: JSON.stringify(value) });
let seq = 0;
const update = (...updates: Partial<SceneUpdate>[]) => say({
  type: 'update', seq: (seq += 1), serverTimeMs: Date.now(),
  updates: updates.map((each) => ({ kind: 'scene', runId: 'r', sceneId: 's', promptId: 'p', status: 'executing', nodeTimesKnown: true, node: null, ...each })),
});
const progressOf = (sceneId: string) => (heard.filter((each) => each.kind === 'scene' && each.sceneId === sceneId).at(-1) as SceneUpdate | undefined)?.progress;

beforeEach(() => {
  sockets = [];
  heard = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe('a buffer that waits for a pause', () => {
  it('would show nothing while updates come 50 ms apart: they show within the buffer', () => {
    stream();
    for (let at = 1; at <= 20; at += 1) {
      update({ progress: at / 100 });
      vi.advanceTimersByTime(50);
      expect(progressOf('s')).toBeGreaterThanOrEqual((at - 2) / 100);
    }
  });

  it('with a single place would lose one of two scenes', () => {
    stream();
    update({ sceneId: 'first', progress: 0 });
    update({ sceneId: 'a', progress: 0.1 });
    update({ sceneId: 'b', progress: 0.2 });
    vi.advanceTimersByTime(200);
    expect([progressOf('a'), progressOf('b')]).toEqual([0.1, 0.2]);
  });

  it('would lose the last word when the connection breaks, or when the page closes it', () => {
    const manager = stream();
    update({ progress: 0 });
    update({ status: 'completed', progress: 1 });
    sockets.at(-1)!.onclose!({ code: 1006, reason: '' });
    vi.advanceTimersByTime(200);
    expect(progressOf('s')).toBe(1);
    heard = [];
    manager.connectNow();
    say({ type: 'hello', protocol: 1, version: '1', bootId: 'a', serverTimeMs: Date.now() });
    update({ sceneId: 't', progress: 0.1 });
    update({ sceneId: 't', progress: 0.9 });
    manager.close();
    expect(progressOf('t')).toBe(0.9);
  });
});

describe('a connection', () => {
  it('that the page itself closes is not opened again', () => {
    const manager = stream();
    const made = sockets.at(-1)!;
    manager.close();
    made.onclose?.({ code: 1000, reason: '' });
    vi.advanceTimersByTime(3_600_000);
    expect(sockets).toHaveLength(1);
  });

  it('is not opened by all pages at the same moment', () => {
    const waits = [0, 0.5, 1].map((random) => {
      const manager = stream({ random: () => random });
      sockets.at(-1)!.onclose!({ code: 1006, reason: '' });
      const wait = manager.status.nextTryAtMs! - Date.now();
      manager.close();
      return wait;
    });
    expect(waits).toEqual([800, 1000, 1200]);
  });

  it('goes on trying after the fifth time', () => {
    stream({ jitter: 0 });
    sockets.at(-1)!.onclose!({ code: 1006, reason: '' });
    for (let tries = 0; tries < 12; tries += 1) {
      vi.advanceTimersByTime(30_000);
      sockets.at(-1)!.onclose!({ code: 1006, reason: '' });
    }
    expect(sockets.length).toBeGreaterThanOrEqual(13);
  });

  it('is not said to stream because it is open', () => {
    const manager = stream();
    expect(manager.status.state).toBe('connected');
    update({});
    expect(manager.status.state).toBe('streaming');
  });

  it('that falls silent while nodes are told is stalled', () => {
    const manager = stream();
    update({});
    vi.advanceTimersByTime(20_000);
    expect(manager.status.state).toBe('stalled');
  });

  it('is given the time that a class of node is known to need', () => {
    const manager = stream();
    const decode = { node: { nodeId: '8', classType: 'VAEDecode', title: '', progressValue: null, progressMax: null, startedAtMs: 0 } };
    update(decode);
    vi.advanceTimersByTime(60_000);
    expect(manager.status.state).toBe('stalled');
    update({ status: 'completed' });
    update(decode);
    vi.advanceTimersByTime(100_000);
    expect(manager.status.state).toBe('streaming');
    vi.advanceTimersByTime(100_000);
    expect(manager.status.state).toBe('stalled');
  });

  it('is not stalled by the silence of a worker that does not tell nodes', () => {
    const manager = stream();
    update({ nodeTimesKnown: false });
    vi.advanceTimersByTime(3_600_000);
    expect(manager.status.state).toBe('streaming');
  });
});
