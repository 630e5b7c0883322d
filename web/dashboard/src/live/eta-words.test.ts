import type { Eta, EtaReport } from '@comfytrace/client';
import { describe, expect, it } from 'vitest';
import { etaOfScene, etaWords, queueWords } from './eta-words.ts';

const plain = (text: string | null) => text?.replace(/[\u00a0\u202f]/g, ' ') ?? null;
const scene = { eta: 120_000, etaLow: 100_000, etaHigh: 150_000, etaScenes: 42, timestamp: 1_000 };
const eta = (change: Partial<Eta>): Eta => ({ basis: 'nodes', remainingMs: 60_000, remainingLowMs: 50_000, remainingHighMs: 70_000, doneAtMs: null, n: 9, level: 'models', needed: 0, stepsPerSecond: null, reason: '', ...change });

describe('what is left', () => {
  it('is the claim less what passed, with its level and what it rests on', () => {
    const words = etaWords(scene, 21_000);
    expect(plain(words.left)).toBe('about 1m 40s left');
    expect(plain(words.interval)).toBe('80 % 1m 20s to 2m 10s');
    expect(words.rests).toBe('from 42 like scenes');
  });
  it('says so when it takes longer than the interval', () => {
    expect(etaWords(scene, 200_000)).toMatchObject({ left: 'longer than estimated', leftMs: null, interval: null });
    expect(etaWords(scene, 121_500).left).toBe('any moment');
  });
  it('is no guess: it tells how many like scenes there are, or why there is no claim', () => {
    const none = { ...scene, eta: null, etaLow: null, etaHigh: null, etaScenes: 0 };
    expect(plain(etaWords(none, 0, eta({ basis: 'none', remainingMs: null, n: 2, needed: 1 })).rests)).toBe('no estimate yet: 2 of 3 like scenes');
    expect(etaWords(none, 0, eta({ basis: 'none', remainingMs: null, reason: 'its graph is not known' })).rests).toBe('no estimate: its graph is not known');
    expect(etaWords(none, 0).rests).toBe('no estimate yet');
  });
  it('works with servers that tell no interval', () => {
    expect(etaWords({ eta: 5_000, timestamp: 0 }, 0)).toMatchObject({ interval: null, rests: '' });
  });
});

describe('the queue', () => {
  const report = (queue: Partial<EtaReport['queues'][number]>): EtaReport => ({ runs: [], score: {} as never, queues: [{ workerId: 'w', eta: eta({}), scenes: 3, scenesUnknown: 0, ...queue }] });
  it('is empty in so long, or nobody can tell and why', () => {
    expect(plain(queueWords(report({}), 'w'))).toBe('queue empty in about 1m 00s, 80 % 50 s to 1m 10s');
    expect(queueWords(report({ eta: eta({ remainingMs: null }), scenesUnknown: 1 }), 'w')).toBe('no estimate for the queue: 1 of 3 scenes unlike any before');
    expect(queueWords(report({ scenes: 0 }), 'w')).toBeNull();
    expect(queueWords(undefined, 'w')).toBeNull();
    expect(etaOfScene(undefined, { runId: 'r', sceneId: 's' })).toBeNull();
  });
});
