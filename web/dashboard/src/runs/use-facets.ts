import { filterQuery, type RunFilter } from '@comfytrace/client';
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { useServices, useWorkerName } from '../services.tsx';
import { facetQuestions, facetsOf, utcOffsetMinutes, weeksOf, without } from './facet-counts.ts';

const kFresh = 30_000;

/** The counts of the filter panel, and runs per week whatever the time chosen. */
export function useFacets(filter: RunFilter) {
  const { api } = useServices();
  const workerName = useWorkerName();
  const questions = facetQuestions(filter);
  const answers = useQueries({
    queries: questions.map((question) => ({
      queryKey: ['facet', question.key, filterQuery(question.filter).toString()], staleTime: kFresh, placeholderData: keepPreviousData,
      queryFn: ({ signal }: { signal: AbortSignal }) => api.statistics(question.filter, { groupBy: question.groupBy, maxGroups: 60 }, signal),
    })),
  });
  const timeless = without(filter, 'from', 'to');
  const weeks = useQuery({
    queryKey: ['weeks', filterQuery(timeless).toString()], staleTime: kFresh, placeholderData: keepPreviousData,
    queryFn: ({ signal }) => api.statistics(timeless, { groupBy: 'week', utcOffsetMinutes: utcOffsetMinutes(), maxGroups: 520 }, signal),
  });
  const facets = facetsOf(questions.map(({ key }, at) => ({ key, statistics: answers[at]!.data, failed: answers[at]!.isError })), workerName);
  return { facets, weeks: weeks.data ? weeksOf(weeks.data) : undefined };
}
