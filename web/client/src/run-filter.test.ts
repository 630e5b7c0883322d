import { describe, expect, it } from 'vitest';
import { filterAccepts, filterOfQuery, filterQuery, filterSize, type RunFilter } from './run-filter.ts';
import type { RunSummary } from './types.ts';

const run = { runId: 'r', status: 'failed', exitReason: 'outOfMemory', archived: false, tags: ['take 2'], durationMs: 5_000, attemptCount: 2, vramPeakBytes: null, workerIds: ['w'] } as unknown as RunSummary;

describe('a filter as text', () => {
  it('comes back as it was, whatever stands in its lists', () => {
    const filter: RunFilter = {
      from: '-7d', to: '2026-11-22', status: ['failed', 'timeout'], exitReason: ['outOfMemory'], worker: ['a\\b', 'atlas, the first', 'end\\'], gpu: ['RTX 4090'],
      workflow: ['Keyframe + Wan'], model: ['a&b=c.safetensors'], tag: ['é'], durationMinMs: 0, durationMaxMs: 5_000, attemptsMin: 2, attemptsMax: 3,
      vramPeakMinBytes: 1, vramPeakMaxBytes: 2 ** 34, story: 'Lighthouse', text: 'red coat', regex: '^a|b$', archived: false,
    };
    expect(filterOfQuery(filterQuery(filter).toString())).toEqual(filter);
  });

  it('is the same text however its lists are ordered', () => {
    expect(filterQuery({ worker: ['b', 'a'], status: ['failed'] }).toString()).toBe(filterQuery({ status: ['failed'], worker: ['a', 'b'] }).toString());
  });

  it('leaves out what is no filter', () => {
    expect(filterOfQuery('status=sucess,failed&durationMinMs=abc&archived=maybe&metric=duration')).toEqual({ status: ['failed'] });
    expect(filterSize(filterOfQuery('status=sucess'))).toBe(0);
  });
});

describe('a run that comes while one looks', () => {
  it('is in, out, or for the server to say', () => {
    expect(filterAccepts({ status: ['success'] }, run)).toBe(false);
    expect(filterAccepts({ status: ['failed'], exitReason: ['outOfMemory'], tag: ['take 2'], from: '-1h' }, run)).toBe(true);
    expect(filterAccepts({ text: 'red' }, run)).toBeNull();
    expect(filterAccepts({ durationMaxMs: 4_999 }, run)).toBe(false);
  });

  it('without a peak meets no bound on the peak', () => {
    expect(filterAccepts({ vramPeakMaxBytes: 2 ** 40 }, run)).toBe(false);
  });
});
