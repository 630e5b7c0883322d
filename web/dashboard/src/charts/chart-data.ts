import type { Trend, Verdict } from '@comfytrace/client';
import { formatCount, formatDay, kGap } from '../format.ts';
import { deltaText, intervalText, kMetricWords, textOf, type AnyUnit } from '../measure.ts';

// What a chart of runs over time shows, in columns. Pure.

export interface ChartSeries {
  unit: AnyUnit;
  /** Epoch milliseconds, ascending. */
  x: readonly number[];
  y: readonly (number | null)[];
  /** 95 % of a bucket's value. */
  lower?: readonly (number | null)[];
  upper?: readonly (number | null)[];
  /** Runs behind a value. */
  n?: readonly number[];
  runIds?: readonly string[];
}

/** A level: the median between two times, with its band. */
export interface ChartSegment {
  fromMs: number;
  toMs: number;
  median: number;
  low?: number | null;
  high?: number | null;
  label?: string;
}

export interface ChartChange {
  atMs: number;
  verdict: Verdict;
  what: string;
  evidence: string;
  because: string;
}

export interface ChartFailure {
  atMs: number;
  word: string;
  runId?: string;
}

export interface ChartLane {
  name: string;
  spans: readonly { fromMs: number; toMs: number; value: string }[];
}

export interface ComparisonChartData {
  series: ChartSeries;
  segments?: readonly ChartSegment[];
  changes?: readonly ChartChange[];
  failures?: readonly ChartFailure[];
  lanes?: readonly ChartLane[];
  /** The run in question, by its place in the series. */
  subject?: number | null;
  /** A line that must not be reached, as the device's memory. */
  limit?: { value: number; word: string } | null;
  /** What the band is: "middle half", "95 %". */
  bandWord?: string;
}

/** More dots than this say no more, and cost frames: they are drawn as bins. */
export const kMostDots = 2_000;

export interface Bins {
  x: number[];
  low: (number | null)[];
  median: (number | null)[];
  high: (number | null)[];
  n: number[];
}

/** Median and middle half of each stretch of time, `count` stretches; empty ones are left out. */
export function binned(x: readonly number[], y: readonly (number | null)[], count: number): Bins {
  const bins: Bins = { x: [], low: [], median: [], high: [], n: [] };
  const from = x[0] ?? 0;
  const width = Math.max(1, ((x.at(-1) ?? 0) - from) / count);
  let values: number[] = [];
  let bin = 0;
  const close = () => {
    if (values.length === 0) return;
    values.sort((a, b) => a - b);
    bins.x.push(from + (bin + 0.5) * width);
    bins.low.push(quantile(values, 0.25));
    bins.median.push(quantile(values, 0.5));
    bins.high.push(quantile(values, 0.75));
    bins.n.push(values.length);
    values = [];
  };
  x.forEach((at, index) => {
    const value = y[index];
    if (value === null || value === undefined) return;
    const mine = Math.min(count - 1, Math.floor((at - from) / width));
    if (mine !== bin) {
      close();
      bin = mine;
    }
    values.push(value);
  });
  close();
  return bins;
}

/** Of sorted values, between neighbours. */
export function quantile(sorted: readonly number[], p: number): number {
  const at = (sorted.length - 1) * p;
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at));
}

/** Fewer values have no bulk that others could lie far beyond. */
const kBulkLeast = 40;

/** Where the scale ends: one run that took ten times as long must not press all others, and a step among them, into a line. */
function scaleTop(data: ComparisonChartData): number {
  const { series, subject } = data;
  const values = series.y.filter((value): value is number => value !== null).sort((a, b) => a - b);
  if (values.length < kBulkLeast || series.lower) return Number.POSITIVE_INFINITY;
  const high = quantile(values, 0.98);
  const spread = Math.max(high - quantile(values, 0.02), Math.abs(high) * 0.1);
  if (values.at(-1)! <= high + 3 * spread) return Number.POSITIVE_INFINITY;
  return Math.max(high + spread, (subject ?? null) === null ? 0 : (series.y[subject!] ?? 0));
}

