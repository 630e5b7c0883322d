import type { components, operations } from './openapi.gen.ts';

// Short names of the shapes that the server's OpenAPI document gives. Their fields are described in docs/api.md. Times are epoch
// milliseconds, durations milliseconds, memory bytes, ratios 0 to 1. null means "not known", never 0.
// What is not in that document is written by hand: the live stream in live-types.ts, filters in run-filter.ts, exports below.

type Schemas = components['schemas'];
type QueryOf<Operation extends keyof operations> = NonNullable<operations[Operation]['parameters']['query']>;

// ---- words ----

export type Status = Schemas['Status'];
export type ExitReason = Schemas['ExitReason'];
export type Origin = Schemas['Origin'];
export type TimeSource = Schemas['TimeSource'];
export type NodeState = Schemas['NodeState'];
export type MediaKind = Schemas['MediaKind'];
export type ConnectionState = Schemas['ConnectionState'];
export type CaptureSource = Schemas['CaptureSource'];
export type Verdict = Schemas['Verdict'];
export type Confidence = Schemas['Confidence'];
export type LikeLevel = Schemas['LikeLevel'];
/** `ratio`: 1 is "as usual"; `rate`: 0 to 1. */
export type Unit = Schemas['Unit'];
export type Metric = Schemas['Metric'];
export type GroupBy = NonNullable<QueryOf<'getStatistics'>['groupBy']>;
export type RunSort = NonNullable<QueryOf<'listRuns'>['sort']>;

// A word that the document has and the list has not, or the other way, does not compile.
const kStatuses: Record<Status, true> = {
  queued: true, executing: true, success: true, failed: true, timeout: true, cancelled: true, skipped: true, partial: true,
};
const kExitReasons: Record<ExitReason, true> = {
  success: true, maxWait: true, attemptLimit: true, postExecution: true, executionError: true, outOfMemory: true, validationError: true,
  interrupted: true, deleted: true, workerLost: true, unknown: true,
};
export const allStatuses = Object.keys(kStatuses) as readonly Status[];
export const allExitReasons = Object.keys(kExitReasons) as readonly ExitReason[];

export function isOpen(status: Status): boolean {
  return status === 'queued' || status === 'executing';
}

// ---- runs ----

export type RunPage = Schemas['RunPage'];
export type RunSummary = Schemas['RunSummary'];
export type Run = Schemas['RunDetail'];
export type RunPatch = Schemas['RunPatch'];
export type Scene = Schemas['Scene'];
export type Parameters = Schemas['Parameters'];
export type Lora = Schemas['Lora'];
/** What an attempt ran on, as the worker told it then; texts are empty where it did not. */
export type AttemptEnvironment = Schemas['AttemptEnvironment'];
export type Attempt = Schemas['Attempt'];
export type Explanation = Schemas['Explanation'];
export type Failure = Schemas['Failure'];
export type ValidationError = Schemas['ValidationError'];
export type QueuePolicy = Schemas['QueuePolicy'];
export type Artifact = Schemas['Artifact'];
/** An artifact with its place in the run; `url` is relative to the server, null for a file that has no name. */
export type RunArtifact = Schemas['ListedArtifact'];
export type Timeline = Schemas['Timeline'];
export type TimelineAttempt = Schemas['TimelineAttempt'];
/** `vramPeakBytes`: the most that torch had allocated while the node ran, by it or beside it. Only the extension tells it. */
export type NodeExecution = Schemas['NodeExecution'];
export type DeviceSample = Schemas['DeviceSample'];

// ---- workers, and the server itself ----

export type Worker = Schemas['Worker'];
export type WorkerState = Schemas['WorkerState'];
export type Device = Schemas['Device'];
export type Connection = Schemas['Connection'];
/** The extension inside a ComfyUI, as it tells of itself. Counts and costs are of this life of ComfyUI. */
export type ExtensionInfo = Schemas['ExtensionInfo'];
/** What the extension listens to and this ComfyUI does not have. */
export type SkippedTap = Schemas['SkippedTap'];
/** `history` is null while it does not answer. */
export type Health = Schemas['Health'];
export type HistoryInfo = Schemas['HistoryInfo'];
export type Counter = Schemas['CounterValue'];
/** How the server was started. A bound of `retention` that is null is off. */
export type Setup = Schemas['Setup'];
export type Retention = Schemas['Retention'];

