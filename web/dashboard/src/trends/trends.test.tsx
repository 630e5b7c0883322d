import type { GroupStatistics, Statistics, Trend, TrendStep } from '@comfytrace/client';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { forgetPrefs, putPref } from '../prefs.ts';
import { health, hello, openPage, page, snapshot, summary, worker } from '../test-kit.tsx';
import { changeLanes, versionLane, windowsOf } from './environment-lanes.ts';
import { failureShares, nodeShares, takenBack, workflowTimes } from './shares.ts';
import { stepTitle } from './trend-chart.ts';
import { pathOf, questionOf, runsPathOf } from './trend-question.ts';
import { aboutOf, absenceOf, joined } from './trends-view.tsx';

const kDay = 86_400_000;
const times = (n: number, sum: number, median: number | null = n > 0 ? sum / n : null) => ({ n, min: null, mean: null, median, p90: null, p95: null, p99: null, max: null, standardDeviation: null, sum, exact: true });
const group = (key: string, runs: number, sum: number, median?: number): GroupStatistics => ({
  key, fromMs: null, runs, runsOpen: 0, runsSucceeded: runs, runsPartial: 0, runsFailed: 0, runsTimedOut: 0, runsCancelled: 0, successRate: 1, scenes: runs, scenesSucceeded: runs, attempts: runs, attemptsOutOfMemory: 0, attemptsTimedOut: 0,
  fallbacks: 0, frames: 0, executions: 0, durationMs: times(runs, sum, median), queueWaitMs: times(0, 0), vramPeakBytes: times(0, 0),
});
const statistics = (groups: GroupStatistics[], groupsLeftOut = 0): Statistics => ({ total: group('', groups.reduce((sum, each) => sum + each.runs, 0), groups.reduce((sum, each) => sum + each.durationMs.sum, 0)), groups, groupsLeftOut });

const change = { what: 'ComfyUI version', before: '0.3.60', after: '0.3.64', atMs: 25, explainsRatio: 1 };
const step = (more: Partial<TrendStep> = {}): TrendStep => ({ atMs: 10 * kDay, runId: 'r5', verdict: 'worse', confidence: 'high', beforeMedian: 100, afterMedian: 118, size: 0.18, sizeInterval: { low: 0.14, high: 0.22, level: 0.95 }, pValue: 0.001, nBefore: 20, nAfter: 14, whatChanged: [], sentence: '18 % slower', ...more });
const trend = (more: Partial<Trend> = {}): Trend => ({
  metric: 'duration', verdict: 'worse', confidence: 'high', sentence: '18 % slower since 11 Jan', runs: 40, runsJudged: 34, runsMissing: 2, runsLeftOut: 4, cohorts: 1, scale: 'plain', scaleSentence: 'All of one kind', fromMs: 0, toMs: 20 * kDay, median: 118_000, variation: 0.012, smallestStep: 0.016, steps: [step()],
  slope: { verdict: 'noEvidence', confidence: 'low', fromMs: 0, n: 14, needed: 0, perDay: null, ratioPerDay: null, ratioPerDayInterval: null, pValue: null, tau: null, sentence: 'No evidence of a drift' },
  series: { bucket: 'run', unit: 'ms', scale: 'plain', xMs: [0, 10 * kDay, 20 * kDay], y: [100_000, 118_000, 117_000], n: [1, 1, 1], lower: [null, null, null], upper: [null, null, null], runIds: ['r1', 'r5', 'r9'] }, ...more,
});

describe('the address of Trends', () => {
  it('holds filter, measure and comparison, and leaves out what is usual', () => {
    expect(questionOf('workflow=a&metric=vramPeak&likeForLike=false')).toEqual({ filter: { workflow: ['a'] }, metric: 'vramPeak', likeForLike: false });
    expect(pathOf(questionOf('workflow=a&metric=vramPeak&likeForLike=false'))).toBe('/trends?workflow=a&metric=vramPeak&likeForLike=false');
    expect(pathOf(questionOf('metric=duration'))).toBe('/trends');
    expect(questionOf('metric=colour').metric).toBe('duration');
    expect(runsPathOf({ model: ['m'] }, { exitReason: ['outOfMemory'] })).toBe('/runs?exitReason=outOfMemory&model=m');
  });
});

