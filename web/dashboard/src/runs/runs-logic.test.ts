import type { GroupStatistics, RunBaseline, Statistics } from '@comfytrace/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rowsMoved } from '../ui/steady-rows.ts';
import { presetOf } from './address-preset.ts';
import { BaselineBook } from './baseline-book.ts';
import { saidOf } from './bulk-bar.tsx';
import { binEdges, countBins } from './duration-bins.ts';
import { facetOf, facetQuestions, facetsOf, weeksOf } from './facet-counts.ts';
import { columnsOf, kRunColumns } from './run-columns.tsx';
import { queryWithRow, readsFrom, rowOfQuery, sortOfQuery } from './runs-address.ts';
import { tagsAfter, tagsOf, toEach } from './run-deeds.ts';

const group = (key: string, runs: number, fromMs: number | null = null) => ({ key, runs, fromMs }) as GroupStatistics;
const statistics = (...groups: GroupStatistics[]) => ({ groups, groupsLeftOut: 0 }) as unknown as Statistics;
const kWeek = 7 * 86_400_000;

describe('facets', () => {
  it('count each list under the other criteria', () => {
    const questions = facetQuestions({ status: ['failed'], model: ['a'], from: '-7d' });
    expect(questions.find((each) => each.key === 'status')!.filter).toEqual({ model: ['a'], from: '-7d' });
    expect(questions.find((each) => each.key === 'gpu')!.filter).toEqual({ status: ['failed'], model: ['a'], from: '-7d' });
  });

  it('offer nothing that cannot be asked for, and name workers', () => {
    expect(facetOf('worker', statistics(group('w', 3), group('', 2)), () => 'atlas')).toEqual([{ value: 'w', count: 3, word: 'atlas' }]);
  });

  it('wait for every list once, and live on without one that cannot be read', () => {
    expect(facetsOf([{ key: 'status', statistics: undefined, failed: false }], String)).toBeNull();
    expect(facetsOf([{ key: 'status', statistics: undefined, failed: true }, { key: 'model', statistics: statistics(group('m', 1)), failed: false }], String)).toEqual({ model: [{ value: 'm', count: 1 }] });
  });

  it('show weeks without a run as empty ones', () => {
    expect(weeksOf(statistics(group('', 4, 0), group('', 2, 3 * kWeek)))).toEqual([{ fromMs: 0, runs: 4 }, { fromMs: kWeek, runs: 0 }, { fromMs: 2 * kWeek, runs: 0 }, { fromMs: 3 * kWeek, runs: 2 }]);
    expect(weeksOf(statistics())).toEqual([]);
  });
});

describe('the histogram', () => {
  it('has bins of equal width without gaps where durations are alike', () => {
    const bins = binEdges({ n: 1000, min: 10_000, median: 20_000, max: 90_000, p99: 50_000 });
    expect(bins[0]!.from).toBe(10_000);
    expect(bins.at(-1)!.to).toBe(50_001);
    bins.slice(1).forEach((bin, at) => expect(bin.from).toBe(bins[at]!.to));
  });

  it('has bins of equal ratio where they span much', () => {
    const bins = binEdges({ n: 3000, min: 5, median: 5_900, max: 899_000, p99: 257_000 });
    expect(bins[0]!.from).toBe(135);
    expect(bins[5]!.to / bins[5]!.from).toBeCloseTo(bins[15]!.to / bins[15]!.from, 1);
  });

  it('draws nothing of few runs or of one value', () => {
    expect(binEdges({ n: 7, min: 1, median: 2, max: 900, p99: 900 })).toEqual([]);
    expect(binEdges({ n: 50, min: 400, median: 400, max: 400, p99: 400 })).toEqual([]);
    expect(binEdges({ n: 0, min: null, median: null, max: null, p99: null })).toEqual([]);
  });

  it('counts each run once, by bounds that do not overlap', async () => {
    const asked: unknown[] = [];
    const api = { runs: async (filter: unknown) => { asked.push(filter); return { runs: [], nextCursor: null, total: asked.length }; } };
    const bins = await countBins(api as never, { model: ['m'] }, [{ from: 0, to: 10 }, { from: 10, to: 20 }], new AbortController().signal);
    expect(asked).toEqual([{ model: ['m'], durationMinMs: 0, durationMaxMs: 9 }, { model: ['m'], durationMinMs: 10, durationMaxMs: 19 }]);
    expect(bins).toEqual([{ from: 0, to: 10, count: 1 }, { from: 10, to: 20, count: 2 }]);
  });
});

