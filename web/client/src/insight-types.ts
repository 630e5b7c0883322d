
// What the questions of statistics, comparison and trend are answered with. null means "not known", never 0.

export interface Interval {
  low: number;
  high: number;
  /** How often it holds the truth, 0 to 1. */
  level: number;
}

export type Verdict = 'better' | 'worse' | 'noEvidence' | 'notEnoughData';
export type Confidence = 'low' | 'medium' | 'high';
export type Metric = 'duration' | 'vramPeak' | 'queueWait' | 'successRate';
/** `ratio`: 1 is "as usual"; `rate`: 0 to 1. */
export type Unit = 'ms' | 'bytes' | 'ratio' | 'rate';
export type LikeLevel = 'executed' | 'warmth' | 'device' | 'models' | 'structure';

// ---- statistics ----

export type GroupBy =
  | 'none' | 'workflow' | 'model' | 'worker' | 'gpu' | 'status' | 'exitReason' | 'comfyuiVersion' | 'story' | 'tag' | 'hour'
  | 'day' | 'week' | 'month' | 'nodeClass';

export interface Distribution {
  n: number;
  min: number | null;
  mean: number | null;
  median: number | null;
  p90: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
  standardDeviation: number | null;
  sum: number;
  exact: boolean;
}

export interface GroupStatistics {
  key: string;
  fromMs: number | null;
  runs: number;
  runsOpen: number;
  runsSucceeded: number;
  runsPartial: number;
  runsFailed: number;
  runsTimedOut: number;
  runsCancelled: number;
  successRate: number | null;
  scenes: number;
  scenesSucceeded: number;
  attempts: number;
  attemptsOutOfMemory: number;
  attemptsTimedOut: number;
  fallbacks: number;
  frames: number;
  executions: number;
  durationMs: Distribution;
  queueWaitMs: Distribution;
  vramPeakBytes: Distribution;
}

export interface Statistics {
  total: GroupStatistics;
  groups: GroupStatistics[];
  groupsLeftOut: number;
}

// ---- comparison of a run with the runs like it ----

export interface NotEqual {
  what: string;
  thisRun: string | null;
  cohort: string;
  nEqual: number;
}

export interface CohortEvidence {
  level: LikeLevel | null;
  n: number;
  needed: number;
  limit: number;
  heldEqual: string[];
  notEqual: NotEqual[];
  runIds: string[];
  fromMs: number | null;
  toMs: number | null;
  sentence: string;
}

export interface MetricComparison {
  metric: Metric;
  unit: Unit;
  verdict: Verdict;
  sentence: string;
  value: number | null;
  baselineMedian: number | null;
  delta: number | null;
  deltaRatio: number | null;
  baselineMedianInterval: Interval | null;
  deltaRatioInterval: Interval | null;
  predictionInterval: Interval | null;
  effectSize: number | null;
  pValue: number | null;
  variation: number | null;
  rank: number;
  n: number;
  needed: number;
}

export interface SceneComparison {
  sceneId: string;
  cohort: CohortEvidence;
  duration: MetricComparison;
}

export interface NodeComparison {
  nodeId: string;
  classType: string;
  title: string;
  verdict: Verdict;
  executions: number;
  durationMs: number;
  baselineMedianMs: number | null;
  deltaMs: number | null;
  deltaRatio: number | null;
  pValue: number | null;
  n: number;
  needed: number;
}

export interface RunComparison {
  runId: string;
  verdict: Verdict;
  sentence: string;
  explanation: string;
  cohort: CohortEvidence;
  duration: MetricComparison;
  vramPeak: MetricComparison;
  queueWait: MetricComparison;
  scenes: SceneComparison[];
  scenesLeftOut: number;
  nodeClasses: NodeComparison[];
  nodes: NodeComparison[];
  nodesMissing: string | null;
}

// ---- trend ----

export type TrendBucket = 'run' | 'day' | 'week';
export type TrendScale = 'plain' | 'cohortRatio' | 'workRatio';

export interface WhatChanged {
  what: string;
  before: string;
  after: string;
  atMs: number;
  explainsRatio: number;
}

