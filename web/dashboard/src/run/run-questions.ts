import { isOpen, type ApiClient, type Run, type RunComparison, type Trend } from '@comfytrace/client';
import { useQuery } from '@tanstack/react-query';
import { useServices, useWorkerNames } from '../services.tsx';
import { likeSceneDurations, readLikeRuns, workFilter } from './like-runs.ts';

const kLikeScenes = 12;
const kOften = 2_000;

export function useRun(runId: string) {
  const { api } = useServices();
  return useQuery({ queryKey: ['run', runId], queryFn: ({ signal }) => api.run(runId, signal) });
}

/** What is asked of a run beyond its record. Nothing is compared while it is open; its timeline is read anew instead. */
export function useRunQuestions(run: Run) {
  const { api } = useServices();
  const select = useWorkerNames<Trend>();
  const named = useWorkerNames<RunComparison>();
  const { runId } = run;
  const open = isOpen(run.status);
  const fingerprint = run.scenes[0]?.workflowFingerprint ?? '';
  const timeline = useQuery({ queryKey: ['timeline', runId], queryFn: ({ signal }) => api.timeline(runId, signal), refetchInterval: open ? kOften : false });
  const comparison = useQuery({ select: named, queryKey: ['comparison', runId, run.status], enabled: !open, queryFn: ({ signal }) => api.comparison(runId, signal) });
  const cohort = comparison.data?.cohort;
  const like = useQuery({
    queryKey: ['likeRuns', runId, cohort?.runIds.length], enabled: cohort !== undefined,
    queryFn: ({ signal }) => readLikeRuns(api, cohort!, fingerprint, signal),
  });
  const work = workFilter(run);
  const statistics = useQuery({ queryKey: ['statistics', work], enabled: !open, queryFn: ({ signal }) => api.statistics(work, {}, signal) });
  const trend = useQuery({ select, queryKey: ['trend', work, 'duration'], enabled: !open, queryFn: ({ signal }) => api.trend(work, { metric: 'duration', bucket: 'day' }, signal) });
  const success = useQuery({ select, queryKey: ['trend', work, 'successRate'], enabled: !open, queryFn: ({ signal }) => api.trend(work, { metric: 'successRate', bucket: 'day' }, signal) });
  const likeScenes = useLikeScenes(run, comparison.data);
  return { timeline, comparison, like, statistics, trend, success, likeScenes };
}

function useLikeScenes(run: Run, comparison: RunComparison | undefined) {
  const { api } = useServices();
  const ids = [...new Set(comparison?.scenes.flatMap((scene) => scene.cohort.runIds.slice(0, kLikeScenes)))].slice(0, kLikeScenes);
  return useQuery({
    queryKey: ['likeScenes', run.runId, ids], enabled: run.scenes.length > 1 && comparison !== undefined, staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => likeSceneDurations(run, await runsOf(api, ids, signal)),
  });
}

/** Those that are still there. */
async function runsOf(api: ApiClient, ids: readonly string[], signal: AbortSignal): Promise<Run[]> {
  const found = await Promise.allSettled(ids.map((id) => api.run(id, signal)));
  return found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}