/** How many values lie above what the chart shows. */
export function countBeyond(data: ComparisonChartData): number {
  const top = scaleTop(data);
  return top === Number.POSITIVE_INFINITY ? 0 : data.series.y.filter((value) => value !== null && value > top).length;
}

/** The stretch of time that is shown, in seconds: with a little room, and about a single value its day. uPlot itself gives a single one years. */
export function timeRange(count: number, min: number, max: number): [number, number] {
  if (count <= 1 || max <= min) return [min - 43_200, min + 43_200];
  return [min - (max - min) * 0.012, max + (max - min) * 0.012];
}

/** As wide as the words beside the axis are: `13.13 GiB` must not lose its first digit. */
export function axisWidth(words: readonly (string | null)[] | null, full: boolean): number {
  const longest = (words ?? []).reduce((most, word) => Math.max(most, word?.length ?? 0), 0);
  return Math.max(full ? 62 : 54, Math.ceil(14 + longest * 6.3));
}

/** Lowest and highest of what is drawn, with room, from 0 where `zero` asks for it. */
export function yRange(data: ComparisonChartData, zero: boolean): [number, number] {
  const { series, segments = [], limit } = data;
  const top = scaleTop(data);
  const all = [series.y.filter((value) => value === null || value <= top), series.lower ?? [], series.upper ?? [], segments.flatMap((each) => [each.median, each.low ?? null, each.high ?? null]), [limit?.value ?? null]].flat().filter((value): value is number => value !== null && Number.isFinite(value));
  if (all.length === 0) return [0, 1];
  let low = all.reduce((a, b) => Math.min(a, b));
  let high = all.reduce((a, b) => Math.max(a, b));
  if (series.unit === 'rate') return [Math.max(0, Math.min(low - 0.05, 0.9)), 1];
  if (zero) low = 0;
  const room = (high - low || Math.abs(high) || 1) * 0.12;
  if (!zero) low = Math.max(low >= 0 ? 0 : Number.NEGATIVE_INFINITY, low - room);
  high += room;
  return [low, high];
}

/** What the chart says to those who do not see it. */
export function chartSentence(title: string, data: ComparisonChartData, nowMs: number): string {
  const { series, changes = [], failures = [] } = data;
  const values = series.y.filter((value): value is number => value !== null).sort((a, b) => a - b);
  if (values.length === 0) return `${title}: no values`;
  const words = [
    `${title} of ${formatCount(values.length)} ${series.runIds ? 'runs' : 'points'}, ${formatDay(series.x[0]!, nowMs)} to ${formatDay(series.x.at(-1)!, nowMs)}`,
    `median ${textOf(quantile(values, 0.5), series.unit)}`,
    `${textOf(values[0]!, series.unit)} to ${textOf(values.at(-1)!, series.unit)}`,
    ...changes.map((change) => change.what),
    failures.length > 0 ? `${formatCount(failures.length)} failed` : '',
  ];
  return words.filter(Boolean).join('; ');
}

/** One value of the series in words, for the tooltip and the keyboard. */
export function valueWords(series: ChartSeries, at: number): { value: string; interval: string | null; n: string | null } {
  const value = textOf(series.y[at], series.unit) ?? 'no value';
  const low = series.lower?.[at];
  const high = series.upper?.[at];
  const interval = low !== null && low !== undefined && high !== null && high !== undefined ? intervalText({ low, high, level: 0.95 }, series.unit) : null;
  const n = series.n?.[at];
  return { value, interval, n: n === undefined || n <= 1 ? null : `n${kGap}${formatCount(n)}` };
}

