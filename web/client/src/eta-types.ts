import type { Interval, LikeLevel, Verdict } from './insight-types.ts';

// When what is open will be done, and a run against those like it in one line. null means "not known", never 0.

/** `none`: no claim, `reason` says why. `attempts`: the source does not tell nodes, so it rests on whole scenes. */
export type EtaBasis = 'none' | 'nodes' | 'attempts';

export interface Eta {
  basis: EtaBasis;
  /** As likely more as less. */
  remainingMs: number | null;
  /** 80 of 100 end between these. */
  remainingLowMs: number | null;
  remainingHighMs: number | null;
  doneAtMs: number | null;
  /** Like scenes that it rests on. */
  n: number;
  level: LikeLevel | null;
  /** How many more are missing for a claim. */
  needed: number;
  stepsPerSecond: number | null;
  reason: string;
}

export interface SceneEta {
  sceneId: string;
  promptId: string;
  workerId: string;
  eta: Eta;
  startsAtMs: number | null;
}

export interface RunEta {
  runId: string;
  eta: Eta;
  scenes: SceneEta[];
}

export interface QueueEta {
  workerId: string;
  /** Until the queue is empty. */
  eta: Eta;
  scenes: number;
  scenesUnknown: number;
}

/** How often the truth lay within what was predicted. */
export interface EtaScore {
  level: number;
  n: number;
  inside: number;
  sooner: number;
  later: number;
  coverageRate: number | null;
  coverageInterval: Interval | null;
  /** "measured: 78 of 100 inside" */
  sentence: string;
}

export interface EtaReport {
  runs: RunEta[];
  queues: QueueEta[];
  score: EtaScore;
}

export interface RunBaseline {
  runId: string;
  verdict: Verdict;
  deltaRatio: number | null;
  medianMs: number | null;
  /** The middle half of the like runs. */
  lowerMs: number | null;
  upperMs: number | null;
  n: number;
  needed: number;
  /** Durations of the newest like runs before it, oldest first. */
  recentMs: number[];
  sentence: string;
}
