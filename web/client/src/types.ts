// The shapes of docs/api.md: runs, workers, their history. The live stream's are in live-types.ts, those of statistics and
// comparisons in insight-types.ts, filters in run-filter.ts. Times are epoch milliseconds, durations milliseconds, memory bytes, ratios 0 to 1.
// null means "not known", never 0.

export type Status =
  | 'queued' | 'executing' | 'success' | 'failed' | 'timeout' | 'cancelled' | 'skipped' | 'partial';
export type ExitReason =
  | 'success' | 'maxWait' | 'attemptLimit' | 'postExecution' | 'executionError' | 'outOfMemory' | 'validationError'
  | 'interrupted' | 'deleted' | 'workerLost' | 'unknown';
export type Origin = 'observed' | 'submitted' | 'backfilled' | 'imported';
export type TimeSource = 'server' | 'receipt' | 'poll';
export type NodeState = 'running' | 'finished' | 'cached' | 'failed' | 'interrupted' | 'abandoned' | 'blocked';
export type MediaKind = 'image' | 'video' | 'audio' | 'text' | 'other';
export type ConnectionState = 'connecting' | 'connected' | 'streaming' | 'stalled' | 'disconnected';
export type CaptureSource = 'none' | 'stock' | 'extension';

export const allStatuses: readonly Status[] = [
  'queued', 'executing', 'success', 'failed', 'timeout', 'cancelled', 'skipped', 'partial',
];

export function isOpen(status: Status): boolean {
  return status === 'queued' || status === 'executing';
}

export interface Lora {
  name: string;
  strengthModel: number | null;
  strengthClip: number | null;
}

export interface Parameters {
  checkpoints: string[];
  loras: Lora[];
  vaes: string[];
  textEncoders: string[];
  sampler: string | null;
  scheduler: string | null;
  steps: number | null;
  cfg: number | null;
  denoise: number | null;
  width: number | null;
  height: number | null;
  batchSize: number | null;
  frames: number | null;
  fps: number | null;
  seed: string | null;
  positivePrompt: string | null;
  negativePrompt: string | null;
}

export interface Artifact {
  nodeId: string;
  filename: string;
  subfolder: string;
  type: string;
  kind: MediaKind;
  text: string | null;
  cached: boolean;
}

/** An artifact with its place in the run; `url` is relative to the server. */
export interface RunArtifact extends Artifact {
  index: number;
  sceneId: string;
  promptId: string;
  url: string;
}

export interface NodeExecution {
  nodeId: string;
  displayNodeId: string;
  parentNodeId: string | null;
  classType: string;
  title: string;
  state: NodeState;
  startOffsetMs: number | null;
  durationMs: number | null;
  progressValue: number | null;
  progressMax: number | null;
  /** The most that torch had allocated while this node ran, by it or beside it. Only the extension tells it. */
  vramPeakBytes: number | null;
}

export interface Failure {
  nodeId: string;
  nodeType: string;
  exceptionType: string;
  message: string;
  traceback: string[];
}

export interface ValidationError {
  nodeId: string;
  classType: string;
  type: string;
  message: string;
  details: string;
}

export interface Explanation {
  atMs: number;
  what: string;
  because: string;
}

/** What an attempt ran on, as the worker told it then; texts are empty where it did not. */
export interface AttemptEnvironment {
  deviceName: string;
  deviceType: string;
  deviceCount: number;
  vramTotalBytes: number | null;
  comfyuiVersion: string;
  pythonVersion: string;
  pytorchVersion: string;
  os: string;
}

export interface Attempt {
  promptId: string;
  workerId: string;
  status: Status;
  exitReason: ExitReason | null;
  origin: Origin;
  queueNumber: number | null;
  queuedAtMs: number | null;
  queuedAtSource: TimeSource | null;
  startedAtMs: number | null;
  startedAtSource: TimeSource | null;
  finishedAtMs: number | null;
  finishedAtSource: TimeSource | null;
  durationMs: number | null;
  queueWaitMs: number | null;
  nodeCount: number;
  cachedKnown: boolean;
  cachedNodeIds: string[];
  nodeTimesKnown: boolean;
  /** Present in exports only; the timeline route gives nodes. */
  nodes?: NodeExecution[];
  artifacts: Artifact[];
  failure: Failure | null;
  validationErrors: ValidationError[];
  vramFreeBeforeBytes: number | null;
  vramFreeAfterBytes: number | null;
  vramDeltaBytes: number | null;
  vramPeakBytes: number | null;
  /** Absent from servers that do not record it. */
  environment?: AttemptEnvironment | null;
  fallbackNotes: string[];
  explanations: Explanation[];
}

export interface Scene {
  sceneId: string;
  title: string;
  status: Status;
  exitReason: ExitReason | null;
  workflowFingerprint: string;
  workSize: number | null;
  parameters: Parameters;
  attempts: Attempt[];
}

export interface QueuePolicy {
  maxWaitMs: number;
  pollIntervalMs: number;
  attemptLimit: number;
  postExecutionTimeoutMs: number;
  retryBudget: number;
  frameFloor: number;
}

