import type { ApiClient, CohortEvidence, SceneUpdate } from '@comfytrace/client';
import { likeSceneDurations, readLikeRuns } from '../run/like-runs.ts';
import { formatCount } from '../format.ts';

/** What the scenes took that one is like, and in what they are like it. */
export interface LikeScenes {
  cohort: CohortEvidence;
  durationsMs: number[];
}

/** Runs of several scenes are read one by one: so many of the newest. */
const kReadWhole = 12;

/** Of a scene that has not ended: the scenes like it that came before. Without enough of them, no durations. */
export async function readLikeScenes(api: ApiClient, { runId, sceneId }: Pick<SceneUpdate, 'runId' | 'sceneId'>, signal?: AbortSignal): Promise<LikeScenes> {
  const [comparison, run] = await Promise.all([api.comparison(runId, signal), api.run(runId, signal)]);
  const cohort = comparison.scenes.find((each) => each.sceneId === sceneId)?.cohort ?? comparison.cohort;
  if (cohort.level === null) return { cohort, durationsMs: [] };
  const scene = run.scenes.find((each) => each.sceneId === sceneId);
  const { runs } = await readLikeRuns(api, cohort, scene?.workflowFingerprint ?? '', signal);
  const alone = runs.filter((like) => like.sceneCount === 1 && like.status === 'success').flatMap((like) => like.durationMs ?? []);
  const several = runs.filter((like) => like.sceneCount > 1).slice(0, kReadWhole);
  const read = await Promise.allSettled(several.map((like) => api.run(like.runId, signal)));
  const whole = read.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  return { cohort, durationsMs: [...alone, ...(likeSceneDurations(run, whole).get(sceneId) ?? [])] };
}

/** Where the scene stands among them: by what it took already, else by what is expected of it; null where nobody can say. */
export function standingText(durationsMs: readonly number[], elapsedMs: number | null, expectedMs: number | null): string | null {
  const n = durationsMs.length;
  if (n === 0) return null;
  const shorterThan = (ms: number) => durationsMs.filter((each) => each < ms).length;
  const passed = elapsedMs === null ? 0 : shorterThan(elapsedMs);
  if (passed > 0) return `longer already than ${formatCount(passed)} of ${formatCount(n)}`;
  return expectedMs === null ? null : `expected to take longer than ${formatCount(shorterThan(expectedMs))} of ${formatCount(n)}`;
}

/** The axis from the shortest to the longest, with what is expected and what it took by now within it. */
export function spanOf(durationsMs: readonly number[], marks: readonly (number | null)[]): { lowMs: number; highMs: number } {
  const all = [...durationsMs, ...marks.filter((mark): mark is number => mark !== null)];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const pad = (high - low || high || 1) * 0.05;
  return { lowMs: Math.max(0, low - pad), highMs: high + pad };
}

/** Dots in columns `stepPx` wide: of each its column and how many lie below it. */
export function dotColumns(durationsMs: readonly number[], x: (ms: number) => number, stepPx: number): { column: number; below: number }[] {
  const heights = new Map<number, number>();
  return [...durationsMs].sort((a, b) => a - b).map((ms) => {
    const column = Math.round(x(ms) / stepPx);
    const below = heights.get(column) ?? 0;
    heights.set(column, below + 1);
    return { column, below };
  });
}
