import type { CohortEvidence, EtaReport, LiveState, SceneUpdate, StreamStatus, WorkerState } from '@comfytrace/client';
import type { DevicePoint } from '../live/device-trace.ts';
import type { LikeScenes } from '../live/like-scenes.ts';

// A moment of three workers. Their clocks are the page's, so that ages go on as they do.

const kGiB = 2 ** 30;
const kStart = Date.now();

export const kStreaming: StreamStatus = {
  state: 'streaming', transport: 'websocket', attempt: 0, nextTryAtMs: null, lastUpdateAtMs: kStart, aliveAtMs: kStart, probeMs: 86_400_000, lastError: null, bootId: 'b', version: '0.1.0', serverOffsetMs: 0,
};
export const kLost: StreamStatus = { ...kStreaming, state: 'disconnected', transport: 'none', attempt: 4, nextTryAtMs: kStart + 3_600_000, lastUpdateAtMs: kStart - 41_000, lastError: 'closed with code 1006' };
export const kPolling: StreamStatus = { ...kStreaming, transport: 'polling', state: 'connected' };

const device = (name: string, free: number | null) => ({ index: 0, name: `cuda:0 NVIDIA GeForce ${name} : native`, type: 'cuda', vramTotalBytes: 24 * kGiB, vramFreeBytes: free, torchVramTotalBytes: null, torchVramFreeBytes: null });

export function sampleWorker(name: string, connection: Partial<WorkerState['connection']> = {}, more: Partial<WorkerState['worker']> = {}): WorkerState {
  return {
    worker: {
      workerId: name, name, url: `http://${name}.local:8188`, comfyuiVersion: '0.3.64', pythonVersion: '3.12.3', pytorchVersion: '2.8.0+cu128', os: 'posix', ramTotalBytes: 64 * kGiB, ramFreeBytes: 38.2 * kGiB,
      devices: [device('RTX 4090', 2.6 * kGiB)], firstSeenAtMs: kStart - 86_400_000, lastSeenAtMs: kStart, ...more,
    },
    connection: {
      state: 'streaming', sinceMs: kStart - 3_600_000, source: 'extension', lastEventAtMs: kStart, attempt: 0, nextTryAtMs: null, lastError: null, missing: null,
      extension: { version: '0.1.0', protocol: 1, outdated: false, taps: ['send_sync', 'progress_registry', 'torch_memory'], skippedTaps: [], framesDropped: 0, failures: 0, eventCostP50Us: 11.2, eventCostP99Us: 38.4 }, ...connection,
    },
    queueRunning: 1, queuePending: 3,
  };
}
export const kStock = { source: 'stock', extension: null, missing: 'Stock ComfyUI tells node times only to the client that queued the prompt; `comfytrace extension install DIR` records them for everybody.' } as const;
export const kGone = { state: 'disconnected', source: 'none', extension: null, sinceMs: kStart - 360_000, lastEventAtMs: kStart - 360_000, attempt: 13, nextTryAtMs: kStart + 3_600_000, lastError: 'Connection refused' } as const;

export function sampleScene(change: Partial<SceneUpdate> = {}): SceneUpdate {
  return {
    kind: 'scene', runId: 'run-0', sceneId: 'scene-003', promptId: 'p2-0', workerId: 'atlas', runTitle: 'The Lighthouse Keeper', sceneTitle: 'Lamp room, night', status: 'executing', exitReason: null, attempts: 1,
    timestamp: kStart, duration: 141, elapsedMs: 141_000, queuedAtMs: kStart - 153_000, startedAtMs: kStart - 141_000, finishedAtMs: null, queueNumber: 12, nodeCount: 16, nodesDone: 8, nodeTimesKnown: true,
    node: { nodeId: '13', classType: 'KSampler', title: 'Motion', progressValue: 14, progressMax: 30, startedAtMs: kStart - 90_000 }, progress: 0.47, gpuVramFree: 2.6 * kGiB, gpuUtilization: 98, eta: 176_000, etaLow: 161_000, etaHigh: 204_000, etaScenes: 42,
    ...change,
  };
}
export const kEta: EtaReport = {
  runs: [], queues: [], score: { level: 0.8, n: 100, inside: 78, sooner: 9, later: 13, coverageRate: 0.78, coverageInterval: { low: 0.69, high: 0.85, level: 0.95 }, sentence: 'measured: 78 of 100 inside' },
};

export const kQueued: SceneUpdate[] = Array.from({ length: 11 }, (_, at) => sampleScene({ sceneId: `scene-${at + 4}`, promptId: `q${at}`, status: 'queued', sceneTitle: `Harbour, take ${at + 1}`, queuedAtMs: kStart - 60_000 - at * 4_000, startedAtMs: null, node: null, nodesDone: 0, progress: null, eta: null }));

/** One worker in a state of its own, and a scene on it. */
export function liveOf(connection: Partial<WorkerState['connection']> = {}, link: StreamStatus = kStreaming, more: Partial<LiveState> = {}): Partial<LiveState> {
  return { link, workers: [sampleWorker('atlas', connection)], ...more };
}

/** Minutes of a device: idle, a model is loaded, then it samples. `silentFrom`, `silentTo`: seconds ago between which nothing was told. */
export function sampleTrace({ forS = 300, untilS = 0, load = true, silentFrom = -1, silentTo = -1 } = {}): DevicePoint[] {
  const points: DevicePoint[] = [];
  for (let ago = forS; ago >= untilS; ago -= ago > 150 ? 10 : 1) {
    if (ago < silentFrom && ago > silentTo) continue;
    const busy = Math.min(1, Math.max(0, (150 - ago) / 12));
    points.push({ atMs: kStart - ago * 1_000, usedBytes: (3.1 + busy * 18.3 + Math.sin(ago / 7) * 0.12 * busy) * kGiB, loadRatio: load ? busy * (0.96 + Math.sin(ago / 3) * 0.03) : null });
  }
  return points;
}

const cohort = (change: Partial<CohortEvidence> = {}): CohortEvidence => ({
  level: 'models', n: 42, needed: 0, limit: 50, heldEqual: ['workflow', 'model files', 'size of work', 'GPU'], notEqual: [], runIds: [], fromMs: kStart - 9 * 86_400_000, toMs: kStart - 86_400_000,
  sentence: '42 scenes of the same workflow, model files and size of work', ...change,
});
export const kLike: LikeScenes = { cohort: cohort(), durationsMs: Array.from({ length: 42 }, (_, at) => 296_000 + Math.round(Math.sin(at * 12.9898) * 9_000 + (at % 7) * 3_400 + (at === 5 ? 31_000 : 0))) };
export const kLikePartly: LikeScenes = { cohort: cohort({ notEqual: [{ what: 'ComfyUI version', thisRun: '0.3.64', cohort: '0.3.60 in 38 of 42', nEqual: 4 }] }), durationsMs: kLike.durationsMs.slice(0, 12) };
export const kLikeFew: LikeScenes = { cohort: cohort({ level: null, n: 3, needed: 3, sentence: 'Not enough data: 3 of the 6 like scenes that it takes' }), durationsMs: [] };
export const kLikeUnknown: LikeScenes = { cohort: cohort({ level: null, n: 0, needed: 5, heldEqual: [], sentence: 'Not enough data: the size of its work is not known, so nothing can be held equal' }), durationsMs: [] };
