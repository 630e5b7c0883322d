import type { RunSummary, Statistics } from '@comfytrace/client';
import { describe, expect, it } from 'vitest';
import { idsAround, listDays, placeWords, timeAtRow } from './list-place.ts';

const kDay = 86_400_000;
const kFirst = Date.parse('2026-03-01T00:00:00');
const statistics = (runs: number[], left = 0) => ({ total: { runs: runs.reduce((sum, each) => sum + each, left) }, groups: runs.map((each, at) => ({ fromMs: kFirst + at * kDay, runs: each })), groupsLeftOut: left ? 1 : 0 }) as unknown as Statistics;
const run = (change: Partial<RunSummary>) => change as RunSummary;
const dayOf = (ms: number | null) => (ms === null ? null : Math.floor((ms - kFirst) / kDay));

describe('the day that a row stands in', () => {
  it('is found from both ends', () => {
    const three = statistics([10, 0, 5]);
    const newest = listDays(three, 'newest');
    expect([0, 4, 5, 14].map((row) => dayOf(timeAtRow(newest, row, 'newest')))).toEqual([2, 2, 0, 0]);
    expect(timeAtRow(newest, 15, 'newest')).toBeNull();
    const oldest = listDays(three, 'oldest');
    expect([0, 9, 10, 14].map((row) => dayOf(timeAtRow(oldest, row, 'oldest')))).toEqual([0, 0, 2, 2]);
  });

  it('goes on in time with the rows', () => {
    const days = listDays(statistics([100, 100]), 'newest');
    const times = Array.from({ length: 200 }, (_, row) => timeAtRow(days, row, 'newest')!);
    expect(times.every((time, at) => at === 0 || time < times[at - 1]!)).toBe(true);
  });

  it('is not guessed where days are not told', () => {
    const days = listDays(statistics([10, 10], 50), 'oldest');
    expect(timeAtRow(days, 49, 'oldest')).toBeNull();
    expect(dayOf(timeAtRow(days, 50, 'oldest'))).toBe(0);
    expect(timeAtRow([], 0, 'newest')).toBeNull();
  });
});

describe('what stands beside the thumb', () => {
  const now = kFirst + 40 * kDay;
  const asked = { index: 512_344, count: 1_003_441, days: [], now, run: undefined };

  it('is the day, or the value that the list goes by, and the row', () => {
    expect(placeWords({ ...asked, sort: 'newest', days: [{ before: 512_000, runs: 1_000, fromMs: kFirst }] })).toMatch(/^1.Mar, 512.345 of 1.003.441$/);
    expect(placeWords({ ...asked, sort: 'newest', run: run({ createdAtMs: kFirst + 3_600_000 }) })).toMatch(/^1.Mar 01:00, 512.345 of/);
    expect(placeWords({ ...asked, sort: 'longest', run: run({ durationMs: 48_000 }) })).toMatch(/^48.*s, 512.345 of/);
    expect(placeWords({ ...asked, sort: 'vram' })).toMatch(/^512.345 of/);
  });
});

it('runs one after another are those that are held without a gap', () => {
  const rowAt = (index: number) => (index >= 10 && index < 20 ? run({ runId: `r${index}` }) : undefined);
  expect(idsAround(15, rowAt)).toEqual(Array.from({ length: 10 }, (_, at) => `r${at + 10}`));
  expect(idsAround(5, rowAt)).toEqual([]);
});
