import type { EtaReport, RunBaseline } from './eta-types.ts';
import type { AlertRule, Deviations, RecommendationRule, SinkOutcome } from './finding-types.ts';
import type { Alert } from './live-types.ts';
import type {
  ExportFormat, FilterPreset, GroupBy, Metric, PruneReport, PruneRule, Recommendation, RunComparison, RunDifference, Statistics,
  Trend, TrendBucket,
} from './insight-types.ts';
import { filterQuery, type RunFilter, type RunSort } from './run-filter.ts';
import type { Health, Run, RunPage, RunPatch, Timeline, WorkerState } from './types.ts';

/** What the server refused, or that it was not reached (`status` 0). `detail` is a sentence fit to be shown. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly field: string | null = null,
    readonly mend: string | null = null,
  ) {
    super(detail);
    this.name = 'ApiError';
  }
}

export interface ApiClientOptions {
  /** Origin and path before `/api/v1`; empty for the same origin. */
  baseUrl?: string;
  token?: string;
  fetch?: typeof fetch;
}

export class ApiClient {
  private readonly baseUrl: string;
  private readonly token: string | undefined;
  private readonly fetchImpl: typeof fetch;

  constructor(options: ApiClientOptions = {}) {
    this.baseUrl = (options.baseUrl ?? '').replace(/\/$/, '');
    this.token = options.token;
    this.fetchImpl = options.fetch ?? ((input, init) => fetch(input, init));
  }

  health(signal?: AbortSignal): Promise<Health> {
    return this.request('GET', '/health', { signal });
  }

  async workers(signal?: AbortSignal): Promise<WorkerState[]> {
    const answer = await this.request<{ workers: WorkerState[] }>('GET', '/workers', { signal });
    return answer.workers;
  }

  connectWorker(workerId: string): Promise<void> {
    return this.request('POST', `/workers/${encodeURIComponent(workerId)}:connect`);
  }

  runs(filter: RunFilter = {}, page: { limit?: number; cursor?: string | null; offset?: number; sort?: RunSort } = {}, signal?: AbortSignal): Promise<RunPage> {
    return this.ask('/runs', filter, { sort: page.sort === 'newest' ? undefined : page.sort, limit: page.limit, cursor: page.cursor, offset: page.offset || undefined }, signal);
  }

  run(runId: string, signal?: AbortSignal): Promise<Run> {
    return this.request('GET', `/runs/${encodeURIComponent(runId)}`, { signal });
  }

  timeline(runId: string, signal?: AbortSignal): Promise<Timeline> {
    return this.request('GET', `/runs/${encodeURIComponent(runId)}/timeline`, { signal });
  }

  changeRun(runId: string, patch: RunPatch): Promise<Run> {
    return this.request('PATCH', `/runs/${encodeURIComponent(runId)}`, { body: patch });
  }

  deleteRun(runId: string): Promise<void> {
    return this.request('DELETE', `/runs/${encodeURIComponent(runId)}`);
  }

  artifactUrl(runId: string, index: number): string {
    return `${this.baseUrl}/api/v1/runs/${encodeURIComponent(runId)}/artifacts/${index}`;
  }

  // ---- questions ----

  comparison(runId: string, signal?: AbortSignal): Promise<RunComparison> {
    return this.request('GET', `/runs/${encodeURIComponent(runId)}/comparison`, { signal });
  }

  compare(runIds: readonly string[], signal?: AbortSignal): Promise<RunDifference> {
    return this.request('GET', `/compare?ids=${runIds.map(encodeURIComponent).join(',')}`, { signal });
  }

  /** Up to 100 runs, each against those like it in one line. */
  async baselines(runIds: readonly string[], signal?: AbortSignal): Promise<RunBaseline[]> {
    const answer = await this.request<{ baselines: RunBaseline[] }>('GET', `/baselines?ids=${runIds.map(encodeURIComponent).join(',')}`, { signal });
    return answer.baselines;
  }

  /** When open runs and queues will be done, and how often such a claim was right. */
  eta(signal?: AbortSignal): Promise<EtaReport> {
    return this.request('GET', '/eta', { signal });
  }

  statistics(filter: RunFilter = {}, more: { groupBy?: GroupBy; utcOffsetMinutes?: number; exact?: boolean; maxGroups?: number } = {}, signal?: AbortSignal): Promise<Statistics> {
    return this.ask('/statistics', filter, more, signal);
  }

  trend(filter: RunFilter, more: { metric: Metric; bucket?: TrendBucket; utcOffsetMinutes?: number; likeForLike?: boolean; maxRuns?: number }, signal?: AbortSignal): Promise<Trend> {
    return this.ask('/trends', filter, more, signal);
  }

  /** Runs, scenes and classes of nodes among the newest `limit` that lie outside what the runs like them explain. */
  deviations(filter: RunFilter = {}, limit?: number, signal?: AbortSignal): Promise<Deviations> {
    return this.ask('/deviations', filter, { limit }, signal);
  }

