import { allExitReasons, allStatuses, type ExitReason, type RunSummary, type Status } from './types.ts';

/** Which runs. What is left out does not restrict; all criteria must hold. Written as docs/api.md has it. */
export interface RunFilter {
  /** `2026-11-22`, epoch milliseconds, or back from now: `-7d`. */
  from?: string;
  to?: string;
  status?: Status[];
  exitReason?: ExitReason[];
  worker?: string[];
  gpu?: string[];
  workflow?: string[];
  model?: string[];
  tag?: string[];
  durationMinMs?: number;
  durationMaxMs?: number;
  attemptsMin?: number;
  attemptsMax?: number;
  vramPeakMinBytes?: number;
  vramPeakMaxBytes?: number;
  story?: string;
  text?: string;
  regex?: string;
  archived?: boolean;
}

const kLists = ['status', 'exitReason', 'worker', 'gpu', 'workflow', 'model', 'tag'] as const;
const kNumbers = ['durationMinMs', 'durationMaxMs', 'attemptsMin', 'attemptsMax', 'vramPeakMinBytes', 'vramPeakMaxBytes'] as const;
const kTexts = ['from', 'to', 'story', 'text', 'regex'] as const;
export type ListKey = (typeof kLists)[number];
export type NumberKey = (typeof kNumbers)[number];
export const listKeys: readonly ListKey[] = kLists;

/** The filter as a query string's parameters, in one fixed order: equal filters give equal text. */
export function filterQuery(filter: RunFilter): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of ['from', 'to'] as const) if (filter[name]) query.set(name, filter[name]);
  for (const name of kLists) {
    const items = filter[name];
    if (items?.length) query.set(name, [...items].sort().map(escaped).join(','));
  }
  for (const name of kNumbers) if (filter[name] !== undefined) query.set(name, String(filter[name]));
  for (const name of ['story', 'text', 'regex'] as const) if (filter[name]) query.set(name, filter[name]);
  if (filter.archived !== undefined) query.set('archived', String(filter.archived));
  return query;
}

/** What a query string says, as far as it is a filter; what is malformed or unknown is left out. */
export function filterOfQuery(query: string | URLSearchParams): RunFilter {
  const params = typeof query === 'string' ? new URLSearchParams(query) : query;
  const filter: RunFilter = {};
  const known: Partial<Record<ListKey, readonly string[]>> = { status: allStatuses, exitReason: allExitReasons };
  for (const name of kLists) {
    const words = known[name];
    const items = itemsOf(params.get(name) ?? '').filter((item) => !words || words.includes(item));
    if (items.length) (filter as Record<string, unknown>)[name] = items;
  }
  for (const name of kNumbers) {
    const text = params.get(name);
    if (text !== null && /^\d+$/.test(text)) filter[name] = Number(text);
  }
  for (const name of kTexts) {
    const text = params.get(name);
    if (text) filter[name] = text;
  }
  const archived = params.get('archived');
  if (archived === 'true' || archived === 'false') filter.archived = archived === 'true';
  return filter;
}

/** How many criteria restrict. */
export function filterSize(filter: RunFilter): number {
  return Object.values(filter).filter((value) => value !== undefined && !(Array.isArray(value) && value.length === 0)).length;
}

/** Whether a run that was made or changed just now belongs to the list; null where only the server can say. */
export function filterAccepts(filter: RunFilter, run: RunSummary): boolean | null {
  if (filter.status?.length && !filter.status.includes(run.status)) return false;
  if (filter.exitReason?.length && !(run.exitReason && filter.exitReason.includes(run.exitReason))) return false;
  if (filter.archived !== undefined && filter.archived !== run.archived) return false;
  if (filter.tag?.length && !filter.tag.some((tag) => run.tags.includes(tag))) return false;
  if (!within(run.durationMs, filter.durationMinMs, filter.durationMaxMs)) return false;
  if (!within(run.attemptCount, filter.attemptsMin, filter.attemptsMax)) return false;
  if (!within(run.vramPeakBytes, filter.vramPeakMinBytes, filter.vramPeakMaxBytes)) return false;
  if (filter.text || filter.regex || filter.to || filter.gpu?.length || filter.workflow?.length || filter.model?.length || filter.story) return null;
  if (filter.worker?.length && !run.workerIds.some((id) => filter.worker!.includes(id))) return null;  // it may be a name
  if (filter.from && !filter.from.startsWith('-')) return null;
  return true;  // made just now, so within any "last n days"
}

function within(value: number | null, min: number | undefined, max: number | undefined): boolean {
  if (min === undefined && max === undefined) return true;
  return value !== null && value >= (min ?? Number.NEGATIVE_INFINITY) && value <= (max ?? Number.POSITIVE_INFINITY);
}

// A comma within an item is written "\,", a backslash before a comma or a backslash "\\".
function escaped(item: string): string {
  return item.replace(/\\(?=[,\\]|$)/g, '\\\\').replace(/,/g, '\\,');
}

function itemsOf(text: string): string[] {
  const items: string[] = [];
  let item = '';
  for (let at = 0; at < text.length; at += 1) {
    const escapes = text[at] === '\\' && (text[at + 1] === ',' || text[at + 1] === '\\');
    if (!escapes && text[at] === ',') {
      items.push(item);
      item = '';
    } else item += text[escapes ? (at += 1) : at];
  }
  return [...items, item].map((each) => each.trim()).filter(Boolean);
}
