import type { Run, RunSummary } from '@comfytrace/client';
import { quantile, type ComparisonChartData } from '../charts/chart-data.ts';
import type { AnyUnit } from '../measure.ts';

export const kMostLike = 24;

/** The newest like runs, oldest first, and the run in question at the end, over the middle half of those drawn. */
export function likeChart(runs: readonly RunSummary[], run: Run, of: 'durationMs' | 'vramPeakBytes', value: number | null, unit: AnyUnit): ComparisonChartData {
  const shown = runs.filter((each) => each[of] !== null && each.runId !== run.runId).sort((a, b) => a.createdAtMs - b.createdAtMs).slice(-kMostLike);
  const sorted = shown.map((each) => each[of]!).sort((a, b) => a - b);
  const x = [...shown.map((each) => each.createdAtMs), run.createdAtMs];
  return {
    series: { unit, x, y: [...shown.map((each) => each[of]), value], runIds: [...shown.map((each) => each.runId), run.runId] },
    subject: value === null ? null : shown.length, bandWord: 'middle half',
    segments: sorted.length === 0 ? [] : [{ fromMs: x[0]!, toMs: x.at(-1)!, median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) }],
  };
}
