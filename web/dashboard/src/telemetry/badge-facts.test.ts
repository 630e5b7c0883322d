import { describe, expect, it } from 'vitest';
import { failedRun } from '../test-kit.tsx';
import { badgeFactsOf } from './badge-facts.ts';

const card = { deviceName: 'NVIDIA GeForce RTX 3090', deviceType: 'cuda', deviceCount: 1, vramTotalBytes: 1, comfyuiVersion: '', pythonVersion: '', pytorchVersion: '', os: '' };

describe('the GPU of a run', () => {
  const run = failedRun();
  const on = (...environments: (typeof card | null)[]) => ({
    ...run, scenes: [{ ...run.scenes[0]!, attempts: environments.map((environment) => ({ ...run.scenes[0]!.attempts[0]!, environment })) }],
  });
  it('is what it ran on, not what its worker has by now', () => {
    expect(badgeFactsOf(on(card), 'cuda:0 NVIDIA GeForce RTX 5090 : native').gpu).toBe('RTX 3090');
  });
  it('names each card once', () => {
    expect(badgeFactsOf(on(card, { ...card, deviceName: 'NVIDIA GeForce RTX 4090' }, card), null).gpu).toBe('RTX 3090, RTX 4090');
  });
  it('is CPU where nothing else computed', () => {
    expect(badgeFactsOf(on({ ...card, deviceName: 'cpu', deviceType: 'cpu' }), null).gpu).toBe('CPU');
  });
  it('is that of the worker, or not known, where nothing was told', () => {
    expect(badgeFactsOf(on(null), 'cuda:0 NVIDIA GeForce RTX 5090 : native').gpu).toBe('RTX 5090');
    expect(badgeFactsOf(on({ ...card, deviceName: '' }), null).gpu).toBeNull();
  });
});
