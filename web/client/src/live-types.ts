import type { Alert, ExitReason, RunSummary, Status, WorkerState } from './types.ts';

// The frames of the live stream (docs/api.md, "Live"), which the OpenAPI document does not cover.

export type SceneStatus = 'queued' | 'executing' | 'completed' | 'failed';

export interface LiveNode {
  nodeId: string;
  classType: string;
  title: string;
  progressValue: number | null;
  progressMax: number | null;
  startedAtMs: number | null;
}

export interface SceneUpdate {
  kind: 'scene';
  runId: string;
  sceneId: string;
  promptId: string;
  workerId: string;
  runTitle: string;
  sceneTitle: string;
  status: SceneStatus;
  /** The full word; `status` folds it to four. */
  outcome?: Status;
  exitReason: ExitReason | null;
  attempts: number;
  timestamp: number;
  /** Seconds since the start. */
  duration: number | null;
  elapsedMs: number | null;
  queuedAtMs: number | null;
  startedAtMs: number | null;
  finishedAtMs: number | null;
  queueNumber: number | null;
  nodeCount: number;
  nodesDone: number;
  nodeTimesKnown: boolean;
  node: LiveNode | null;
  progress: number | null;
  gpuVramFree: number | null;
  gpuUtilization: number | null;
  /** Milliseconds until it is done, as likely more as less. */
  eta: number | null;
  /** 80 of 100 end between these; absent from servers that do not tell. */
  etaLow?: number | null;
  etaHigh?: number | null;
  /** Like scenes that the claim rests on. */
  etaScenes?: number;
}

export interface RunUpdate {
  kind: 'run';
  run: RunSummary;
}

export interface RunDeletedUpdate {
  kind: 'runDeleted';
  runId: string;
}

export interface WorkerUpdate {
  kind: 'worker';
  worker: WorkerState;
}

export interface AlertUpdate {
  kind: 'alert';
  alert: Alert;
}

export type TelemetryUpdate = SceneUpdate | RunUpdate | RunDeletedUpdate | WorkerUpdate | AlertUpdate;

export interface HelloMessage {
  type: 'hello';
  protocol: number;
  version: string;
  bootId: string;
  serverTimeMs: number;
}

export interface SnapshotMessage {
  type: 'snapshot';
  seq: number;
  serverTimeMs: number;
  workers: WorkerState[];
  scenes: SceneUpdate[];
  recent: RunSummary[];
  /** The open ones; absent from servers that have no alerts. */
  alerts?: Alert[];
}

export interface UpdateMessage {
  type: 'update';
  seq: number;
  serverTimeMs: number;
  updates: TelemetryUpdate[];
}

export type ServerMessage = HelloMessage | SnapshotMessage | UpdateMessage;

export interface PreviewHead {
  runId: string;
  sceneId: string;
  promptId: string;
  workerId: string;
  nodeId: string;
  mime: string;
}

export interface Preview extends PreviewHead {
  image: Blob;
}

/** Identity of one execution: updates of different executions never mix. */
export function sceneKey(scene: { runId: string; sceneId: string; promptId: string }): string {
  return JSON.stringify([scene.runId, scene.sceneId, scene.promptId]);
}
