import { addressOf, type AnswerOf, type AskOf, type PathWith, type QueryOf, type Verb } from './api-routes.ts';
import type { paths } from './openapi.gen.ts';
import { filterQuery, type RunFilter } from './run-filter.ts';
import type {
  Alert, AlertRule, Deviations, EtaReport, ExportFormat, FilterPreset, Health, PruneReport, PruneRule, Recommendation,
  RecommendationRule, Run, RunBaseline, RunComparison, RunDifference, RunPage, RunPatch, RunSort, SinkOutcome, Statistics, Timeline,
  Trend, WorkerState,
} from './types.ts';

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
    return this.ask('get', '/api/v1/health', { signal });
  }

  async workers(signal?: AbortSignal): Promise<WorkerState[]> {
    return (await this.ask('get', '/api/v1/workers', { signal })).workers;
  }

  connectWorker(workerId: string): Promise<void> {
    return this.ask('post', '/api/v1/workers/{workerId}:connect', { at: { workerId } });
  }

  runs(filter: RunFilter = {}, page: RunPlace = {}, signal?: AbortSignal): Promise<RunPage> {
    return this.ask('get', '/api/v1/runs', { query: runsQuery(filter, page), signal });
  }

  run(runId: string, signal?: AbortSignal): Promise<Run> {
    return this.ask('get', '/api/v1/runs/{runId}', { at: { runId }, signal });
  }

  timeline(runId: string, signal?: AbortSignal): Promise<Timeline> {
    return this.ask('get', '/api/v1/runs/{runId}/timeline', { at: { runId }, signal });
  }

  changeRun(runId: string, patch: RunPatch): Promise<Run> {
    return this.ask('patch', '/api/v1/runs/{runId}', { at: { runId }, body: patch });
  }

  deleteRun(runId: string): Promise<void> {
    return this.ask('delete', '/api/v1/runs/{runId}', { at: { runId } });
  }

  artifactUrl(runId: string, index: number): string {
    return this.baseUrl + addressOf('/api/v1/runs/{runId}/artifacts/{index}' satisfies PathWith<'get'>, { runId, index });
  }

  // ---- questions ----

  comparison(runId: string, signal?: AbortSignal): Promise<RunComparison> {
    return this.ask('get', '/api/v1/runs/{runId}/comparison', { at: { runId }, signal });
  }

  compare(runIds: readonly string[], signal?: AbortSignal): Promise<RunDifference> {
    return this.ask('get', '/api/v1/compare', { query: idsOf(runIds), signal });
  }

  /** Up to 100 runs, each against those like it in one line. */
  async baselines(runIds: readonly string[], signal?: AbortSignal): Promise<RunBaseline[]> {
    return (await this.ask('get', '/api/v1/baselines', { query: idsOf(runIds), signal })).baselines;
  }

  /** When open runs and queues will be done, and how often such a claim was right. */
  eta(signal?: AbortSignal): Promise<EtaReport> {
    return this.ask('get', '/api/v1/eta', { signal });
  }

  statistics(filter: RunFilter = {}, more: OwnQuery<'/api/v1/statistics'> = {}, signal?: AbortSignal): Promise<Statistics> {
    return this.question('/api/v1/statistics', filter, more, signal);
  }

  trend(filter: RunFilter, more: OwnQuery<'/api/v1/trends'>, signal?: AbortSignal): Promise<Trend> {
    return this.question('/api/v1/trends', filter, more, signal);
  }

  /** Runs, scenes and classes of nodes among the newest `limit` that lie outside what the runs like them explain. */
  deviations(filter: RunFilter = {}, limit?: number, signal?: AbortSignal): Promise<Deviations> {
    return this.question('/api/v1/deviations', filter, { limit }, signal);
  }

  // ---- suggestions, alerts, presets ----

  async recommendations(signal?: AbortSignal): Promise<Recommendation[]> {
    return (await this.ask('get', '/api/v1/recommendations', { signal })).recommendations;
  }

  /** `untilMs` of `defer`: when it comes back. */
  actOnRecommendation(id: string, action: 'dismiss' | 'defer' | 'apply' | 'reopen', untilMs?: number): Promise<Recommendation> {
    if (action === 'defer') return this.ask('post', '/api/v1/recommendations/{id}:defer', { at: { id }, ...(untilMs !== undefined && { body: { untilMs } }) });
    return this.ask('post', `/api/v1/recommendations/{id}:${action}`, { at: { id } });
  }

  async recommendationRules(signal?: AbortSignal): Promise<RecommendationRule[]> {
    return (await this.question('/api/v1/recommendations', {}, { state: 'open' }, signal)).rules;
  }

  /** Newest first. */
  async alerts(more: QueryOf<'get', '/api/v1/alerts'> = {}, signal?: AbortSignal): Promise<Alert[]> {
    return (await this.question('/api/v1/alerts', {}, more, signal)).alerts;
  }

  acknowledgeAlert(alertId: string): Promise<Alert> {
    return this.ask('post', '/api/v1/alerts/{alertId}:acknowledge', { at: { alertId } });
  }

  async alertRules(signal?: AbortSignal): Promise<AlertRule[]> {
    return (await this.ask('get', '/api/v1/alert-rules', { signal })).rules;
  }

  /** Sends a test to every sink; answered when the last has answered. */
  async testAlerts(): Promise<SinkOutcome[]> {
    return (await this.ask('post', '/api/v1/alerts:test')).sinks;
  }

  async presets(signal?: AbortSignal): Promise<FilterPreset[]> {
    return (await this.ask('get', '/api/v1/filter-presets', { signal })).presets;
  }

  /** `query` is a filter's query string; a preset of this name is replaced. */
  putPreset(name: string, query: string): Promise<FilterPreset> {
    return this.ask('put', '/api/v1/filter-presets/{name}', { at: { name }, body: { query } });
  }

  deletePreset(name: string): Promise<void> {
    return this.ask('delete', '/api/v1/filter-presets/{name}', { at: { name } });
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
    const document = await this.request('GET', '/api/v1/openapi.json', undefined, signal) as { paths: Record<string, unknown> };
    return new Set(Object.keys(document.paths).map((path) => path.replace(/^\/api\/v1/, '')));
  }

  prune(rule: PruneRule): Promise<PruneReport> {
    return this.ask('post', '/api/v1/runs:prune', { body: rule });
  }

  private question<P extends PathWith<'get'>>(path: P, filter: RunFilter, more: OwnQuery<P>, signal?: AbortSignal): Promise<AnswerOf<'get', P>> {
    const query = queryOf(filter, more);
    return this.ask('get', path, { query, signal } as AskOf<'get', P>);
  }

  private ask<V extends Verb, P extends PathWith<V>>(verb: V, path: P, ask: AskOf<V, P> = {}): Promise<AnswerOf<V, P>> {
    return this.request(verb.toUpperCase(), addressOf(path, ask.at as Record<string, string> | undefined, ask.query === undefined ? undefined : String(ask.query)), ask.body, ask.signal) as Promise<AnswerOf<V, P>>;
  }

  private async request(method: string, address: string, body: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (this.token) headers['Authorization'] = `Bearer ${this.token}`;
    let response: Response;
    try {
      response = await this.fetchImpl(this.baseUrl + address, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new ApiError(0, 'comfytrace was not reached');
    }
    if (!response.ok) throw await problemOf(response);
    if (response.status === 204) return undefined;
    try {
      return await response.json();
    } catch {
      throw new ApiError(response.status, `the answer to ${method} ${address} is not JSON`);
    }
  }
}

/** Which rows of a list, and in which order. */
export interface RunPlace {
  limit?: number;
  cursor?: string | null;
  offset?: number;
  sort?: RunSort;
}

/** What `runs` asks, without the server's address: for those who ask it before there is a client. */
export function runsAddress(filter: RunFilter, page: RunPlace): string {
  return addressOf('/api/v1/runs' satisfies PathWith<'get'>, {}, String(runsQuery(filter, page)));
}

function runsQuery(filter: RunFilter, { sort, limit, cursor, offset }: RunPlace): URLSearchParams {
  return queryOf(filter, { sort: sort === 'newest' ? undefined : sort, limit, cursor, offset: offset || undefined });
}

function queryOf(filter: RunFilter, more: object): URLSearchParams {
  const query = filterQuery(filter);
  for (const [name, value] of Object.entries(more)) if (value !== undefined && value !== null && value !== '') query.set(name, String(value));
  return query;
}

/** Of a question's parameters those that are not the filter's. */
type OwnQuery<P extends keyof paths> = Omit<QueryOf<'get', P>, keyof RunFilter>;

function idsOf(runIds: readonly string[]): string {
  return `ids=${runIds.map(encodeURIComponent).join(',')}`;
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
