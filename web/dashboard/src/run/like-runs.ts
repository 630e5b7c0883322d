import type { ApiClient, CohortEvidence, Run, RunSummary } from '@comfytrace/client';

/** The runs that a comparison rests on, as far as they were found. Newest first. */
export interface LikeRuns {
  runs: RunSummary[];
  /** Of the cohort, and not found: deleted meanwhile, or beyond what is read. */
  missing: number;
}

const kPages = 4;

/** The cohort's runs lie between two times among those of one workflow: they are picked out of its pages. */
export async function readLikeRuns(api: ApiClient, cohort: CohortEvidence, fingerprint: string, signal?: AbortSignal): Promise<LikeRuns> {
  if (cohort.runIds.length === 0 || cohort.fromMs === null || cohort.toMs === null) return { runs: [], missing: 0 };
  const wanted = new Set(cohort.runIds);
  const runs: RunSummary[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < kPages && wanted.size > 0; page += 1) {
    const filter = { from: String(cohort.fromMs), to: String(cohort.toMs + 1), ...(fingerprint ? { workflow: [fingerprint] } : {}) };
    const answer = await api.runs(filter, { limit: 250, cursor }, signal);
    for (const run of answer.runs) if (wanted.delete(run.runId)) runs.push(run);
    cursor = answer.nextCursor;
    if (cursor === null) break;
  }
  return { runs, missing: wanted.size };
}

/** Runs of the same work, to tell history and trend of: the workflow and its checkpoint, up to this run. */
export function workFilter(run: Run): { workflow?: string[]; model?: string[]; to: string } {
  const scene = run.scenes[0];
  const model = scene?.parameters.checkpoints[0];
  return {
    ...(scene?.workflowFingerprint ? { workflow: [scene.workflowFingerprint] } : run.workflowName ? { workflow: [run.workflowName] } : {}),
    ...(model ? { model: [model] } : {}),
    to: String(run.createdAtMs + 1),
  };
}

/** What scenes like each of a run's took in the like runs, oldest first: matched by id, else by the same work. */
export function likeSceneDurations(run: Run, likeRuns: readonly Run[]): Map<string, number[]> {
  const oldestFirst = [...likeRuns].sort((a, b) => a.createdAtMs - b.createdAtMs);
  return new Map(run.scenes.map((scene) => [scene.sceneId, oldestFirst.flatMap((like) => {
    const alike = like.scenes.filter((each) => each.workflowFingerprint === scene.workflowFingerprint && each.workSize === scene.workSize);
    const match = alike.find((each) => each.sceneId === scene.sceneId) ?? alike[0];
    const took = match?.status === 'success' ? match.attempts.at(-1)?.durationMs : null;
    return took === null || took === undefined ? [] : [took];
  })]));
}
