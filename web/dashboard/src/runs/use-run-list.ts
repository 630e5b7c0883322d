import { filterAccepts, filterQuery, type RunFilter, type RunPage, type RunSummary } from '@comfytrace/client';
import { useInfiniteQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { rememberRuns } from '../run/neighbours.ts';
import { useServices } from '../services.tsx';

type Pages = InfiniteData<RunPage, string | null>;


/** Runs, newest first, page after page; runs that are made or change while one looks are put in. */
export function useRunList(filter: RunFilter) {
  const { api, live } = useServices();
  const client = useQueryClient();
  const name = filterQuery(filter).toString();
  const [unseen, setUnseen] = useState(0);
  const query = useInfiniteQuery({
    queryKey: ['runs', name],
    queryFn: ({ pageParam, signal }) => api.runs(filter, { limit: 100, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchOnWindowFocus: false,
    staleTime: 30_000,
  });

  useEffect(() => {
    setUnseen(0);
    const change = (edit: (pages: Pages) => Pages) =>
      client.setQueryData<Pages>(['runs', name], (pages) => (pages ? edit(pages) : pages));
    const take = (run: RunSummary) => change((pages) => {
      if (pages.pages.some((page) => page.runs.some((each) => each.runId === run.runId))) {
        if (filter.status && !filter.status.includes(run.status)) return without(pages, run.runId);
        return mapRuns(pages, (each) => (each.runId === run.runId ? run : each));
      }
      const fits = filterAccepts(filter, run);
      if (fits === null) setUnseen((count) => count + 1);
      return fits ? inserted(pages, run) : pages;
    });
    const offUpdates = live.manager.on('updates', (updates) => {
      for (const update of updates) {
        if (update.kind === 'run') take(update.run);
        if (update.kind === 'runDeleted') change((pages) => without(pages, update.runId));
      }
    });
    // A snapshot means that something may have been missed since the list was read.
    const offSnapshot = live.manager.on('snapshot', (snapshot) => {
      const pages = client.getQueryData<Pages>(['runs', name]);
      const known = new Map(pages?.pages.flatMap((page) => page.runs).map((run) => [run.runId, run.status]));
      if (pages && snapshot.recent.some((run) => known.get(run.runId) !== run.status)) {
        void client.invalidateQueries({ queryKey: ['runs', name] });
      }
    });
    return () => {
      offUpdates();
      offSnapshot();
    };
    // `name` stands for the filter's content.
  }, [client, live, name]);

  const runs = query.data?.pages.flatMap((page) => page.runs) ?? [];
  useEffect(() => {
    if (query.data) rememberRuns(query.data.pages.flatMap((page) => page.runs).map((run) => run.runId));
  }, [query.data]);
  const reload = () => {
    setUnseen(0);
    void client.resetQueries({ queryKey: ['runs', name] });
  };
  return { ...query, runs, total: query.data?.pages[0]?.total ?? null, unseen, reload };
}

/** With the run at its place in time; beyond what was read it comes with its page. */
function inserted(pages: Pages, run: RunSummary): Pages {
  const isOlder = (each: RunSummary) => each.createdAtMs <= run.createdAtMs;
  let into = pages.pages.findIndex((page) => page.runs.some(isOlder));
  if (into < 0) {
    if (pages.pages.at(-1)?.nextCursor !== null) return pages;
    into = pages.pages.length - 1;
  }
  return {
    ...pages,
    pages: pages.pages.map((page, index) => {
      if (index !== into) return { ...page, total: page.total + 1 };
      const at = page.runs.findIndex(isOlder);
      const place = at < 0 ? page.runs.length : at;
      return { ...page, total: page.total + 1, runs: [...page.runs.slice(0, place), run, ...page.runs.slice(place)] };
    }),
  };
}

function mapRuns(pages: Pages, edit: (run: RunSummary) => RunSummary): Pages {
  return { ...pages, pages: pages.pages.map((page) => ({ ...page, runs: page.runs.map(edit) })) };
}

function without(pages: Pages, runId: string): Pages {
  if (!pages.pages.some((page) => page.runs.some((run) => run.runId === runId))) return pages;
  return {
    ...pages,
    pages: pages.pages.map((page) => ({
      ...page, total: page.total - 1, runs: page.runs.filter((run) => run.runId !== runId),
    })),
  };
}
