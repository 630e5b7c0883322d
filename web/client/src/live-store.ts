import type { ApiClient } from './api-client.ts';
import type { PolledState, StreamStatus, TelemetryStreamManager } from './telemetry-stream-manager.ts';
import { sceneKey, type Preview, type SceneUpdate, type TelemetryUpdate } from './live-types.ts';
import { isOpen, type RunSummary, type WorkerState } from './types.ts';

export interface LivePreview {
  url: string;
  nodeId: string;
  atMs: number;
}

/** Everything live, as of the last change. Immutable: a change makes a new object. */
export interface LiveState {
  link: StreamStatus;
  /** Whether anything was ever received; until then the lists say nothing. */
  known: boolean;
  workers: readonly WorkerState[];
  /** Open scenes, executing ones first, then in queue order. */
  scenes: readonly SceneUpdate[];
  recent: readonly RunSummary[];
  previews: ReadonlyMap<string, LivePreview>;
}

const kRecentRuns = 20;

/** Addresses of pictures in memory. */
export interface ObjectUrls {
  make(blob: Blob): string;
  drop(url: string): void;
  /** Fulfilled once the picture can be shown without a wait. Left out: it is shown at once. */
  load?(url: string): Promise<unknown>;
}

const kBrowserUrls: ObjectUrls = {
  make: (blob) => URL.createObjectURL(blob),
  drop: (url) => URL.revokeObjectURL(url),
  load: async (url) => {
    if (typeof Image === 'undefined') return;
    const image = new Image();
    image.src = url;
    await image.decode?.();  // not every host of a document draws
  },
};

/** Keeps what a TelemetryStreamManager tells, for `useSyncExternalStore` or any other reader. */
export class LiveStore {
  private state: LiveState;
  private readonly readers = new Set<() => void>();
  private readonly detach: (() => void)[];
  private readonly scenes = new Map<string, SceneUpdate>();
  /** By scene: a picture is being loaded, and the newest of those that came meanwhile. */
  private readonly loading = new Map<string, Preview | null>();
  private isDisposed = false;

  constructor(readonly manager: TelemetryStreamManager, private readonly objectUrls: ObjectUrls = kBrowserUrls) {
    this.state = { link: manager.status, known: false, workers: [], scenes: [], recent: [], previews: new Map() };
    this.detach = [
      manager.on('status', (link) => this.put({ link })),
      manager.on('snapshot', (snapshot) => {
        this.scenes.clear();
        for (const scene of snapshot.scenes) this.scenes.set(sceneKey(scene), scene);
        this.put({
          known: true, workers: snapshot.workers, scenes: this.orderedScenes(), recent: newestFirst(snapshot.recent),
          previews: this.prunePreviews(),
        });
      }),
      manager.on('updates', (updates) => this.apply(updates)),
      manager.on('preview', (preview) => this.takePreview(preview)),
    ];
  }

  readonly get = (): LiveState => this.state;

  readonly subscribe = (reader: () => void): (() => void) => {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  };

  dispose(): void {
    for (const off of this.detach) off();
    this.isDisposed = true;
    for (const preview of this.state.previews.values()) this.objectUrls.drop(preview.url);
  }

  private apply(updates: TelemetryUpdate[]): void {
    let workers = this.state.workers;
    let recent = this.state.recent;
    let scenesChanged = false;
    for (const update of updates) {
      switch (update.kind) {
        case 'scene':
          scenesChanged = true;
          if (update.status === 'queued' || update.status === 'executing') this.scenes.set(sceneKey(update), update);
          else this.scenes.delete(sceneKey(update));
          break;
        case 'run':
          recent = newestFirst([update.run, ...recent.filter((run) => run.runId !== update.run.runId)]);
          break;
        case 'runDeleted':
          recent = recent.filter((run) => run.runId !== update.runId);
          for (const [key, scene] of this.scenes) {
            if (scene.runId !== update.runId) continue;
            this.scenes.delete(key);
            scenesChanged = true;
          }
          break;
        case 'worker': {
          const id = update.worker.worker.workerId;
          workers = workers.some((known) => known.worker.workerId === id)
            ? workers.map((known) => (known.worker.workerId === id ? update.worker : known))
            : [...workers, update.worker];
          break;
        }
      }
    }
    this.put({
      known: true, workers, recent,
      ...(scenesChanged ? { scenes: this.orderedScenes(), previews: this.prunePreviews() } : {}),
    });
  }

