import { allStatuses, type RunFilter, type RunSummary, type Status } from '@comfytrace/client';

/** The filter as the address says it; unknown words are left out. */
export function filterOfQuery(query: string): RunFilter {
  const params = new URLSearchParams(query);
  const list = (name: string) => (params.get(name) ?? '').split(',').map((word) => word.trim()).filter(Boolean);
  const filter: RunFilter = {};
  const status = list('status').filter((word): word is Status => (allStatuses as readonly string[]).includes(word));
  const worker = list('worker');
  const workflow = list('workflow');
  if (status.length) filter.status = status;
  if (worker.length) filter.worker = worker;
  if (workflow.length) filter.workflow = workflow;
  for (const name of ['from', 'to', 'text'] as const) {
    const value = params.get(name);
    if (value) filter[name] = value;
  }
  return filter;
}

export function isFiltered(filter: RunFilter): boolean {
  return Object.keys(filter).length > 0;
}

/** Whether a new run belongs to the list; null where only the server can say. */
export function accepts(filter: RunFilter, run: RunSummary): boolean | null {
  if (filter.status && !filter.status.includes(run.status)) return false;
  if (filter.text || filter.to || filter.workflow) return null;
  if (filter.worker && !run.workerIds.some((id) => filter.worker!.includes(id))) return null;
  if (filter.from && !filter.from.startsWith('-')) return null;
  return true;  // made just now, so within any "last n days"
}
