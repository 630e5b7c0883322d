import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { AlertStore, type AlertsState } from './alert-store.ts';
import type { ApiClient } from './api-client.ts';
import { FilterStore, memoryPlace, type FilterPlace, type FilterState } from './filter-store.ts';
import type { LiveState, LiveStore } from './live-store.ts';
import { RecommendationStore, type RecommendationsState } from './recommendation-store.ts';
import { filterQuery, type RunFilter } from './run-filter.ts';
import type { RunSort } from './types.ts';
import { RunHistoryStore, type RunHistoryOptions, type RunHistoryState } from './run-history-store.ts';
import type { Store } from './store.ts';

function useStore<T extends object>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get, store.get);
}

/** The live state; the component renders again when it changes. */
export function useRealtimeTelemetry(store: LiveStore): LiveState {
  return useSyncExternalStore(store.subscribe, store.get, store.get);
}

export interface RunHistory extends RunHistoryState {
  loadMore: () => void;
  refresh: () => Promise<void>;
  look: (first: number, last: number) => void;
}

/** The runs that match, newest first unless told otherwise. What was shown stays until the answer to a new filter is there. */
export function useRunHistory(
  source: { api: ApiClient; live?: LiveStore },
  options: Omit<RunHistoryOptions, 'manager'> & { filter?: RunFilter; sort?: RunSort } = {},
): RunHistory {
  const { filter = kNoFilter, sort = 'newest' } = options;
  const { api, live } = source;
  const first = useRef(options);
  const store = useMemo(() => new RunHistoryStore(api, { ...first.current, filter, sort, manager: live?.manager }), [api, live]);
  useEffect(() => store.follow(), [store]);
  const name = filterQuery(filter).toString();
  useEffect(() => store.setFilter(filter, sort), [store, name, sort]);
  const state = useStore(store);
  return { ...state, loadMore: store.loadMore, refresh: store.refresh, look: store.look };
}
const kNoFilter: RunFilter = {};

export interface TelemetryFilter extends FilterState {
  set: (filter: RunFilter) => void;
  change: (part: Partial<RunFilter>) => void;
  reset: () => void;
  shareLink: (path?: string, origin?: string) => string;
  loadPresets: () => Promise<void>;
  applyPreset: (name: string) => void;
  savePreset: (name: string) => Promise<boolean>;
  deletePreset: (name: string) => Promise<boolean>;
}

/** A filter that lives in `place` (the address, as a rule; else in memory), with its presets, which are read at once. */
export function useTelemetryFilter(source: { api: ApiClient }, place?: FilterPlace): TelemetryFilter {
  const { api } = source;
  const where = useMemo(() => place ?? memoryPlace(), [place]);
  const store = useMemo(() => new FilterStore(where, api), [where, api]);
  useEffect(() => {
    void store.loadPresets();
    return store.follow();
  }, [store]);
  const deeds = useMemo(() => ({
    set: store.set.bind(store), change: store.change.bind(store), reset: store.reset.bind(store), shareLink: store.shareLink.bind(store),
    loadPresets: store.loadPresets.bind(store), applyPreset: store.applyPreset.bind(store), savePreset: store.savePreset.bind(store),
    deletePreset: store.deletePreset.bind(store),
  }), [store]);
  const state = useStore(store);
  return useMemo(() => ({ ...state, ...deeds }), [state, deeds]);
}

export interface Recommendations extends RecommendationsState {
  refresh: () => Promise<void>;
  dismiss: (id: string) => Promise<boolean>;
  defer: (id: string, untilMs: number) => Promise<boolean>;
  apply: (id: string) => Promise<boolean>;
  reopen: (id: string) => Promise<boolean>;
}

/**
 * What comfytrace suggests, asked for again every minute and whenever a run has ended. Components that are given the same
 * `recommendations` see the same and ask once.
 */
export function useRecommendations(source: { api: ApiClient; live?: LiveStore; recommendations?: RecommendationStore }): Recommendations {
  const { api, live, recommendations } = source;
  const store = useMemo(() => recommendations ?? new RecommendationStore(api), [api, recommendations]);
  useEffect(() => store.follow(live?.manager), [store, live]);
  const { refresh, dismiss, defer, apply, reopen } = store;
  return { ...useStore(store), refresh, dismiss, defer, apply, reopen };
}

export interface Alerts extends AlertsState {
  refresh: () => Promise<void>;
  acknowledge: (id: string) => Promise<boolean>;
}

/** What is wrong and what was, told by the stream. Components that are given the same `alerts` see the same and ask once. */
export function useAlerts(source: { api: ApiClient; live?: LiveStore; alerts?: AlertStore }): Alerts {
  const { api, live, alerts } = source;
  const store = useMemo(() => alerts ?? new AlertStore(api), [api, alerts]);
  useEffect(() => store.follow(live?.manager), [store, live]);
  const { refresh, acknowledge } = store;
  return { ...useStore(store), refresh, acknowledge };
}
