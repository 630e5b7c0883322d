import { AlertStore, ApiClient, RecommendationStore, TelemetryStreamManager, type LiveState, type LiveStore } from '@comfytrace/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { ServicesProvider, type Services } from '../services.tsx';
import { kStreaming } from './live-samples.ts';

/** What a made-up server says: by path ("/health") what it answers, or of the question what; or to nothing at all, or only that it cannot. */
export type Answers = Readonly<Record<string, unknown>> | 'never' | 'refused';

function made(answers: Answers, live: Partial<LiveState>): { services: Services; client: QueryClient } {
  const api = new ApiClient({
    fetch: (async (input: RequestInfo | URL, init?: RequestInit) => {
      const place = new URL(String(input), 'http://here').pathname.replace('/api/v1', '');
      if (answers === 'never') return new Promise<Response>(() => undefined);
      if (answers === 'refused') return Response.json({ title: 'Service Unavailable', status: 503, detail: 'the history file is locked by another program' }, { status: 503 });
      const answer = answers[`${init?.method ?? 'GET'} ${place}`] ?? answers[place];
      if (typeof answer === 'function') return (answer as (query: URLSearchParams) => Response)(new URL(String(input), 'http://here').searchParams);
      return answer === undefined ? Response.json({ title: 'Not Found', status: 404, detail: 'there is no such thing' }, { status: 404 }) : Response.json(answer);
    }) as typeof fetch,
  });
  const state: LiveState = { link: kStreaming, known: true, workers: [], scenes: [], recent: [], previews: new Map(), ...live };
  // Never connected: what is live is what the sample says.
  const manager = new TelemetryStreamManager({ url: 'ws://here/telemetry' });
  const store = { manager, get: () => state, subscribe: () => () => undefined } as unknown as LiveStore;
  return {
    services: { api, live: store, recommendations: new RecommendationStore(api), alerts: new AlertStore(api) },
    client: new QueryClient({ defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false } } }),
  };
}

/** Parts that ask for themselves, on a server and a stream of their own. */
export function Stage({ answers = {}, live = {}, children }: { answers?: Answers; live?: Partial<LiveState>; children: ReactNode }) {
  const [{ services, client }] = useState(() => made(answers, live));
  return <QueryClientProvider client={client}><ServicesProvider value={services}>{children}</ServicesProvider></QueryClientProvider>;
}
