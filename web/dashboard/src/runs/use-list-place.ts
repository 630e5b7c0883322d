import { filterQuery, runsAddress, type RunFilter, type RunPage, type RunSort, type RunSummary } from '@comfytrace/client';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import { takeEarly } from '../ahead/early-answers.ts';
import { useServices } from '../services.tsx';
import { utcOffsetMinutes } from './facet-counts.ts';
import { isByTime, listDays, placeWords } from './list-place.ts';
import { kPageRuns, queryWithRow, readsFrom, rowOfQuery } from './runs-address.ts';

/** Of shorter lists the bar says enough. */
const kLong = 400;
const kMostDays = 10_000;

/** What stands beside the thumb of the list. */
export function useListPlace({ filter, sort, count, rowAt, enabled }: { filter: RunFilter; sort: RunSort; count: number; rowAt: (index: number) => RunSummary | undefined; enabled: boolean }) {
  const { api } = useServices();
  const asked = useQuery({
    queryKey: ['days', filterQuery(filter).toString()], enabled: enabled && isByTime(sort) && count > kLong, staleTime: 60_000,
    queryFn: ({ signal }) => api.statistics(filter, { groupBy: 'day', utcOffsetMinutes: utcOffsetMinutes(), maxGroups: kMostDays }, signal),
  });
  const days = useMemo(() => (asked.data ? listDays(asked.data, sort) : []), [asked.data, sort]);
  const latest = useRef({ sort, count, rowAt, days });
  latest.current = { sort, count, rowAt, days };
  return useCallback((index: number) => placeWords({ ...latest.current, index, run: latest.current.rowAt(index), now: Date.now() }), []);
}

/** The first rows, where they were asked for ahead and are there already. */
export function useFirstPage(filter: RunFilter, sort: RunSort, row: number) {
  const [first] = useState(() => {
    const start = readsFrom(row);
    const early = takeEarly<RunPage>(runsAddress(filter, { limit: kPageRuns, sort, offset: start }));
    return early ? { page: early.value, start, tookMs: early.tookMs } : undefined;
  });
  return first;
}

/** The row that the list stood at when the address was left, and how to note it there: a reload or a way back comes to it. */
export function useKeptRow(): [number, (row: number) => void] {
  const [row] = useState(() => rowOfQuery(window.location.search.slice(1)));
  const keep = useCallback((next: number) => {
    const { pathname, search } = window.location;
    const query = search.slice(1);
    if (rowOfQuery(query) === next) return;
    const rest = queryWithRow(query, next);
    window.history.replaceState(window.history.state, '', rest ? `${pathname}?${rest}` : pathname);
  }, []);
  return [row, keep];
}