  // ---- suggestions, alerts, presets ----

  async recommendations(signal?: AbortSignal): Promise<Recommendation[]> {
    return (await this.request<{ recommendations: Recommendation[] }>('GET', '/recommendations', { signal })).recommendations;
  }

  /** `untilMs` of `defer`: when it comes back. */
  actOnRecommendation(id: string, action: 'dismiss' | 'defer' | 'apply' | 'reopen', untilMs?: number): Promise<Recommendation> {
    return this.request('POST', `/recommendations/${encodeURIComponent(id)}:${action}`, untilMs === undefined ? {} : { body: { untilMs } });
  }

  async recommendationRules(signal?: AbortSignal): Promise<RecommendationRule[]> {
    return (await this.request<{ rules?: RecommendationRule[] }>('GET', '/recommendations?state=open', { signal })).rules ?? [];
  }

  /** Newest first. */
  async alerts(more: { state?: 'open' | 'all'; limit?: number; after?: string } = {}, signal?: AbortSignal): Promise<Alert[]> {
    return (await this.ask<{ alerts: Alert[] }>('/alerts', {}, more, signal)).alerts;
  }

  acknowledgeAlert(id: string): Promise<Alert> {
    return this.request('POST', `/alerts/${encodeURIComponent(id)}:acknowledge`);
  }

  async alertRules(signal?: AbortSignal): Promise<AlertRule[]> {
    return (await this.request<{ rules: AlertRule[] }>('GET', '/alert-rules', { signal })).rules;
  }

  /** Sends a test to every sink; answered when the last has answered. */
  async testAlerts(): Promise<SinkOutcome[]> {
    return (await this.request<{ sinks: SinkOutcome[] }>('POST', '/alerts:test')).sinks;
  }

  async presets(signal?: AbortSignal): Promise<FilterPreset[]> {
    return (await this.request<{ presets: FilterPreset[] }>('GET', '/filter-presets', { signal })).presets;
  }

  /** `query` is a filter's query string; a preset of this name is replaced. */
  putPreset(name: string, query: string): Promise<FilterPreset> {
    return this.request('PUT', `/filter-presets/${encodeURIComponent(name)}`, { body: { query } });
  }

  deletePreset(name: string): Promise<void> {
    return this.request('DELETE', `/filter-presets/${encodeURIComponent(name)}`);
  }

  // ---- the history as a whole ----

  /** An address to download from; the answer is streamed. */
  exportUrl(format: ExportFormat, filter: RunFilter = {}, fields: readonly string[] = []): string {
    const query = filterQuery(filter);
    query.set('format', format);
    if (fields.length > 0) query.set('fields', fields.join(','));
    return `${this.baseUrl}/api/v1/export?${query}`;
  }

  /** The paths that this server has, without the base: `/runs`, `/export`, … */
  async routes(signal?: AbortSignal): Promise<ReadonlySet<string>> {
    const { paths } = await this.request<{ paths: Record<string, unknown> }>('GET', '/openapi.json', { signal });
    return new Set(Object.keys(paths).map((path) => path.replace(/^\/api\/v1/, '')));
  }

  prune(rule: PruneRule): Promise<PruneReport> {
    return this.request('POST', '/runs:prune', { body: rule });
  }

  private ask<T>(path: string, filter: RunFilter, more: Record<string, string | number | boolean | null | undefined>, signal?: AbortSignal): Promise<T> {
    const query = filterQuery(filter);
    for (const [name, value] of Object.entries(more)) if (value !== undefined && value !== null && value !== '') query.set(name, String(value));
    const text = query.toString();
    return this.request('GET', text ? `${path}?${text}` : path, { signal });
  }

  private async request<T>(method: string, path: string, more: { body?: unknown; signal?: AbortSignal } = {}): Promise<T> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (more.body !== undefined) headers['Content-Type'] = 'application/json';
    if (this.token) headers['Authorization'] = `Bearer ${this.token}`;
    let response: Response;
    try {
      response = await this.fetchImpl(`${this.baseUrl}/api/v1${path}`, {
        method,
        headers,
        body: more.body === undefined ? undefined : JSON.stringify(more.body),
        signal: more.signal,
      });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new ApiError(0, 'comfytrace was not reached');
    }
    if (!response.ok) throw await problemOf(response);
    if (response.status === 204) return undefined as T;
    try {
      return (await response.json()) as T;
    } catch {
      throw new ApiError(response.status, `the answer to ${method} ${path} is not JSON`);
    }
  }
}

async function problemOf(response: Response): Promise<ApiError> {
  try {
    const problem = (await response.json()) as Record<string, unknown>;
    const word = (name: string) => (typeof problem[name] === 'string' ? (problem[name] as string) : null);
    return new ApiError(response.status, word('detail') ?? word('title') ?? `HTTP ${response.status}`, word('field'), word('mend'));
  } catch {
    return new ApiError(response.status, `HTTP ${response.status}`);
  }
}
