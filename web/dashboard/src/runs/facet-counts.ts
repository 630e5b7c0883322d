import { listKeys, type GroupBy, type ListKey, type RunFilter, type Statistics } from '@comfytrace/client';
import type { Facet, Facets } from '../telemetry/telemetry-filter-panel.tsx';
import type { Week } from '../telemetry/week-brush.tsx';

// What the filter panel counts, asked of /statistics. Pure.

const kWeek = 7 * 86_400_000;

/** The question behind each list of values: all criteria but that list's own. */
export function facetQuestions(filter: RunFilter): { key: ListKey; groupBy: GroupBy; filter: RunFilter }[] {
  return listKeys.map((key) => ({ key, groupBy: key, filter: without(filter, key) }));
}

export function without(filter: RunFilter, ...keys: (keyof RunFilter)[]): RunFilter {
  const rest = { ...filter };
  for (const key of keys) delete rest[key];
  return rest;
}

/** Values with their runs, most first. "" is "not known", which no filter can ask for. */
export function facetOf(key: ListKey, statistics: Statistics, workerName: (id: string) => string): Facet[] {
  return statistics.groups
    .filter((group) => group.key !== '')
    .map((group) => ({ value: group.key, count: group.runs, ...(key === 'worker' ? { word: workerName(group.key) } : {}) }));
}

/** null until every list was counted once; afterwards a list that is not read again keeps its place without counts. */
export function facetsOf(answers: readonly { key: ListKey; statistics: Statistics | undefined; failed: boolean }[], workerName: (id: string) => string): Facets | null {
  if (answers.some((answer) => answer.statistics === undefined && !answer.failed)) return null;
  const facets: Facets = {};
  for (const { key, statistics } of answers) if (statistics) facets[key] = facetOf(key, statistics, workerName);
  return facets;
}

/** One a week, the empty ones too, oldest first. */
export function weeksOf(statistics: Statistics): Week[] {
  const known = new Map(statistics.groups.flatMap((group) => (group.fromMs === null ? [] : [[group.fromMs, group.runs] as const])));
  const starts = [...known.keys()].sort((a, b) => a - b);
  const weeks: Week[] = [];
  for (let at = starts[0] ?? 0; starts.length > 0 && at <= starts.at(-1)!; at += kWeek) weeks.push({ fromMs: at, runs: known.get(at) ?? 0 });
  return weeks;
}

/** Minutes that the clock here is ahead of UTC: where days and weeks begin. */
export function utcOffsetMinutes(now = new Date()): number {
  return -now.getTimezoneOffset();
}