export interface Run {
  runId: string;
  grouped: boolean;
  title: string;
  status: Status;
  exitReason: ExitReason | null;
  createdAtMs: number;
  startedAtMs: number | null;
  finishedAtMs: number | null;
  durationMs: number | null;
  queueWaitMs: number | null;
  storyId: string | null;
  storyTitle: string | null;
  workflowName: string | null;
  tags: string[];
  notes: string | null;
  archived: boolean;
  policy: QueuePolicy | null;
  scenes: Scene[];
  artifacts: RunArtifact[];
}

export interface RunSummary {
  runId: string;
  title: string;
  status: Status;
  exitReason: ExitReason | null;
  createdAtMs: number;
  startedAtMs: number | null;
  finishedAtMs: number | null;
  durationMs: number | null;
  queueWaitMs: number | null;
  sceneCount: number;
  scenesSucceeded: number;
  attemptCount: number;
  artifactCount: number;
  storyTitle: string | null;
  workflowName: string | null;
  workflowFingerprint: string;
  model: string | null;
  workerIds: string[];
  vramPeakBytes: number | null;
  error: string | null;
  thumbnail: number | null;
  tags: string[];
  archived: boolean;
}

export interface Device {
  index: number;
  name: string;
  type: string;
  vramTotalBytes: number | null;
  vramFreeBytes: number | null;
  torchVramTotalBytes: number | null;
  torchVramFreeBytes: number | null;
}

export interface Worker {
  workerId: string;
  name: string;
  url: string;
  comfyuiVersion: string | null;
  pythonVersion: string | null;
  pytorchVersion: string | null;
  os: string | null;
  ramTotalBytes: number | null;
  ramFreeBytes: number | null;
  devices: Device[];
  firstSeenAtMs: number | null;
  lastSeenAtMs: number | null;
}

/** What the extension listens to and this ComfyUI does not have. */
export interface SkippedTap {
  name: string;
  reason: string;
}

/** The extension inside a ComfyUI, as it tells of itself. Counts and costs are of this life of ComfyUI. */
export interface ExtensionInfo {
  version: string;
  protocol: number;
  /** Older than the one this comfytrace carries. */
  outdated: boolean;
  taps: string[];
  skippedTaps: SkippedTap[];
  /** Frames that some subscriber was too slow for, whoever it was. */
  framesDropped: number | null;
  /** Of its own, none of which reached a prompt. */
  failures: number | null;
  /** Its own time in ComfyUI's threads a call, over the latest 1024. */
  eventCostP50Us: number | null;
  eventCostP99Us: number | null;
}

export interface Connection {
  state: ConnectionState;
  sinceMs: number;
  source: CaptureSource;
  lastEventAtMs: number | null;
  attempt: number;
  nextTryAtMs: number | null;
  lastError: string | null;
  missing: string | null;
  /** While it is the source. */
  extension: ExtensionInfo | null;
}

export interface WorkerState {
  worker: Worker;
  connection: Connection;
  queueRunning: number;
  queuePending: number;
}

export interface DeviceSample {
  atMs: number;
  deviceIndex: number;
  vramUsedBytes: number | null;
  vramFreeBytes: number | null;
  utilizationRatio: number | null;
  temperatureCelsius: number | null;
  powerWatts: number | null;
}

export interface TimelineAttempt {
  sceneId: string;
  promptId: string;
  workerId: string;
  status: Status;
  startedAtMs: number | null;
  finishedAtMs: number | null;
  durationMs: number | null;
  nodeTimesKnown: boolean;
  nodes: NodeExecution[];
  samples: DeviceSample[];
}

export interface Timeline {
  runId: string;
  attempts: TimelineAttempt[];
}

export interface HistoryInfo {
  kind: string;
  location: string;
  schemaVersion: number;
  runs: number;
  bytes: number;
  oldestRunAtMs: number | null;
  newestRunAtMs: number | null;
}

export interface Counter {
  name: string;
  severity: string;
  sentence: string;
  value: number;
}

/** Where alerts go outside of this machine or to a command on it, by name and host alone. */
export interface AlertSink {
  name: string;
  kind: string;
  target: string;
  minSeverity: string;
  waiting: number;
  delivered: number;
  lost: number;
  deliveredAtMs: number | null;
  lastError: string | null;
}

export interface Health {
  status: string;
  version: string;
  bootId: string;
  startedAtMs: number;
  nowMs: number;
  /** null while the history does not answer. */
  history: HistoryInfo | null;
  writer: { pending: number; failing: boolean; lastError: string | null };
  cost: { cpuRatio: number | null; residentBytes: number | null };
  workers: { total: number; connected: number };
  /** Absent from servers that have no alerts. */
  alerts?: { open: number; sinks: AlertSink[] };
  counters: Counter[];
}

export interface RunPage {
  runs: RunSummary[];
  nextCursor: string | null;
  total: number;
}

export interface RunPatch {
  title?: string;
  tags?: string[];
  notes?: string;
  archived?: boolean;
}