/** The chart of what `/trends` answers. Ratios are shown as such; the steps cut the levels. */
export function chartOfTrend(trend: Trend, nowMs: number): ComparisonChartData {
  const unit: AnyUnit = trend.series.unit === 'bytes' ? 'memory' : trend.series.unit;
  const { xMs } = trend.series;
  const series: ChartSeries = {
    unit, x: xMs, y: trend.series.y, n: trend.series.n,
    ...(trend.series.runIds.length > 0 ? { runIds: trend.series.runIds } : {}),
    ...(trend.series.lower.some((value) => value !== null) ? { lower: trend.series.lower, upper: trend.series.upper } : {}),
  };
  const cuts = [xMs[0] ?? 0, ...trend.steps.map((step) => step.atMs), (xMs.at(-1) ?? 0) + 1];
  const segments = xMs.length === 0 ? [] : cuts.slice(0, -1).flatMap((fromMs, at): ChartSegment[] => {
    const toMs = cuts[at + 1]!;
    const values = xMs.flatMap((x, index) => (x >= fromMs && x < toMs && trend.series.y[index] !== null ? [trend.series.y[index]!] : [])).sort((a, b) => a - b);
    if (values.length === 0) return [];
    const median = quantile(values, 0.5);
    return [{ fromMs, toMs: toMs - 1, median, low: quantile(values, 0.05), high: quantile(values, 0.95), label: `median ${textOf(median, unit)}` }];
  });
  const changes = trend.steps.map((step): ChartChange => ({
    atMs: step.atMs, verdict: step.verdict,
    what: `${formatDay(step.atMs, nowMs)}: ${deltaText(step.size, 'ratio')}`,
    evidence: [intervalText(step.sizeInterval, 'ratio'), `n ${step.nBefore} and ${step.nAfter}`, `confidence ${step.confidence}`].filter(Boolean).join(', '),
    because: step.whatChanged.length > 0 ? step.whatChanged.map((each) => `${each.what} ${each.before} to ${each.after}`).join(', ') : 'nothing that is recorded changed there',
  }));
  return { series, segments, changes, bandWord: '90 % of runs' };
}

export function metricUnit(trend: Trend): AnyUnit {
  return trend.scale === 'plain' ? kMetricWords[trend.metric].unit : 'ratio';
}

const kSecond = 1_000;
const kMinute = 60 * kSecond;
const kHour = 60 * kMinute;

/** Steps between grid lines that read well in the unit. */
export function gridSteps(unit: AnyUnit): number[] {
  const decimal = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => [1, 2, 5].map((by) => by * 10 ** (from + at))).flat();
  if (unit === 'ms') return [...decimal(0, 2), ...[1, 2, 5, 10, 15, 20, 30].map((by) => by * kSecond), ...[1, 2, 5, 10, 15, 20, 30].map((by) => by * kMinute), ...[1, 2, 4, 6, 12, 24, 48, 96, 240].map((by) => by * kHour)];
  if (unit === 'memory' || unit === 'bytes') return [...[10, 20, 30].map((power) => [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((by) => by * 2 ** power))].flat();
  return decimal(-4, 9).map((step) => Number(step.toPrecision(3)));
}

/** Grid labels: the largest carries the unit. */
export function gridWords(values: readonly number[], unit: AnyUnit): string[] {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  const [scale, word] = unit === 'ms' ? (most >= 2 * kHour ? [kHour, 'h'] : most >= 2 * kMinute ? [kMinute, 'min'] : most >= kSecond ? [kSecond, 's'] : [1, 'ms'])
    : unit === 'memory' || unit === 'bytes' ? (most >= 2 ** 30 ? [2 ** 30, 'GiB'] : [2 ** 20, 'MiB'])
      : unit === 'rate' || unit === 'ratio' ? [0.01, '%'] : unit === 'percent' ? [1, '%'] : [1, ''];
  return values.map((value, at) => {
    const text = String(Math.round((value / scale) * 100) / 100).replace('-', '\u2212');
    return at === values.length - 1 && word ? `${text}${kGap}${word}` : text;
  });
}