  /** Pictures may come faster than they load: what is seen is replaced only by one that can be seen at once. */
  private takePreview(preview: Preview): void {
    const key = sceneKey(preview);
    if (!this.scenes.has(key)) return;
    if (this.loading.has(key)) return void this.loading.set(key, preview);
    const url = this.objectUrls.make(preview.image);
    if (!this.objectUrls.load) return this.showPreview(key, preview, url);
    this.loading.set(key, null);
    void this.objectUrls.load(url).then(() => this.showPreview(key, preview, url), () => this.objectUrls.drop(url)).then(() => {
      const next = this.loading.get(key);
      this.loading.delete(key);
      if (next && !this.isDisposed) this.takePreview(next);
    });
  }

  private showPreview(key: string, preview: Preview, url: string): void {
    if (this.isDisposed || !this.scenes.has(key)) return this.objectUrls.drop(url);
    const before = this.state.previews.get(key);
    this.put({ previews: new Map(this.state.previews).set(key, { url, nodeId: preview.nodeId, atMs: Date.now() }) });
    if (before) this.objectUrls.drop(before.url);
  }

  private prunePreviews(): ReadonlyMap<string, LivePreview> {
    const gone = [...this.state.previews].filter(([key]) => !this.scenes.has(key));
    if (gone.length === 0) return this.state.previews;
    for (const [, preview] of gone) this.objectUrls.drop(preview.url);
    return new Map([...this.state.previews].filter(([key]) => this.scenes.has(key)));
  }

  private orderedScenes(): SceneUpdate[] {
    return [...this.scenes.values()].sort((a, b) => {
      if (a.status !== b.status) return a.status === 'executing' ? -1 : 1;
      const order = (scene: SceneUpdate) =>
        scene.status === 'executing' ? (scene.startedAtMs ?? 0) : (scene.queueNumber ?? scene.queuedAtMs ?? 0);
      return order(a) - order(b) || (a.queuedAtMs ?? 0) - (b.queuedAtMs ?? 0);
    });
  }

  private put(change: Partial<LiveState>): void {
    this.state = { ...this.state, ...change };
    for (const reader of [...this.readers]) reader();
  }
}

function newestFirst(runs: readonly RunSummary[]): RunSummary[] {
  return [...runs].sort((a, b) => b.createdAtMs - a.createdAtMs).slice(0, kRecentRuns);
}

/** The live state as far as plain HTTP tells it: open runs stand for their scenes, nodes are not known. */
export async function pollState(api: ApiClient): Promise<PolledState> {
  const [workers, open, recent] = await Promise.all([
    api.workers(),
    api.runs({ status: ['queued', 'executing'] }, { limit: 100 }),
    api.runs({}, { limit: kRecentRuns }),
  ]);
  return { workers, scenes: open.runs.filter((run) => isOpen(run.status)).map(sceneOfSummary), recent: recent.runs };
}

function sceneOfSummary(run: RunSummary): SceneUpdate {
  const elapsedMs = run.startedAtMs === null ? null : Date.now() - run.startedAtMs;
  return {
    kind: 'scene', runId: run.runId, sceneId: '', promptId: run.runId, workerId: run.workerIds[0] ?? '',
    runTitle: run.title, sceneTitle: run.title, status: run.status === 'executing' ? 'executing' : 'queued',
    outcome: run.status, exitReason: null, attempts: run.attemptCount, timestamp: run.startedAtMs ?? run.createdAtMs,
    duration: elapsedMs === null ? null : elapsedMs / 1000, elapsedMs, queuedAtMs: run.createdAtMs,
    startedAtMs: run.startedAtMs, finishedAtMs: null, queueNumber: null, nodeCount: 0, nodesDone: 0,
    nodeTimesKnown: false, node: null, progress: null, gpuVramFree: null, gpuUtilization: null, eta: null,
  };
}
