import { AlertStore, RecommendationStore, connectComfytrace, type ApiClient, type LiveState, type LiveStore, type StreamStatus } from '@comfytrace/client';
import { useAlerts, useRealtimeTelemetry, useRecommendations, type Alerts, type Recommendations } from '@comfytrace/client/react';
import { fetchPatiently } from './ahead/early-answers.ts';
import { afterFirstPaint } from './ahead/first-paint.ts';
import { shortId } from './format.ts';
import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';

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

export function useSuggestions(): Recommendations {
  return useRecommendations(useServices());
}

export function useWarnings(): Alerts {
  return useAlerts(useServices());
}

export function useOpenRecommendations(): number {
  return useSuggestions().open.length;
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
