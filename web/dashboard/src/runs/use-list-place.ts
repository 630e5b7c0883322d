import { filterQuery, type RunFilter, type RunSort, type RunSummary } from '@comfytrace/client';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useServices } from '../services.tsx';
import { utcOffsetMinutes } from './facet-counts.ts';
import { isByTime, listDays, placeWords } from './list-place.ts';

/** Of shorter lists the bar says enough. */
const kLong = 400;
const kMostDays = 10_000;
const kRow = 'comfytraceRow';

/** What stands beside the thumb of the list. */
export function useListPlace({ filter, sort, count, rowAt }: { filter: RunFilter; sort: RunSort; count: number; rowAt: (index: number) => RunSummary | undefined }) {
  const { api } = useServices();
  const asked = useQuery({
    queryKey: ['days', filterQuery(filter).toString()], enabled: isByTime(sort) && count > kLong, staleTime: 60_000,
    queryFn: ({ signal }) => api.statistics(filter, { groupBy: 'day', utcOffsetMinutes: utcOffsetMinutes(), maxGroups: kMostDays }, signal),
  });
  const days = useMemo(() => (asked.data ? listDays(asked.data, sort) : []), [asked.data, sort]);
  const latest = useRef({ sort, count, rowAt, days });
  latest.current = { sort, count, rowAt, days };
  return useCallback((index: number) => placeWords({ ...latest.current, index, run: latest.current.rowAt(index), now: Date.now() }), []);
}

/** The row that the list stood at when this entry of the browser's history was left, and how to note it there. */
export function useKeptRow(): [number, (row: number) => void] {
  const [row] = useState(() => {
    const kept = (window.history.state as Record<string, unknown> | null)?.[kRow];
    return typeof kept === 'number' && kept > 0 ? kept : 0;
  });
  const keep = useCallback((next: number) => {
    const state = window.history.state as Record<string, unknown> | null;
    if ((state?.[kRow] ?? 0) !== next) window.history.replaceState({ ...state, [kRow]: next }, '');
  }, []);
  return [row, keep];
}
