import { LiveStore, TelemetryStreamManager, type StreamEvents } from '@comfytrace/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { kStreaming, sampleScene, sampleWorker } from '../gallery/live-samples.ts';
import { kTraceMs, pointOf, stretches, tracesOf, withPoint, withRecord, type DevicePoint } from './device-trace.ts';

const kGiB = 2 ** 30;
const point = (atMs: number, usedBytes: number | null = kGiB, loadRatio: number | null = null): DevicePoint => ({ atMs, usedBytes, loadRatio });
const sample = (atMs: number, deviceIndex = 0) => ({ atMs, deviceIndex, vramUsedBytes: 2 * kGiB, vramFreeBytes: null, utilizationRatio: 0.5, temperatureCelsius: null, powerWatts: null });
afterEach(() => vi.useRealTimers());

describe('a point of the device', () => {
  it('is what the scene tells, else what the worker does', () => {
    const worker = sampleWorker('atlas');
    expect(pointOf(worker, sampleScene({ gpuVramFree: 4 * kGiB, gpuUtilization: 98 }), 7)).toEqual({ atMs: 7, usedBytes: 20 * kGiB, loadRatio: 0.98 });
    expect(pointOf(worker, undefined, 7)).toEqual({ atMs: 7, usedBytes: 21.4 * kGiB, loadRatio: null });
  });

  it('is none where nothing is told, never 0', () => {
    const worker = sampleWorker('atlas', {}, { devices: [] });
    expect(pointOf(worker, sampleScene({ gpuUtilization: null }), 7)).toBeNull();
  });
});

describe('the trace', () => {
  it('keeps the last word of each second, and of the window', () => {
    let points: DevicePoint[] = [];
    for (let ms = 0; ms <= kTraceMs + 20_000; ms += 100) points = withPoint(points, point(ms, ms));
    expect(points.length).toBeLessThanOrEqual(kTraceMs / 1_000 + 1);
    expect(points[0]!.atMs).toBeGreaterThanOrEqual(20_000);
    expect(points.at(-1)!.usedBytes).toBe(kTraceMs + 20_000);
  });

  it('takes from the record what lies before the page listened, of one device', () => {
    const all = withRecord([point(100_000), point(101_000)], [sample(90_000), sample(95_000, 1), sample(98_000), sample(100_500)], 102_000);
    expect(all.map(({ atMs }) => atMs)).toEqual([90_000, 98_000, 100_000, 101_000]);
    expect(all[0]).toMatchObject({ usedBytes: 2 * kGiB, loadRatio: 0.5 });
  });

  it('draws no line over a silence', () => {
    const points = [point(0), point(1_000), point(40_000), point(41_000, null, 0.5), point(42_000)];
    expect(stretches(points, 'usedBytes').map((each) => each.map(({ atMs }) => atMs))).toEqual([[0, 1_000], [40_000, 42_000]]);
    expect(stretches(points, 'loadRatio')).toHaveLength(1);
  });
});

it('hears of each worker what changed on it, and nothing while it is lost', () => {
  vi.useFakeTimers({ now: 1_000_000 });
  const manager = new TelemetryStreamManager({ url: 'ws://here', notifyMs: 0 });
  const live = new LiveStore(manager);
  const tell = <K extends keyof StreamEvents>(event: K, ...values: Parameters<StreamEvents[K]>) => {
    (manager as unknown as { emit: (event: K, ...values: unknown[]) => void }).emit(event, ...values);
    vi.advanceTimersByTime(2_000);
  };
  const traces = tracesOf(live);
  const of = (name: string) => traces.of(name).length;
  const [atlas, borealis] = [sampleWorker('atlas'), sampleWorker('borealis')];
  tell('status', kStreaming);
  tell('snapshot', { type: 'snapshot', seq: 1, serverTimeMs: 0, workers: [atlas, borealis], scenes: [], recent: [] });
  const [a, b] = [of('atlas'), of('borealis')];
  expect([a, b]).toEqual([1, 1]);
  tell('updates', [{ kind: 'worker', worker: { ...atlas, queuePending: 9 } }]);
  expect([of('atlas'), of('borealis')]).toEqual([2, 1]);
  tell('updates', [{ kind: 'worker', worker: { ...atlas, connection: { ...atlas.connection, state: 'disconnected' } } }]);
  expect(of('atlas')).toBe(2);
  expect(tracesOf(live)).toBe(traces);
});