describe('environment lanes', () => {
  const seen = (...versions: string[][]) => windowsOf(0, 40, 4).map((window, at) => ({ ...window, versions: versions[at] ?? [] }));
  it('join stretches of one version, and pass over those without a run', () => {
    expect(versionLane(seen(['a'], [], ['a'], ['b']), [])).toEqual({ name: 'ComfyUI', spans: [{ fromMs: 0, toMs: 30, value: 'a' }, { fromMs: 30, toMs: 40, value: 'b' }] });
    expect(versionLane(seen(), [])).toBeNull();
  });
  it('put the switch where the step tells it', () => {
    expect(versionLane(seen(['0.3.60'], ['0.3.60'], ['0.3.64', '0.3.60'], ['0.3.64']), [change])?.spans).toEqual([{ fromMs: 0, toMs: 25, value: '0.3.60' }, { fromMs: 25, toMs: 40, value: '0.3.64' }]);
  });
  it('say that both ran where no step tells the moment', () => {
    expect(versionLane(seen(['a'], ['a', 'b'], ['b'], ['b']), [])?.spans.map((span) => span.value)).toEqual(['a', 'a, b', 'b']);
  });
  it('show of other things only what switched for nearly all runs', () => {
    const torch = { what: 'PyTorch version', before: '2.7', after: '2.8', atMs: 20, explainsRatio: 0.97 };
    const lanes = changeLanes([step({ whatChanged: [torch, { ...torch, what: 'GPU', explainsRatio: 0.6 }, { ...torch, what: 'cached nodes' }] })], 0, 40);
    expect(lanes).toEqual([{ name: 'torch', spans: [{ fromMs: 0, toMs: 20, value: '2.7' }, { fromMs: 20, toMs: 40, value: '2.8' }] }]);
  });
});

describe('words of a trend', () => {
  it('name the direction, not only the number', () => {
    expect(stepTitle(step(), 'duration', 0)).toMatch(/18.% slower$/);
    expect(stepTitle(step({ size: -0.109 }), 'duration', 0)).toMatch(/11.% faster$/);
    expect(stepTitle(step({ size: 4000 }), 'queueWait', 0)).toMatch(/4\.0.s longer$/);
  });
  it('say on what it rests and how small a step would show', () => {
    expect(aboutOf(trend())).toMatch(/^34.runs of 40; noise: CV 1\.2.%; smallest step to be seen: 1\.6.% within 8.runs$/);
  });
  it('tell nothing found from nothing known from too few', () => {
    const bare = { ...trend().series, xMs: [], y: [], n: [] };
    expect(absenceOf(trend({ runs: 0, series: bare }))).toMatchObject({ is: 'empty', title: 'No run matches' });
    expect(absenceOf(trend({ metric: 'vramPeak', runsJudged: 0, runsMissing: 9, series: bare }))).toMatchObject({ is: 'empty', title: 'No VRAM peak known' });
    expect(absenceOf(trend({ runs: 3, runsJudged: 3, runsMissing: 0, series: bare, slope: { ...trend().slope, needed: 5 } }))).toMatchObject({ is: 'notEnough', have: expect.stringMatching(/3 of 8/) });
    expect(absenceOf(trend())).toBeNull();
  });
  it('end with a full stop and come once', () => {
    expect(joined(['a', 'b.', null, 'a'])).toBe('a. b.');
  });
});

describe('shares', () => {
  it('count what a person took back not as failures', () => {
    const reasons = statistics([group('success', 90, 0), group('interrupted', 20, 0), group('outOfMemory', 6, 0), group('maxWait', 2, 0)]);
    expect(failureShares(reasons)).toEqual([{ reason: 'outOfMemory', runs: 6, share: 0.75, cumulative: 0.75 }, { reason: 'maxWait', runs: 2, share: 0.25, cumulative: 1 }]);
    expect(takenBack(reasons)).toBe(20);
  });
  it('tell a change of a class only where both sides have runs enough', () => {
    const all = statistics([group('KSampler', 20, 3000, 150), group('VAEDecode', 20, 1000, 50)]);
    const before = statistics([group('KSampler', 10, 1000, 100), group('VAEDecode', 4, 200, 50)]);
    const after = statistics([group('KSampler', 10, 2000, 200), group('VAEDecode', 10, 800, 80)]);
    expect(nodeShares(all, { before, after }).map((each) => [each.classType, each.share, each.change])).toEqual([['KSampler', 0.75, 1], ['VAEDecode', 0.25, null]]);
  });
  it('put the workflows beyond the first few together', () => {
    const many = statistics(Array.from({ length: 8 }, (_, at) => group(`w${at}`, 1, 100 - at)));
    const times = workflowTimes(many, 4);
    expect(times).toHaveLength(4);
    expect(times.at(-1)).toMatchObject({ key: '', of: 5, ms: 97 + 96 + 95 + 94 + 93 });
  });
});

