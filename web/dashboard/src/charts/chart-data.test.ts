import { expect, it } from 'vitest';
import { trend } from '../gallery/samples.ts';
import { deltaText, intervalText, rangeText, textOf } from '../measure.ts';
import { axisWidth, binned, chartOfTrend, chartSentence, countBeyond, gridWords, quantile, timeRange, yRange } from './chart-data.ts';

const plain = (text: string | null) => text?.replace(/[\u202f\u00a0]/g, ' ') ?? null;

it('bins keep medians and middle halves, and lose no run', () => {
  const x = Array.from({ length: 5_000 }, (_, at) => at);
  const bins = binned(x, x.map((at) => (at % 10 === 0 ? null : at % 10)), 50);
  expect(bins.n.reduce((sum, n) => sum + n, 0)).toBe(4_500);
  expect(bins.median.every((value) => value === 5)).toBe(true);
  expect([bins.low[7], bins.high[7]]).toEqual([3, 7]);
});

it('a quantile lies between its neighbours', () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
  expect(quantile([7], 0.9)).toBe(7);
});

it('levels of a trend are cut at its steps, each with the median of its own runs', () => {
  const series = { ...trend.series, xMs: [0, 1, 2, 10, 11, 12], y: [100, 100, 100, 200, 200, null], n: [1, 1, 1, 1, 1, 1], runIds: ['a', 'b', 'c', 'd', 'e', 'f'] };
  const chart = chartOfTrend({ ...trend, series, steps: [{ ...trend.steps[0]!, atMs: 10 }] }, 0);
  expect(chart.segments!.map((each) => [each.fromMs, each.median])).toEqual([[0, 100], [10, 200]]);
  expect(chartSentence('Duration', chart, 0)).toContain('Duration of 5 runs');
  expect(chart.changes![0]!.because).toBe('nothing that is recorded changed there');
});

it('a range holds what is drawn; a rate ends at 1, a bar begins at 0', () => {
  const data = (unit: 'ms' | 'rate', y: number[]) => ({ series: { unit, x: y.map((_, at) => at), y } });
  expect(yRange(data('rate', [0.95]), false)[1]).toBe(1);
  expect(yRange(data('ms', [10, 20]), true)[0]).toBe(0);
  expect(yRange({ ...data('ms', [10]), limit: { value: 50, word: '' } }, false)[1]).toBeGreaterThan(50);
  expect(yRange(data('ms', []), false)).toEqual([0, 1]);
});

it('a scale ends before a run that lies far beyond all others, which is counted; the run in question is always within', () => {
  const y = Array.from({ length: 60 }, (_, at) => (at < 30 ? 80 : 100) + (at % 5));
  const data = { series: { unit: 'ms' as const, x: [...y.keys(), 60], y: [...y, 900] } };
  expect(yRange(data, false)[1]).toBeLessThan(200);
  expect(countBeyond(data)).toBe(1);
  expect(yRange({ ...data, subject: 60 }, false)[1]).toBeGreaterThan(900);
  expect(countBeyond({ series: { unit: 'ms', x: [...y.keys()], y } })).toBe(0);
});

it('the largest grid label carries the unit', () => {
  expect(gridWords([1_680_000, 1_800_000], 'ms').map(plain)).toEqual(['28', '30 min']);
  expect(gridWords([22 * 2 ** 30, 24 * 2 ** 30], 'memory').map(plain)).toEqual(['22', '24 GiB']);
});

it('numbers say their unit once, their sign truly, and never round something to nothing', () => {
  expect(plain(rangeText(0.14, 0.22, 'ratio'))).toBe('14 to 22 %');
  expect(plain(rangeText(29_000, 64_000, 'ms'))).toBe('29 s to 1m 04s');
  expect(plain(deltaText(-0.06, 'ratio'))).toBe('\u22126 %');
  expect(plain(deltaText(0.18, 'ratio'))).toBe('+18 %');
  expect(plain(deltaText(0, 'ratio'))).toBe('0 %');
  expect(plain(textOf(0.9999, 'rate'))).toBe('99.9 %');
  expect(plain(textOf(0.00001, 'rate'))).toBe('< 0.01 %');
  expect(textOf(null, 'ms')).toBeNull();
  expect(plain(intervalText({ low: 0.952, high: 0.973, level: 0.95 }, 'rate'))).toBe('95 % 95.2 to 97.3 %');
});

it('a single value has its day about it, not years, and an axis is as wide as its words', () => {
  expect(timeRange(1, 1_000_000, 1_000_000 + 86_400_000)).toEqual([956_800, 1_043_200]);
  expect(timeRange(5, 0, 1000)).toEqual([-12, 1012]);
  expect(axisWidth(['15 s', '16 s'], false)).toBe(54);
  expect(axisWidth(['13.13 GiB', '13.09'], false)).toBeGreaterThan(54);
  expect(axisWidth(null, true)).toBe(62);
});