describe('BaselineBook', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const answer = (runId: string) => ({ runId }) as RunBaseline;

  it('asks for rows that stay together, and never for those that fly by', async () => {
    const baselines = vi.fn(async (ids: readonly string[]) => ids.map(answer));
    const book = new BaselineBook({ baselines }, 50);
    book.want('flies')();
    book.want('a');
    book.want('b');
    await vi.advanceTimersByTimeAsync(60);
    expect(baselines.mock.calls).toEqual([[['a', 'b']]]);
    book.want('a');
    await vi.advanceTimersByTimeAsync(60);
    expect(baselines).toHaveBeenCalledTimes(1);
    expect(book.answer('a')).toEqual({ is: 'read', baseline: { runId: 'a' } });
  });

  it('asks for 100 at once at most, the rest after it', async () => {
    const baselines = vi.fn(async (ids: readonly string[]) => ids.map(answer));
    const book = new BaselineBook({ baselines }, 50);
    for (let at = 0; at < 130; at += 1) book.want(String(at));
    await vi.advanceTimersByTimeAsync(200);
    expect(baselines.mock.calls.map(([ids]) => ids.length)).toEqual([100, 30]);
  });

  it('says that it failed, and asks again later', async () => {
    const baselines = vi.fn().mockRejectedValueOnce(new Error('busy')).mockImplementation(async (ids: string[]) => ids.map(answer));
    const book = new BaselineBook({ baselines }, 50, 1_000);
    book.want('a');
    await vi.advanceTimersByTimeAsync(60);
    expect(book.answer('a')).toEqual({ is: 'failed' });
    await vi.advanceTimersByTimeAsync(1_200);
    expect(book.answer('a')).toMatchObject({ is: 'read' });
  });
});

describe('a link with a preset', () => {
  const presets = [{ name: 'p', query: 'status=failed&from=-7d', createdAtMs: 0 }];
  it('opens its criteria; those beside it take their place', () => {
    expect(presetOf('preset=p&from=-1d&sort=longest', presets)).toEqual({ is: 'known', query: 'from=-1d&status=failed&sort=longest' });
  });
  it('waits for the presets, and says when there is none of the name', () => {
    expect(presetOf('preset=p', null)).toEqual({ is: 'waiting', name: 'p' });
    expect(presetOf('preset=q', presets)).toEqual({ is: 'unknown', name: 'q' });
    expect(presetOf('status=failed', presets)).toEqual({ is: 'none' });
  });
});

describe('deeds', () => {
  it('add and take away tags without doubles', () => {
    expect(tagsAfter(['a', 'b'], ['b', 'c'], ['a'])).toEqual(['b', 'c']);
    expect(tagsOf(' keep ,, client  A, keep')).toEqual(['keep', 'client A']);
  });
  it('go on after one that fails, and say which and why', async () => {
    const report = await toEach(['1', '2', '3'], async (id) => {
      if (id === '2') throw new Error('it is still open');
    });
    expect(report).toEqual({ done: ['1', '3'], failed: [{ runId: '2', sentence: 'it is still open' }] });
    expect(saidOf(report, 'deleted')).toBe('2\u00a0runs deleted; 1\u00a0run not: it is still open.');
  });
});

describe('the list', () => {
  it('knows how far a row has moved, and stays where it is gone', () => {
    const keys = ['new', 'newer', 'a', 'b', 'c'];
    const keyAt = (at: number) => keys[at] ?? null;
    expect(rowsMoved(keyAt, 'b', 1)).toBe(2);
    expect(rowsMoved(keyAt, 'a', 4)).toBe(-2);
    expect(rowsMoved(keyAt, 'gone', 1)).toBe(0);
  });
  it('keeps status and title whatever is chosen, and knows its orders', () => {
    expect(columnsOf(['when']).map((column) => column.key)).toEqual(['status', 'title', 'when']);
    expect(sortOfQuery('sort=vram')).toBe('vram');
    expect(sortOfQuery('sort=sideways')).toBe('newest');
  });
  it('has the row that stands first in the address, beside the filter', () => {
    expect(queryWithRow('status=failed&sort=vram', 12_345)).toBe('status=failed&sort=vram&at=12345');
    expect(queryWithRow('status=failed&at=12345', 0)).toBe('status=failed');
    expect([rowOfQuery('at=12345'), rowOfQuery(''), rowOfQuery('at=-3'), rowOfQuery('at=1e9'), rowOfQuery('at=x')]).toEqual([12_345, 0, 0, 0, 0]);
    expect([readsFrom(12_345), readsFrom(3)]).toEqual([12_320, 0]);
  });
});

it('shows no column that the list has no room for: none is cut off at its end', () => {
  const least = (width: string) => Number(/\d+/.exec(width)![0]);
  const kCheckBoxPx = 30;
  for (const { key, from = 568 } of kRunColumns.filter((column) => column.first)) {
    const shown = kRunColumns.filter((column) => column.first && (column.from ?? 0) <= from);
    expect.soft(shown.reduce((sum, column) => sum + least(column.width), kCheckBoxPx), `from ${from} px, with ${key}`).toBeLessThanOrEqual(from);
  }
});
