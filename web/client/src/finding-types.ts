import type { AlertSeverity } from './live-types.ts';
import type { LikeLevel, Verdict } from './insight-types.ts';

// What was found without being asked for, and the rules by which it is found. null means "not known", never 0.

export interface Deviation {
  subject: 'run' | 'scene' | 'nodeClass';
  runId: string;
  /** The run's. */
  createdAtMs: number;
  /** Name, else fingerprint. */
  workflow: string;
  sceneId: string;
  classType: string;
  metric: 'durationMs' | 'vramPeakBytes';
  verdict: Verdict;
  value: number;
  baselineMedian: number;
  /** value / median */
  ratio: number;
  /** Adjusted for everything tested at once. */
  pValue: number;
  n: number;
  level: LikeLevel;
  /** Like runs, this one included, that deviate to the same side one after the other. */
  inARow: number;
  persistent: boolean;
  /** Of those in a row, newest first. */
  runIds: string[];
  sentence: string;
}

export interface Deviations {
  deviations: Deviation[];
  /** Looked at. */
  runs: number;
  runsWithoutBaseline: number;
  tests: number;
  sentence: string;
}

export interface RuleThreshold {
  name: string;
  value: number;
  min: number;
  max: number;
  unit: string;
  meaning: string;
}

export interface RecommendationRule {
  rule: string;
  /** When it speaks, a sentence. */
  meaning: string;
  thresholds: RuleThreshold[];
}

export interface AlertThreshold {
  name: string;
  value: number;
  default: number;
  least: number;
  most: number;
  sentence: string;
}

export interface AlertRule {
  name: string;
  sentence: string;
  severity: AlertSeverity;
  enabled: boolean;
  thresholds: AlertThreshold[];
}

/** What became of a test. */
export interface SinkOutcome {
  name: string;
  delivered: boolean;
  error: string | null;
}
