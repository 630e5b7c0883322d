import type { Health, Run, RunFilter, RunPage, RunPatch, Timeline, WorkerState } from './types.ts';

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

  runs(filter: RunFilter = {}, page: { limit?: number; cursor?: string | null } = {}, signal?: AbortSignal): Promise<RunPage> {
    const query = filterQuery(filter);
    if (page.limit) query.set('limit', String(page.limit));
    if (page.cursor) query.set('cursor', page.cursor);
    const text = query.toString();
    return this.request('GET', `/runs${text ? `?${text}` : ''}`, { signal });
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

export function filterQuery(filter: RunFilter): URLSearchParams {
  const query = new URLSearchParams();
  if (filter.from) query.set('from', filter.from);
  if (filter.to) query.set('to', filter.to);
  if (filter.status?.length) query.set('status', filter.status.join(','));
  if (filter.worker?.length) query.set('worker', filter.worker.join(','));
  if (filter.workflow?.length) query.set('workflow', filter.workflow.join(','));
  if (filter.text) query.set('text', filter.text);
  return query;
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
