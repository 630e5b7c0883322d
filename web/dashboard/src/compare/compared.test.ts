import type { NodeDifference, NumberDifference, RunDifference } from '@comfytrace/client';
import { describe, expect, it } from 'vitest';
import { againstFirst } from './compare-claim.tsx';
import { deltaRange, differences, isCachedInAll, isFinding, numberWords, swapped, withRun, withoutRun } from './compared.ts';
import { lineAfter } from './slider.tsx';

const node = (change: Partial<NodeDifference>): NodeDifference => ({
  nodeId: '1', classType: 'VAEDecode', title: '', durationMs: [100, 200], executions: [1, 1], cached: [0, 0], deltaMs: 100, deltaRatio: 1, share: 0.9, deltaMsInterval: null, pValue: null, ...change,
});

describe('the chosen runs', () => {
  it('are swapped, left out, put in and never doubled', () => {
    expect(swapped(['a', 'b', 'c'])).toEqual(['c', 'b', 'a']);
    expect(withoutRun(['a', 'b'], 0)).toEqual(['b']);
    expect(withRun(['a', 'b'], 'c', null)).toEqual(['a', 'b', 'c']);
    expect(withRun(['a', 'b'], 'c', 0)).toEqual(['c', 'b']);
    expect(withRun(['a', 'b'], 'b', 0)).toEqual(['a', 'b']);
    expect(withRun(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], 'i', null)).toHaveLength(8);
  });
});

describe('differences', () => {
  const answer = {
    outcome: [{ name: 'status', values: ['success', 'failed'], mayExplain: false }], environment: [{ name: 'GPU', values: ['a', 'b'], mayExplain: true }], environmentEqual: ['worker'],
    scenes: [{ sceneIds: ['s', 's'], parameters: [{ name: 'steps', values: ['20', '30'], mayExplain: true }], equal: ['cfg'] }],
  } as unknown as RunDifference;
  it('put what may explain it first and name what is equal', () => {
    const { rows, equal } = differences(answer, 0);
    expect(rows.map((row) => row.name)).toEqual(['GPU', 'steps', 'status']);
    expect(equal).toEqual(['worker', 'cfg']);
    expect(differences(answer, 7).rows.map((row) => row.name)).toEqual(['GPU', 'status']);
  });
  it('are findings by their p-value, or by their share where nothing tells chance from change', () => {
    expect(isFinding(node({ pValue: 0.01 }))).toBe(true);
    expect(isFinding(node({ pValue: 0.2, share: 1 }))).toBe(false);
    expect(isFinding(node({ share: 0.5 }))).toBe(true);
    expect(isFinding(node({ share: 0.5, deltaRatio: 0.01 }))).toBe(false);
    expect(isFinding(node({ share: null }))).toBe(false);
  });
  it('keep zero in sight of their scale, and leave out what was cached throughout', () => {
    expect(deltaRange([node({ deltaMs: 50, deltaMsInterval: { low: 40, high: 60, level: 0.95 } })])).toEqual({ low: 0, high: 60 });
    expect(deltaRange([node({ deltaMs: -50 })])).toEqual({ low: -50, high: 0 });
    expect(deltaRange([])).toEqual({ low: 0, high: 1 });
    expect(isCachedInAll(node({ executions: [0, 0], cached: [1, 1] }))).toBe(true);
    expect(isCachedInAll(node({ executions: [0, 1], cached: [1, 0] }))).toBe(false);
  });
  it('have words and units, also those that are not known here yet', () => {
    const named = (name: string) => numberWords({ name } as NumberDifference);
    expect(named('vramPeakBytes')).toMatchObject({ word: 'VRAM peak', unit: 'memory' });
    expect(named('gpuBusyMs')).toEqual({ word: 'Gpu busy', unit: 'ms' });
    expect(named('cacheHitRate').unit).toBe('rate');
  });
  it('of three runs are told against the first, without a verdict', () => {
    expect(againstFirst([100, 114, null]).replace(/[\u00a0\u202f]/g, ' ')).toBe('B +14 %, C without a duration against A by the median scene; a verdict is given of two runs only');
  });
});

describe('the line between two pictures', () => {
  it('moves by a step, by ten, to the ends, and stays inside', () => {
    expect(lineAfter(50, 'ArrowLeft')).toBe(49);
    expect(lineAfter(95, 'PageUp')).toBe(100);
    expect(lineAfter(50, 'Home')).toBe(0);
    expect(lineAfter(50, 'x')).toBeNull();
  });
});
