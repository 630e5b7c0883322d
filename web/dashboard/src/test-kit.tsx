import { AlertStore, ApiClient, LiveStore, RecommendationStore, TelemetryStreamManager, type Health, type Run, type RunPage, type RunSummary, type SocketLike, type Timeline, type WorkerState } from '@comfytrace/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { App, preloadViews } from './app.tsx';
import { ServicesProvider } from './services.tsx';

// Views come in chunks of their own; with them loaded a test sees its view at once.
await preloadViews();

/** The page on a server made of plain objects. */
export function openPage(path: string, answers: Record<string, unknown>) {
  window.history.replaceState(null, '', path);
  const asked: { method: string; path: string; body: unknown }[] = [];
  const api = new ApiClient({
    fetch: (async (input: RequestInfo | URL, init?: RequestInit) => {
      const url = new URL(String(input), 'http://here');
      const place = url.pathname.replace('/api/v1', '');
      asked.push({ method: init?.method ?? 'GET', path: place + url.search, body: init?.body ? JSON.parse(String(init.body)) : null });
      const answer = answers[`${init?.method ?? 'GET'} ${place}`] ?? answers[place];
      if (answer === undefined) return Response.json({ title: 'Not Found', status: 404, detail: 'no such thing' }, { status: 404 });
      if (typeof answer === 'function') return Response.json((answer as (query: URLSearchParams) => unknown)(url.searchParams));
      if (answer instanceof Response) return answer.clone();
      return Response.json(answer);
    }) as typeof fetch,
  });
  const sockets: SocketLike[] = [];
  const manager = new TelemetryStreamManager({
    url: 'ws://here/telemetry', jitter: 0, notifyMs: 0,
    makeSocket: () => {
      const socket: SocketLike = { binaryType: '', readyState: 1, onopen: null, onmessage: null, onclose: null, onerror: null, send: () => undefined, close: () => undefined };
      sockets.push(socket);
      return socket;
    },
  });
  const live = new LiveStore(manager);
  manager.connect();
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const page = render(
    <QueryClientProvider client={client}>
      <ServicesProvider value={{ api, live, recommendations: new RecommendationStore(api), alerts: new AlertStore(api) }}><App /></ServicesProvider>
    </QueryClientProvider>,
  );
  return {
    ...page, asked, manager, sockets,
    say: (value: unknown) => act(() => sockets.at(-1)!.onmessage?.({ data: JSON.stringify(value) })),
    breakLink: () => act(() => sockets.at(-1)!.onclose?.({ code: 1006, reason: '' })),
  };
}

export const hello = () => ({ type: 'hello', protocol: 1, version: '0.1.0', bootId: 'b', serverTimeMs: Date.now() });

export function snapshot(change: { workers?: WorkerState[]; scenes?: unknown[]; recent?: RunSummary[] } = {}) {
  return { type: 'snapshot', seq: 1, serverTimeMs: Date.now(), workers: [], scenes: [], recent: [], ...change };
}

export const health: Health = {
  status: 'ok', version: '0.1.0', bootId: 'b', startedAtMs: 0, nowMs: 0,
  history: { kind: 'sqlite', location: '/h.db', schemaVersion: 1, runs: 1_003_441, bytes: 811 * 2 ** 20, oldestRunAtMs: null, newestRunAtMs: null },
  writer: { pending: 0, failing: false, lastError: null }, cost: { cpuRatio: 0.003, residentBytes: 28 * 2 ** 20 },
  workers: { total: 0, connected: 0 }, alerts: { open: 0, sinks: [] }, counters: [],
  setup: { listenHost: '127.0.0.1', listenPort: 8199, tokenNeeded: false, configFile: null, retention: { days: null, maxBytes: null } },
};

export function worker(change: { name?: string; connection?: Partial<WorkerState['connection']>; devices?: WorkerState['worker']['devices'] } = {}): WorkerState {
  return {
    worker: {
      workerId: 'w', name: change.name ?? 'atlas', url: 'http://127.0.0.1:8188', comfyuiVersion: '0.3.64', pythonVersion: null, pytorchVersion: null,
      os: null, ramTotalBytes: null, ramFreeBytes: null, firstSeenAtMs: null, lastSeenAtMs: null,
      devices: change.devices ?? [{ index: 0, name: 'cuda:0 NVIDIA GeForce RTX 4090 : native', type: 'cuda', vramTotalBytes: 24 * 2 ** 30, vramFreeBytes: 6 * 2 ** 30, torchVramTotalBytes: null, torchVramFreeBytes: null }],
    },
    connection: { state: 'connected', sinceMs: 0, source: 'stock', lastEventAtMs: null, attempt: 0, nextTryAtMs: null, lastError: null, missing: null, extension: null, ...change.connection },
    queueRunning: 0, queuePending: 0,
  };
}