describe('the view of trends', () => {
  beforeEach(() => {
    window.localStorage.clear();
    forgetPrefs();
  });
  const groups = (query: URLSearchParams) => statistics({ workflow: [group('Portraits', 30, 36e5), group('Films', 10, 72e5)], nodeClass: [group('KSampler', 40, 9e6, 2e5)], exitReason: [group('success', 37, 0), group('outOfMemory', 3, 0)], comfyuiVersion: [group('0.3.64', 40, 0)] }[query.get('groupBy') ?? ''] ?? []);
  const answers = { '/health': health, '/statistics': groups, '/trends': () => trend(), '/runs': page([summary({ status: 'failed', runId: 'f', createdAtMs: 5 * kDay })]) };
  const open = (path: string, more: Record<string, unknown> = {}) => {
    const opened = openPage(path, { ...answers, ...more });
    opened.say(hello());
    opened.say(snapshot());
    return opened;
  };

  it('claims with evidence, and shows the numbers as a table that opens runs', async () => {
    open('/trends?workflow=Portraits');
    await screen.findByText('18 % slower since 11 Jan');
    expect(screen.getByText(/No evidence of a drift\. All of one kind\. Median 1m.58s\. 4.runs left out: too few like them here\. 2.runs without a value\./)).toBeTruthy();
    const chart = screen.getByRole('region', { name: 'Duration' });
    await within(chart).findByRole('grid');  // without a canvas the numbers stand there
    fireEvent.click(within(chart).getAllByText(/1m/)[0]!);
    expect(window.location.pathname).toBe('/runs/r9');
  });

  it('speaks of a worker by its name', async () => {
    const id = 'a636f065-ee37-526d-bfd1-3fbef65a8ae5';
    const opened = open('/trends', { '/trends': () => trend({ sentence: `18 % slower since 11 Jan; there worker went from ${id} to cinder` }) });
    opened.say(snapshot({ workers: [{ ...worker({ name: 'atlas' }), worker: { ...worker({ name: 'atlas' }).worker, workerId: id } }] }));
    await screen.findByText(/there worker went from atlas to cinder/);
  });

  it('asks for what the address says, run by run where like is held against like', async () => {
    const { asked } = open('/trends?metric=vramPeak&from=-30d');
    await waitFor(() => expect(asked.some((each) => /^\/trends\?from=-30d&metric=vramPeak&bucket=run&utcOffsetMinutes=-?\d+$|^\/trends\?from=-30d&metric=vramPeak&utcOffsetMinutes=-?\d+&bucket=run$/.test(each.path))).toBe(true));
    fireEvent.click(screen.getByRole('switch', { name: 'Like for like' }));
    expect(window.location.search).toBe('?from=-30d&metric=vramPeak&likeForLike=false');
    await waitFor(() => expect(asked.some((each) => each.path.includes('likeForLike=false'))).toBe(true));
  });

  it('chooses a workflow, with its runs counted', async () => {
    open('/trends');
    const pick = await screen.findByRole('combobox', { name: 'Which workflows' });
    await within(pick).findByText('Films (10)');
    fireEvent.change(pick, { target: { value: 'Films' } });
    expect(window.location.search).toBe('?workflow=Films');
  });

  it('says what runs cost once a price is set', async () => {
    putPref('gpuPrice', { perHour: 0.5, currency: 'EUR' });
    open('/trends');
    const panel = await screen.findByRole('region', { name: 'GPU time and cost' });
    await within(panel).findByText(/1\.00.EUR/);
    expect(within(panel).getByText(/3h 00m, 1\.50.EUR/)).toBeTruthy();
  });

  it('leads from a failure to its runs', async () => {
    open('/trends?workflow=Films');
    const link = await screen.findByRole('link', { name: 'out of memory' });
    expect(link.getAttribute('href')).toBe('/runs?exitReason=outOfMemory&workflow=Films');
  });

  it('offers to try again, part by part', async () => {
    open('/trends', { '/trends': Response.json({ detail: 'too many questions wait' }, { status: 503 }) });
    const chart = await screen.findByRole('region', { name: 'Duration' });
    await within(chart).findByText('too many questions wait');
    expect(within(chart).getByRole('button', { name: 'Retry' })).toBeTruthy();
    expect(await screen.findByRole('link', { name: 'Portraits' })).toBeTruthy();
  });
});