export interface TrendStep {
  atMs: number;
  runId: string;
  verdict: Verdict;
  confidence: Confidence;
  beforeMedian: number;
  afterMedian: number;
  size: number;
  sizeInterval: Interval | null;
  pValue: number;
  nBefore: number;
  nAfter: number;
  whatChanged: WhatChanged[];
  sentence: string;
}

export interface TrendSlope {
  verdict: Verdict;
  confidence: Confidence;
  fromMs: number;
  n: number;
  needed: number;
  perDay: number | null;
  ratioPerDay: number | null;
  ratioPerDayInterval: Interval | null;
  pValue: number | null;
  tau: number | null;
  sentence: string;
}

/** Columns of one length, oldest first. */
export interface TrendSeries {
  bucket: TrendBucket;
  unit: Unit;
  scale: TrendScale;
  xMs: number[];
  y: (number | null)[];
  n: number[];
  lower: (number | null)[];
  upper: (number | null)[];
  runIds: string[];
}

export interface Trend {
  metric: Metric;
  verdict: Verdict;
  confidence: Confidence;
  sentence: string;
  runs: number;
  runsJudged: number;
  runsMissing: number;
  runsLeftOut: number;
  cohorts: number;
  scale: TrendScale;
  scaleSentence: string;
  fromMs: number | null;
  toMs: number | null;
  median: number | null;
  variation: number | null;
  smallestStep: number | null;
  steps: TrendStep[];
  slope: TrendSlope;
  series: TrendSeries;
}

// ---- chosen runs side by side ----

export interface TextDifference {
  name: string;
  values: (string | null)[];
  mayExplain: boolean;
}

export interface NumberDifference {
  name: string;
  values: (number | null)[];
  n: number[];
  delta: number | null;
  deltaRatio: number | null;
  deltaRatioInterval: Interval | null;
  pValue: number | null;
  verdict: Verdict;
  needed: number;
}

export interface NodeDifference {
  nodeId: string;
  classType: string;
  title: string;
  durationMs: (number | null)[];
  executions: number[];
  cached: number[];
  deltaMs: number | null;
  deltaRatio: number | null;
  share: number | null;
  deltaMsInterval: Interval | null;
  pValue: number | null;
}

export interface RunDifference {
  runs: { runId: string; title: string; createdAtMs: number; sceneCount: number }[];
  sentence: string;
  likeForLike: boolean;
  notLike: string[];
  outcome: TextDifference[];
  environment: TextDifference[];
  environmentEqual: string[];
  scenes: { sceneIds: (string | null)[]; parameters: TextDifference[]; equal: string[] }[];
  numbers: NumberDifference[];
  nodeClasses: NodeDifference[];
  nodes: NodeDifference[];
  nodesMissing: string | null;
  artifacts: { kind: string; nodeId: string; indexes: (number | null)[]; sceneIds: (string | null)[] }[];
}

// ---- what the program suggests, and what a person keeps ----

export type RecommendationState = 'open' | 'dismissed' | 'deferred' | 'applied' | 'resolved';
export type RecommendationSeverity = 'info' | 'warning' | 'critical';

export interface Recommendation {
  id: string;
  rule: string;
  cause: string;
  severity: RecommendationSeverity;
  message: string;
  suggestedAction: string | null;
  evidenceRunIds: string[];
  /** 0 to 1, from the data. */
  confidence: number;
  state: RecommendationState;
  deferredUntilMs: number | null;
  createdAtMs: number;
}

export interface FilterPreset {
  name: string;
  query: string;
  createdAtMs: number;
}

/** At least one bound. Archived, tagged and open runs never go. */
export interface PruneRule {
  /** An age: runs that were queued longer ago may go. */
  olderThanMs?: number;
  /** The newest so many stay. */
  keep?: number;
  maxBytes?: number;
  /** A filter's query string: only runs that match may go. */
  filter?: string;
  /** True unless it is false: nothing goes. */
  dryRun?: boolean;
}

export interface PruneReport {
  runs: number;
  bytes: number;
  oldestAtMs: number | null;
  newestAtMs: number | null;
  /** Runs that the rule would have taken and that stay all the same. */
  keptOpen?: number;
  keptArchived?: number;
  keptTagged?: number;
}

export type ExportFormat = 'csv' | 'json' | 'ndjson' | 'pdf' | 'perfetto';

