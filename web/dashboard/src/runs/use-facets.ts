import { filterQuery, type RunFilter, type Statistics } from '@comfytrace/client';
import { keepPreviousData, useQueries, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useCallback, useMemo, useRef } from 'react';
import { useServices, useWorkerName } from '../services.tsx';
import type { Facets } from '../telemetry/telemetry-filter-panel.tsx';
import { facetQuestions, facetsOf, utcOffsetMinutes, weeksOf, without } from './facet-counts.ts';

const kFresh = 30_000;

/**
 * The counts of the filter panel, and runs per week whatever the time chosen. Counting goes through every run: while the
 * list itself is waited for (`enabled` false) it would only hold that up.
 */
export function useFacets(filter: RunFilter, enabled: boolean) {
  const { api } = useServices();
  const workerName = useWorkerName();
  const name = filterQuery(filter).toString();
  const questions = useMemo(() => facetQuestions(filter), [name]);
  const counted = useQueries({
    queries: questions.map((question) => ({
      queryKey: ['facet', question.key, filterQuery(question.filter).toString()], staleTime: kFresh, enabled,
      queryFn: ({ signal }: { signal: AbortSignal }) => api.statistics(question.filter, { groupBy: question.groupBy, maxGroups: 60 }, signal),
    })),
    combine: useCallback(
      (answers: UseQueryResult<Statistics>[]) => facetsOf(questions.map(({ key }, at) => ({ key, statistics: answers[at]?.data, failed: answers[at]?.isError ?? false })), workerName),
      [questions, workerName],
    ),
  });
  const timeless = without(filter, 'from', 'to');
  const weeks = useQuery({
    queryKey: ['weeks', filterQuery(timeless).toString()], staleTime: kFresh, placeholderData: keepPreviousData, enabled,
    queryFn: ({ signal }) => api.statistics(timeless, { groupBy: 'week', utcOffsetMinutes: utcOffsetMinutes(), maxGroups: 520 }, signal),
  });
  // Questions asked together are not given their answers before: the panel would be taken away, and the focus with it.
  const last = useRef<Facets | null>(null);
  if (counted) last.current = counted;
  return { facets: last.current, weeks: useMemo(() => (weeks.data ? weeksOf(weeks.data) : undefined), [weeks.data]) };
}
