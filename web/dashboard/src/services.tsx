import { AlertStore, RecommendationStore, connectComfytrace, type ApiClient, type LiveState, type LiveStore, type Recommendation, type StreamStatus } from '@comfytrace/client';
import { useAlerts, useRealtimeTelemetry, useRecommendations, type Alerts, type Recommendations } from '@comfytrace/client/react';
import { fetchPatiently } from './ahead/early-answers.ts';
import { afterFirstPaint } from './ahead/first-paint.ts';
import { shortId } from './format.ts';
import { createContext, useCallback, useContext, useMemo, useSyncExternalStore } from 'react';
import { withWorkerNames } from './worker-words.ts';

export interface Services {
  api: ApiClient;
  live: LiveStore;
  /** One for the whole page, so that the rail's count and the lists agree. */
  recommendations: RecommendationStore;
  alerts: AlertStore;
}

export function makeServices(): Services {
  const { api, live } = connectComfytrace({ previews: true, fetch: fetchPatiently(afterFirstPaint) });
  return { api, live, recommendations: new RecommendationStore(api), alerts: new AlertStore(api) };
}

const ServicesContext = createContext<Services | null>(null);
export const ServicesProvider = ServicesContext.Provider;

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error('no ServicesProvider above');
  return services;
}

export function useLive(): LiveState {
  return useRealtimeTelemetry(useServices().live);
}

/** One part of it: the component renders again when that part is another one. */
export function useLivePart<Part>(part: (live: LiveState) => Part): Part {
  const { live } = useServices();
  const get = () => part(live.get());
  return useSyncExternalStore(live.subscribe, get, get);
}

/** Those of the server, which speak of workers by their names. */
export function useSuggestions(): Recommendations {
  const suggestions = useRecommendations(useServices());
  const named = useWorkerNames<Recommendation>();
  const recommendations = useMemo(() => suggestions.recommendations.map(named), [suggestions.recommendations, named]);
  return { ...suggestions, recommendations, open: useMemo(() => suggestions.open.map(named), [suggestions.open, named]) };
}

export function useWarnings(): Alerts {
  return useAlerts(useServices());
}

export function useOpenRecommendations(): number {
  return useRecommendations(useServices()).open.length;
}

/** Whether what is shown is current. */
export function isLinked(link: StreamStatus): boolean {
  return link.transport !== 'none';
}

// By stream: a page may show several, as the gallery does.
const lastNames = new WeakMap<LiveStore, ReadonlyMap<string, string>>();

function namesOf(live: LiveStore): ReadonlyMap<string, string> {
  const { workers } = live.get();
  const last = lastNames.get(live);
  if (last && workers.length === last.size && workers.every(({ worker }) => last.get(worker.workerId) === worker.name)) return last;
  const names = new Map(workers.map(({ worker }) => [worker.workerId, worker.name]));
  lastNames.set(live, names);
  return names;
}

/** Names by worker id, as far as workers are known. */
export function useWorkerName(): (workerId: string) => string {
  // A worker says something every second; its name stays.
  const { live } = useServices();
  const get = () => namesOf(live);
  const names = useSyncExternalStore(live.subscribe, get, get);
  return useCallback((workerId) => names.get(workerId) ?? shortId(workerId), [names]);
}

/** For an answer of the server: the same, with names for workers in its words. */
export function useWorkerNames<Answer>(): (answer: Answer) => Answer {
  const { live } = useServices();
  const get = () => namesOf(live);
  const names = useSyncExternalStore(live.subscribe, get, get);
  return useCallback((answer: Answer) => withWorkerNames(answer, names), [names]);
}

// One timer for every clock on the page, so that all numbers change together.
const tickReaders = new Set<() => void>();
let tickTimer: ReturnType<typeof setInterval> | undefined;
let tickNow = Date.now();

function subscribeTick(reader: () => void): () => void {
  tickReaders.add(reader);
  if (tickTimer === undefined) {
    tickNow = Date.now();
    tickTimer = setInterval(() => {
      tickNow = Date.now();
      for (const each of [...tickReaders]) each();
    }, 1000);
  }
  return () => {
    tickReaders.delete(reader);
    if (tickReaders.size > 0) return;
    clearInterval(tickTimer);
    tickTimer = undefined;
  };
}

/** Now, renewed each second. */
export function useNow(): number {
  return useSyncExternalStore(subscribeTick, () => tickNow);
}
