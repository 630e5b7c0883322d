import { filterQuery, type RunFilter } from '@comfytrace/client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useServices } from '../services.tsx';
import { stateOf } from '../ui/states.tsx';
import { binEdges, countBins } from './duration-bins.ts';

/** Numbers over every run that matches, and how their durations are spread. `matched` changes when runs come or go. */
export function useRunStatistics(filter: RunFilter, matched: number | null) {
  const { api } = useServices();
  const name = filterQuery(filter).toString();
  const asked = useQuery({
    queryKey: ['statistics', name, matched], placeholderData: keepPreviousData, enabled: matched !== null,
    queryFn: ({ signal }) => api.statistics(filter, {}, signal),
  });
  const statistics = asked.data?.total ?? null;
  const edges = statistics && !asked.isPlaceholderData ? binEdges(statistics.durationMs) : [];
  const bins = useQuery({
    queryKey: ['bins', name, edges[0]?.from, edges.at(-1)?.to, edges.length], enabled: edges.length > 0, staleTime: 60_000, placeholderData: keepPreviousData,
    queryFn: ({ signal }) => countBins(api, filter, edges, signal),
  });
  return { statistics, state: stateOf(asked, statistics !== null), bins: statistics && statistics.durationMs.n >= 8 ? bins.data : undefined };
}
