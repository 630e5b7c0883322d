import type { GroupStatistics, Statistics } from '@comfytrace/client';

// What the panels beside the trend show of groups. Pure.

export interface NodeShare {
  classType: string;
  totalMs: number;
  /** Of the executed time of all classes, 0 to 1. */
  share: number;
  /** What it takes in a run. */
  medianMs: number | null;
  runs: number;
  /** Of the median, since a step; null: not asked, or too few runs on a side. */
  change: number | null;
}

const kNeeded = 5;

/** Where the executed time goes, most first. */
export function nodeShares(statistics: Statistics, around?: { before: Statistics; after: Statistics } | null): NodeShare[] {
  const known = statistics.groups.filter((group) => group.key !== '' && group.durationMs.sum > 0);
  const total = known.reduce((sum, group) => sum + group.durationMs.sum, 0);
  const median = (one: Statistics | undefined, key: string) => {
    const group = one?.groups.find((each) => each.key === key);
    return group && group.durationMs.n >= kNeeded ? group.durationMs.median : null;
  };
  return known.sort((a, b) => b.durationMs.sum - a.durationMs.sum).map((group) => {
    const before = median(around?.before, group.key);
    const after = median(around?.after, group.key);
    return {
      classType: group.key, totalMs: group.durationMs.sum, share: total > 0 ? group.durationMs.sum / total : 0, medianMs: group.durationMs.median, runs: group.runs,
      change: before !== null && before > 0 && after !== null ? after / before - 1 : null,
    };
  });
}

export interface FailureShare {
  reason: string;
  runs: number;
  /** Of all that did not succeed. */
  share: number;
  /** With all larger ones. */
  cumulative: number;
}

/** What a person took back is no failure. */
const kTakenBack = ['interrupted', 'deleted'];

export function takenBack(statistics: Statistics): number {
  return statistics.groups.filter((group) => kTakenBack.includes(group.key)).reduce((sum, group) => sum + group.runs, 0);
}

/** Why runs did not succeed, most first, with the share that the first few make together. */
export function failureShares(statistics: Statistics): FailureShare[] {
  const failed = statistics.groups.filter((group) => !['success', '', ...kTakenBack].includes(group.key) && group.runs > 0).sort((a, b) => b.runs - a.runs);
  const total = failed.reduce((sum, group) => sum + group.runs, 0);
  let sum = 0;
  return failed.map((group) => {
    sum += group.runs;
    return { reason: group.key, runs: group.runs, share: group.runs / total, cumulative: sum / total };
  });
}

export interface WorkflowTime {
  key: string;
  ms: number;
  runs: number;
  /** Of how many workflows these numbers are; 1 as a rule. */
  of: number;
}

/** GPU time by workflow, most first; those beyond `most` together. */
export function workflowTimes(statistics: Statistics, most = 6): WorkflowTime[] {
  const timed = (group: GroupStatistics): WorkflowTime => ({ key: group.key, ms: group.durationMs.sum, runs: group.runs, of: 1 });
  const all = statistics.groups.filter((group) => group.durationMs.sum > 0).map(timed).sort((a, b) => b.ms - a.ms);
  if (all.length <= most && statistics.groupsLeftOut === 0) return all;
  const first = all.slice(0, most - 1);
  const others = all.slice(most - 1);
  const ms = statistics.total.durationMs.sum - first.reduce((sum, each) => sum + each.ms, 0);
  const runs = statistics.total.runs - first.reduce((sum, each) => sum + each.runs, 0);
  return [...first, { key: '', ms, runs, of: others.length + statistics.groupsLeftOut }];
}
