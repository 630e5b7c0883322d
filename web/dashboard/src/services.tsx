import {
  ApiClient, LiveStore, TelemetryStreamManager, pollState, type LiveState, type StreamStatus,
} from '@comfytrace/client';
import { useRealtimeTelemetry } from '@comfytrace/client/react';
import { createContext, useContext, useSyncExternalStore } from 'react';

export interface Services {
  api: ApiClient;
  live: LiveStore;
}

export function makeServices(): Services {
  const api = new ApiClient();
  const scheme = window.location.protocol === 'https:' ? 'wss:' : 'ws:';
  const manager = new TelemetryStreamManager({
    url: `${scheme}//${window.location.host}/telemetry`,
    previews: true,
    probe: () => api.health(),
    poll: () => pollState(api),
  });
  return { api, live: new LiveStore(manager) };
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

/** Whether what is shown is current. */
export function isLinked(link: StreamStatus): boolean {
  return link.transport !== 'none';
}

/** Names by worker id, as far as workers are known. */
export function useWorkerName(): (workerId: string) => string {
  const { workers } = useLive();
  return (workerId) => workers.find((state) => state.worker.workerId === workerId)?.worker.name ?? workerId;
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
