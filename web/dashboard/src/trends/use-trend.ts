import { filterQuery, type GroupBy, type RunFilter, type Statistics, type Trend } from '@comfytrace/client';
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import type { ChartFailure, ChartLane } from '../charts/chart-data.ts';
import { exitReasonWords } from '../format.ts';
import { utcOffsetMinutes, without } from '../runs/facet-counts.ts';
import { useServices, useWorkerNames } from '../services.tsx';
import { changeLanes, versionLane, windowsOf } from './environment-lanes.ts';
import type { TrendQuestion } from './trend-question.ts';

const kFresh = 30_000;
const kMostFailures = 400;

/** Like for like each run is a dot: what is claimed rests on them, not on days of mixed work. */
export function useTrend({ filter, metric, likeForLike }: TrendQuestion, bucket: 'week' | 'run' | undefined = likeForLike && metric !== 'successRate' ? 'run' : undefined) {
  const { api } = useServices();
  const select = useWorkerNames<Trend>();
  return useQuery({
    select, queryKey: ['trend', metric, likeForLike, bucket, filterQuery(filter).toString()], placeholderData: keepPreviousData, staleTime: kFresh,
    queryFn: ({ signal }) => api.trend(filter, { metric, utcOffsetMinutes: utcOffsetMinutes(), ...(bucket ? { bucket } : {}), ...(likeForLike ? {} : { likeForLike }) }, signal),
  });
}

export function useGroups(filter: RunFilter, groupBy: GroupBy, enabled = true, maxGroups = 200) {
  const { api } = useServices();
  return useQuery({
    queryKey: ['groups', groupBy, maxGroups, filterQuery(filter).toString()], placeholderData: keepPreviousData, staleTime: kFresh, enabled,
    queryFn: ({ signal }) => api.statistics(filter, { groupBy, maxGroups }, signal),
  });
}

/** Runs that failed or timed out within the time shown: marks on the base line. */
export function useFailures(filter: RunFilter, trend: Trend | undefined): ChartFailure[] {
  const { api } = useServices();
  const failed: RunFilter = { ...filter, status: ['failed', 'timeout'] };
  const { data } = useQuery({
    queryKey: ['failures', filterQuery(failed).toString()], placeholderData: keepPreviousData, staleTime: kFresh, enabled: !filter.status,
    queryFn: ({ signal }) => api.runs(failed, { limit: kMostFailures }, signal),
  });
  const fromMs = trend?.series.xMs[0] ?? 0;
  return (data?.runs ?? []).filter((run) => run.createdAtMs >= fromMs).map((run) => ({ atMs: run.createdAtMs, runId: run.runId, word: exitReasonWords(run.exitReason) ?? run.status }));
}

/** Which versions ran when. One version: one question; several: one a stretch of time. */
export function useLanes(filter: RunFilter, trend: Trend | undefined): ChartLane[] {
  const { api } = useServices();
  const fromMs = trend?.series.xMs[0] ?? 0;
  const toMs = trend?.series.xMs.at(-1) ?? 0;
  const timeless = without(filter, 'from', 'to');
  const ask = (from: number, to: number) => ({
    queryKey: ['versions', filterQuery(timeless).toString(), from, to], staleTime: 600_000,
    queryFn: ({ signal }: { signal: AbortSignal }) => api.statistics({ ...timeless, from: String(from), to: String(to) }, { groupBy: 'comfyuiVersion', maxGroups: 20 }, signal),
  });
  const whole = useQuery({ ...ask(fromMs, toMs + 1), enabled: toMs > fromMs });
  const several = (whole.data ? versionsOf(whole.data).length : 0) > 1;
  const windows = several ? windowsOf(fromMs, toMs + 1) : [];
  const answers = useQueries({ queries: windows.map((window) => ask(window.fromMs, window.toMs)) });
  if (!trend || toMs <= fromMs || !whole.data) return [];
  const steps = trend.steps;
  const read = answers.every((answer) => answer.data);
  const version = several
    ? (read ? versionLane(windows.map((window, at) => ({ ...window, versions: versionsOf(answers[at]!.data!) })), steps.flatMap((step) => step.whatChanged)) : null)
    : versionLane([{ fromMs, toMs, versions: versionsOf(whole.data) }], []);
  return [...(version ? [version] : []), ...changeLanes(steps, fromMs, toMs)];
}

function versionsOf(statistics: Statistics): string[] {
  return statistics.groups.filter((group) => group.key !== '' && group.runs > 0).map((group) => group.key);
}

/** The newest step, with what each side of it is judged by. */
export function sidesOf(trend: Trend | undefined, filter: RunFilter): { before: RunFilter; after: RunFilter; atMs: number } | null {
  const step = trend?.steps.at(-1);
  if (!trend || !step || trend.cohorts > 1) return null;
  const from = trend.steps.at(-2)?.atMs ?? trend.fromMs ?? trend.series.xMs[0];
  return { before: { ...filter, from: from === undefined ? undefined : String(from), to: String(step.atMs) }, after: { ...filter, from: String(step.atMs) }, atMs: step.atMs };
}