export function summary(change: Partial<RunSummary> = {}): RunSummary {
  return {
    runId: 'r1', title: 'Casting, red coat', status: 'success', exitReason: 'success', createdAtMs: Date.now(), startedAtMs: null, finishedAtMs: null, durationMs: 48_000,
    queueWaitMs: null, sceneCount: 1, scenesSucceeded: 1, attemptCount: 1, artifactCount: 0, storyTitle: null, workflowName: null, workflowFingerprint: '', model: null,
    workerIds: ['w'], deviceNames: [], vramPeakBytes: null, error: null, thumbnail: null, tags: [], archived: false, ...change,
  };
}

export const page = (runs: RunSummary[], total = runs.length): RunPage => ({ runs, nextCursor: null, total });

export function failedRun(): Run {
  const attempt: Run['scenes'][number]['attempts'][number] = {
    promptId: 'p1', workerId: 'w', status: 'failed', exitReason: 'executionError', origin: 'observed', queueNumber: 0, queuedAtMs: 1_000, queuedAtSource: 'receipt',
    startedAtMs: 2_000, startedAtSource: 'server', finishedAtMs: 10_300, finishedAtSource: 'server', durationMs: 8_300, queueWaitMs: 1_000, nodeCount: 5, cachedKnown: true,
    cachedNodeIds: [], nodeTimesKnown: true, artifacts: [], validationErrors: [], vramFreeBeforeBytes: null, vramFreeAfterBytes: null, vramDeltaBytes: null, vramPeakBytes: null, environment: null,
    failure: {
      nodeId: '3', nodeType: 'ProbeRaise', exceptionType: 'ValueError', message: 'probe failure: shot 12 refused',
      traceback: ['  File "/opt/comfyui/execution.py", line 496, in execute\n', '  File "/opt/comfyui/custom_nodes/probe_nodes/__init__.py", line 50, in run\n    raise ValueError(message)\n'],
    },
    fallbackNotes: [], explanations: [{ atMs: 10_300, what: 'ended as executionError', because: 'execution_error came for this prompt' }],
  };
  return {
    runId: 'r1', grouped: false, title: 'Casting, red coat', status: 'failed', exitReason: 'executionError', createdAtMs: 1_000, startedAtMs: 2_000, finishedAtMs: 10_300,
    durationMs: 8_300, queueWaitMs: 1_000, storyId: null, storyTitle: null, workflowName: null, tags: [], notes: null, archived: false, policy: null, artifacts: [],
    scenes: [{
      sceneId: 's1', title: 'Casting, red coat', status: 'failed', exitReason: 'executionError', workflowFingerprint: 'c41d9e07', workSize: null, attempts: [attempt],
      parameters: { checkpoints: ['sd_xl_base_1.0.safetensors'], loras: [], vaes: [], textEncoders: [], sampler: 'euler', scheduler: 'normal', steps: 20, cfg: 5.5, denoise: 1, width: 1024, height: 1024, batchSize: 1, frames: null, fps: null, seed: '18446744073709551615', positivePrompt: 'a red coat', negativePrompt: null },
    }],
  };
}

export function timelineOf(run: Run, nodes: Timeline['attempts'][number]['nodes'] = []): Timeline {
  const attempt = run.scenes[0]!.attempts[0]!;
  return {
    runId: run.runId,
    attempts: [{ sceneId: 's1', promptId: attempt.promptId, workerId: 'w', status: attempt.status, startedAtMs: attempt.startedAtMs, finishedAtMs: attempt.finishedAtMs, durationMs: attempt.durationMs, nodeTimesKnown: attempt.nodeTimesKnown, nodes, samples: [] }],
  };
}

/** A component alone, with services around it that answer nothing. */
export function renderPart(part: ReactNode) {
  const api = new ApiClient({ fetch: (async () => Response.json({ detail: 'no such thing' }, { status: 404 })) as typeof fetch });
  const live = new LiveStore(new TelemetryStreamManager({ url: 'ws://here' }));
  return render(<ServicesProvider value={{ api, live, recommendations: new RecommendationStore(api), alerts: new AlertStore(api) }}>{part}</ServicesProvider>);
}
