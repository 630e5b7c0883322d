import type { Metric, Trend, TrendStep } from '@comfytrace/client';
import { chartOfTrend, type ComparisonChartData } from '../charts/chart-data.ts';
import { formatDay } from '../format.ts';
import { textOf } from '../measure.ts';

const kDirections: Record<Metric, readonly [less: string, more: string]> = {
  duration: ['faster', 'slower'], vramPeak: ['less', 'more'], queueWait: ['shorter', 'longer'], successRate: ['lower', 'higher'],
};

/** `16 Nov: 18 % slower`. Sizes of rates and waits are differences, the others ratios. */
export function stepTitle(step: TrendStep, metric: Metric, nowMs: number): string {
  const unit = metric === 'queueWait' ? 'ms' : 'ratio';
  const [less, more] = kDirections[metric];
  return `${formatDay(step.atMs, nowMs)}: ${textOf(Math.abs(step.size), unit)} ${step.size < 0 ? less : more}`;
}

/** The chart of a trend, with its steps in words. */
export function trendChart(trend: Trend, nowMs: number): ComparisonChartData {
  const chart = chartOfTrend(trend, nowMs);
  return { ...chart, bandWord: `90 % of ${trend.series.bucket}s`, changes: chart.changes?.map((change, at) => ({ ...change, what: stepTitle(trend.steps[at]!, trend.metric, nowMs) })) };
}
