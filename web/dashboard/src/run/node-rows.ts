import type { NodeComparison, NodeExecution, TimelineAttempt } from '@comfytrace/client';

/** A node of the timeline with what the runs like this one took for it. */
export interface NodeRow {
  node: NodeExecution;
  /** For one execution; null: not known. */
  baselineMs: number | null;
  comparison: NodeComparison | null;
  isLong: boolean;
}

/** Beyond so many rows the short and the cached ones are folded at first. */
export const kMostRows = 40;

/**
 * Rows in the order of the timeline. What a node takes is compared by the run as a whole: where it was executed more than
 * once, the baseline of one execution is the mean.
 */
export function nodeRows(nodes: readonly NodeExecution[], comparisons: readonly NodeComparison[]): NodeRow[] {
  const byNode = new Map(comparisons.map((each) => [each.nodeId, each]));
  const longest = [...nodes].sort((a, b) => (b.durationMs ?? -1) - (a.durationMs ?? -1)).slice(0, kMostRows - 10);
  const long = new Set(longest.filter((node) => (node.durationMs ?? 0) > 0));
  return nodes.map((node) => {
    const comparison = byNode.get(node.nodeId) ?? null;
    const counted = comparison && comparison.executions > 0 && comparison.baselineMedianMs !== null && node.state !== 'cached';
    return {
      node, comparison, baselineMs: counted ? comparison.baselineMedianMs! / comparison.executions : null,
      isLong: long.has(node) || node.state === 'failed' || node.state === 'running' || node.state === 'interrupted',
    };
  });
}

export function shownRows(rows: readonly NodeRow[], unfolded: boolean): { rows: readonly NodeRow[]; folded: number } {
  if (unfolded || rows.length <= kMostRows) return { rows, folded: 0 };
  const kept = rows.filter((row) => row.isLong);
  return { rows: kept, folded: rows.length - kept.length };
}

/** The end of what the attempt shows: its own duration, its last node, or now while it runs. */
export function spanOf(told: TimelineAttempt, nowMs: number): number {
  const open = told.finishedAtMs === null && told.startedAtMs !== null;
  return told.nodes.reduce(
    (most, node) => Math.max(most, (node.startOffsetMs ?? 0) + (node.durationMs ?? 0)),
    Math.max(1, told.durationMs ?? 0, open ? nowMs - told.startedAtMs! : 0),
  );
}

export interface MemoryPoint {
  at: number;
  usedBytes: number;
  totalBytes: number | null;
  utilization: number | null;
}

/** Of the first device that was sampled, from the attempt's start on. */
export function memoryCurve(told: TimelineAttempt): MemoryPoint[] {
  if (told.startedAtMs === null) return [];
  const device = told.samples.find((sample) => sample.vramUsedBytes !== null)?.deviceIndex;
  return told.samples.flatMap((sample) => (sample.deviceIndex !== device || sample.vramUsedBytes === null ? [] : [{
    at: sample.atMs - told.startedAtMs!, usedBytes: sample.vramUsedBytes, utilization: sample.utilizationRatio,
    totalBytes: sample.vramFreeBytes === null ? null : sample.vramUsedBytes + sample.vramFreeBytes,
  }]));
}

/** The sample nearest to a time. */
export function memoryAt(curve: readonly MemoryPoint[], at: number): MemoryPoint | null {
  let best: MemoryPoint | null = null;
  for (const point of curve) if (!best || Math.abs(point.at - at) < Math.abs(best.at - at)) best = point;
  return best;
}

/** The node that ran at a time: of nested ones the innermost, which began last. */
export function nodeAt(nodes: readonly NodeExecution[], at: number): NodeExecution | null {
  let found: NodeExecution | null = null;
  for (const node of nodes) {
    if (node.startOffsetMs === null || node.durationMs === null || at < node.startOffsetMs || at > node.startOffsetMs + node.durationMs) continue;
    if (!found || node.startOffsetMs >= found.startOffsetMs!) found = node;
  }
  return found;
}

export interface ClassTime {
  classType: string;
  /** All executions in an attempt together. */
  byPromptId: Map<string, number>;
}

/** The classes that took most in the run's attempts, for the columns of the scenes. */
export function heaviestClasses(attempts: readonly TimelineAttempt[], most: number): ClassTime[] {
  const totals = new Map<string, number>();
  const byClass = new Map<string, Map<string, number>>();
  for (const attempt of attempts) {
    for (const node of attempt.nodes) {
      if (!node.classType || node.durationMs === null) continue;
      totals.set(node.classType, (totals.get(node.classType) ?? 0) + node.durationMs);
      const mine = byClass.get(node.classType) ?? new Map<string, number>();
      mine.set(attempt.promptId, (mine.get(attempt.promptId) ?? 0) + node.durationMs);
      byClass.set(node.classType, mine);
    }
  }
  return [...totals].sort((a, b) => b[1] - a[1]).slice(0, most).map(([classType]) => ({ classType, byPromptId: byClass.get(classType)! }));
}