// ---- statistics ----

export type Statistics = Schemas['Statistics'];
export type GroupStatistics = Schemas['GroupStatistics'];
export type Distribution = Schemas['Distribution'];
/** `level`: how often it holds the truth, 0 to 1. */
export type Interval = Schemas['Interval'];

// ---- a run and the runs like it ----

export type RunComparison = Schemas['RunComparison'];
export type CohortEvidence = Schemas['CohortEvidence'];
export type NotEqual = Schemas['NotEqual'];
export type MetricComparison = Schemas['MetricComparison'];
export type SceneComparison = Schemas['SceneComparison'];
export type NodeComparison = Schemas['NodeComparison'];
/** `lowerMs` to `upperMs`: the middle half of the like runs; `recentMs`: the newest of them, oldest first. */
export type RunBaseline = Schemas['RunBaseline'];

// ---- trend ----

export type Trend = Schemas['Trend'];
export type TrendBucket = Schemas['TrendBucket'];
export type TrendScale = Schemas['TrendScale'];
/** Columns of one length, oldest first. */
export type TrendSeries = Schemas['TrendSeries'];
export type TrendStep = Schemas['TrendStep'];
export type TrendSlope = Schemas['TrendSlope'];
export type WhatChanged = Schemas['WhatChanged'];

// ---- chosen runs side by side ----

export type RunDifference = Schemas['RunDifference'];
export type TextDifference = Schemas['TextDifference'];
export type NumberDifference = Schemas['NumberDifference'];
export type NodeDifference = Schemas['NodeDifference'];
export type SceneDifference = Schemas['SceneDifference'];

// ---- when what is open will be done ----

export type EtaReport = Schemas['EtaReport'];
/** 80 of 100 end between `remainingLowMs` and `remainingHighMs`; `needed`: like scenes missing for a claim. */
export type Eta = Schemas['Eta'];
/** `none`: no claim, `reason` says why. `attempts`: the source does not tell nodes, so it rests on whole scenes. */
export type EtaBasis = Schemas['EtaBasis'];
export type RunEta = Schemas['RunEta'];
export type SceneEta = Schemas['SceneEta'];
export type QueueEta = Schemas['QueueEta'];
/** How often the truth lay within what was predicted. */
export type EtaScore = Schemas['EtaScore'];

// ---- what the program finds and suggests ----

export type Recommendation = Schemas['Recommendation'];
export type RecommendationState = Schemas['RecommendationState'];
export type RecommendationSeverity = Schemas['RecommendationSeverity'];
export type RecommendationRule = Schemas['RecommendationRule'];
export type RuleThreshold = Schemas['RuleThreshold'];
export type Deviations = Schemas['Deviations'];
/** `pValue`: adjusted for everything tested at once; `inARow`: like runs, this one included, that deviate to the same side. */
export type Deviation = Schemas['Deviation'];
/** `evidence`: what was seen when it was raised, with units in the names; `heldBack`: by quiet hours, and still to be told. */
export type Alert = Schemas['Alert'];
export type AlertSeverity = Schemas['AlertSeverity'];
export type AlertRule = Schemas['AlertRule'];
export type AlertThreshold = Schemas['AlertThreshold'];
/** Where alerts go outside of this machine or to a command on it, by name and host alone. */
export type AlertSink = Schemas['SinkState'];
/** What became of a test. */
export type SinkOutcome = Schemas['SinkOutcome'];

// ---- what a person keeps, and cleans up ----

export type FilterPreset = Schemas['FilterPreset'];
/** At least one bound. Archived, tagged and open runs never go, and nothing at all unless `dryRun` is false. */
export type PruneRule = Schemas['PruneRequest'];
export type PruneReport = Schemas['PruneAnswer'];

/** Not in the OpenAPI document: an export is not JSON. */
export type ExportFormat = 'csv' | 'json' | 'ndjson' | 'pdf' | 'perfetto';
