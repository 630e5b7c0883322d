import type { DeviceSample, LiveState, LiveStore, SceneUpdate, WorkerState } from '@comfytrace/client';
import { isLinked } from '../services.tsx';

/** What a worker's first device told at a time of the server's clock. */
export interface DevicePoint {
  atMs: number;
  usedBytes: number | null;
  /** 0 to 1. */
  loadRatio: number | null;
}

export const kTraceMs = 5 * 60_000;
/** A point a second is as much as can be seen; also the least that two of them lie apart. */
const kEveryMs = 1_000;
/** Idle workers are asked every ten seconds: what is further apart has not been told between. */
export const kSilentMs = 25_000;

/** The point of what is told now; null where nothing is. */
export function pointOf({ worker }: WorkerState, scene: SceneUpdate | undefined, atMs: number): DevicePoint | null {
  const device = worker.devices[0];
  const free = scene?.gpuVramFree ?? device?.vramFreeBytes ?? null;
  const total = device?.vramTotalBytes ?? null;
  const usedBytes = total === null || free === null ? null : Math.max(0, total - free);
  const load = scene?.gpuUtilization ?? null;
  return usedBytes === null && load === null ? null : { atMs, usedBytes, loadRatio: load === null ? null : load / 100 };
}

/** With a point more, thinned to one a second, without what is older than the window. */
export function withPoint(points: readonly DevicePoint[], point: DevicePoint): DevicePoint[] {
  const last = points.at(-1);
  if (last && point.atMs < last.atMs) return [...points];
  const rest = last && Math.floor(last.atMs / kEveryMs) === Math.floor(point.atMs / kEveryMs) ? points.slice(0, -1) : points;
  const kept = rest.findIndex((each) => each.atMs >= point.atMs - kTraceMs);
  return [...(kept < 0 ? [] : rest.slice(kept)), point];
}

/** What the record has from before the page listened, then what it heard itself. */
export function withRecord(points: readonly DevicePoint[], samples: readonly DeviceSample[], nowMs: number): DevicePoint[] {
  const first = points[0]?.atMs ?? nowMs;
  const index = samples[0]?.deviceIndex;
  const before = samples.filter((sample) => sample.deviceIndex === index && sample.atMs < first && sample.atMs >= nowMs - kTraceMs);
  return [...before.reduce<DevicePoint[]>((all, { atMs, vramUsedBytes, utilizationRatio }) => withPoint(all, { atMs, usedBytes: vramUsedBytes, loadRatio: utilizationRatio }), []), ...points.filter((point) => point.atMs >= nowMs - kTraceMs)];
}

/** Stretches of a line without a silence in them, each a list of points that have the value. */
export function stretches(points: readonly DevicePoint[], of: 'usedBytes' | 'loadRatio'): DevicePoint[][] {
  const all: DevicePoint[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    if (point[of] === null) continue;
    if (point.atMs - last > kSilentMs) all.push([]);
    all.at(-1)!.push(point);
    last = point.atMs;
  }
  return all;
}

/** The last minutes of each worker's device, heard from the stream for as long as the page lives. */
class DeviceTraces {
  private readonly points = new Map<string, DevicePoint[]>();
  private readonly told = new Map<string, { state: WorkerState; scene: SceneUpdate | undefined }>();

  constructor(live: LiveStore) {
    const hear = () => this.hear(live.get());
    hear();
    live.subscribe(hear);
  }

  of(workerId: string): readonly DevicePoint[] {
    return this.points.get(workerId) ?? [];
  }

  private hear({ link, workers, scenes }: LiveState): void {
    if (!isLinked(link)) return;
    for (const state of workers) {
      const { workerId } = state.worker;
      const scene = scenes.find((each) => each.workerId === workerId && each.status === 'executing');
      const before = this.told.get(workerId);
      // A change of something else says nothing of this device.
      if (state.connection.state === 'disconnected' || (before?.state === state && before.scene === scene)) continue;
      this.told.set(workerId, { state, scene });
      const point = pointOf(state, scene, Date.now() + link.serverOffsetMs);
      if (point) this.points.set(workerId, withPoint(this.of(workerId), point));
    }
  }
}

const traces = new WeakMap<LiveStore, DeviceTraces>();

export function tracesOf(live: LiveStore): { of: (workerId: string) => readonly DevicePoint[] } {
  let found = traces.get(live);
  if (!found) traces.set(live, (found = new DeviceTraces(live)));
  return found;
}
