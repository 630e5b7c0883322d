import { ApiClient, type RunComparison } from '@comfytrace/client';
import { describe, expect, it } from 'vitest';
import { kLike } from '../gallery/live-samples.ts';
import { failedRun, page, summary } from '../test-kit.tsx';
import { expectedOf } from './eta-words.ts';
import { dotColumns, readLikeScenes, spanOf, standingText } from './like-scenes.ts';

function serve(answers: Record<string, unknown>) {
  const asked: string[] = [];
  const api = new ApiClient({
    fetch: (async (input: RequestInfo | URL) => {
      const { pathname } = new URL(String(input), 'http://here');
      asked.push(pathname);
      const answer = answers[pathname.replace('/api/v1', '')];
      return answer === undefined ? Response.json({ detail: 'gone' }, { status: 404 }) : Response.json(answer);
    }) as typeof fetch,
  });
  return { api, asked };
}
const run = { ...failedRun(), runId: 'now', status: 'executing' };
const scene = { runId: 'now', sceneId: 's1' };
const ended = (runId: string, durationMs: number) => {
  const whole = failedRun();
  const [first] = whole.scenes;
  return { ...whole, runId, scenes: [{ ...first!, status: 'success', attempts: [{ ...first!.attempts[0]!, status: 'success', durationMs }] }, { ...first!, sceneId: 's2' }] };
};
const comparison = (cohort: object) => ({ cohort: kLike.cohort, scenes: [{ sceneId: 's1', cohort: { ...kLike.cohort, ...cohort } }] }) as unknown as RunComparison;

describe('like scenes', () => {
  it('are runs of one scene as they stand in the list, and scenes of runs that are read whole', async () => {
    const { api } = serve({
      '/runs/now': run, '/runs/now/comparison': comparison({ runIds: ['a', 'b', 'c', 'd'], n: 4 }),
      '/runs': page([summary({ runId: 'a', durationMs: 10_000 }), summary({ runId: 'b', durationMs: 90_000, sceneCount: 2 }), summary({ runId: 'c', durationMs: 99_000, sceneCount: 2 }), summary({ runId: 'other', durationMs: 1 }), summary({ runId: 'd', status: 'failed', durationMs: 2 })]),
      '/runs/b': ended('b', 12_000),
    });
    const like = await readLikeScenes(api, scene);
    expect(like.durationsMs).toEqual([10_000, 12_000]);
    expect(like.cohort.n).toBe(4);
  });

  it('are not read where there are too few', async () => {
    const { api, asked } = serve({ '/runs/now': run, '/runs/now/comparison': comparison({ level: null, n: 3, needed: 3 }) });
    const like = await readLikeScenes(api, scene);
    expect(like).toMatchObject({ durationsMs: [], cohort: { n: 3, needed: 3 } });
    expect(asked).not.toContain('/api/v1/runs');
  });
});

describe('where a scene stands among them', () => {
  const likes = [10_000, 20_000, 30_000, 40_000];

  it('is what is expected of it, until it took longer than the first of them', () => {
    expect(standingText(likes, 5_000, 31_000)).toBe('expected to take longer than 3 of 4');
    expect(standingText(likes, 21_000, 31_000)).toBe('longer already than 2 of 4');
  });

  it('is not said where nobody can know', () => {
    expect(standingText(likes, 5_000, null)).toBeNull();
    expect(standingText([], 5_000, 9_000)).toBeNull();
    expect(standingText(likes, null, null)).toBeNull();
  });

  it('is drawn with what is expected on the axis', () => {
    const { lowMs, highMs } = spanOf(likes, [null, 60_000]);
    expect(lowMs).toBeLessThan(10_000);
    expect(highMs).toBeGreaterThan(60_000);
    expect(spanOf([7, 7], []).highMs).toBeGreaterThan(7);
  });

  it('stacks those of one place', () => {
    expect(dotColumns([3, 1, 1], (ms) => ms * 10, 5)).toEqual([{ column: 2, below: 0 }, { column: 2, below: 1 }, { column: 6, below: 0 }]);
  });
});

it('expects what it took and what is left, and nothing once that has passed', () => {
  const told = { eta: 60_000, etaLow: 50_000, etaHigh: 80_000, etaScenes: 9, timestamp: 1_000 };
  expect(expectedOf(told, 30_000, 11_000)).toEqual({ ms: 80_000, lowMs: 70_000, highMs: 100_000 });
  expect(expectedOf(told, 120_000, 91_000)).toBeNull();
  expect(expectedOf({ ...told, eta: null }, 30_000, 11_000)).toBeNull();
});
