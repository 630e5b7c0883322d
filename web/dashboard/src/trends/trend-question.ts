import { filterOfQuery, filterQuery, type Metric, type RunFilter } from '@comfytrace/client';
import { kMetricWords } from '../measure.ts';

/** What the address of Trends asks: the filter's grammar, and beside it the measure and how runs are compared. */
export interface TrendQuestion {
  filter: RunFilter;
  metric: Metric;
  likeForLike: boolean;
}

export const kMetrics = Object.keys(kMetricWords) as Metric[];

export function questionOf(query: string): TrendQuestion {
  const params = new URLSearchParams(query);
  const wanted = params.get('metric');
  return { filter: filterOfQuery(query), metric: kMetrics.find((each) => each === wanted) ?? 'duration', likeForLike: params.get('likeForLike') !== 'false' };
}

export function pathOf({ filter, metric, likeForLike }: TrendQuestion): string {
  const params = filterQuery(filter);
  if (metric !== 'duration') params.set('metric', metric);
  if (!likeForLike) params.set('likeForLike', 'false');
  return params.size > 0 ? `/trends?${params}` : '/trends';
}

/** Where the runs behind a number are listed. */
export function runsPathOf(filter: RunFilter, more: RunFilter = {}): string {
  const params = filterQuery({ ...filter, ...more });
  return params.size > 0 ? `/runs?${params}` : '/runs';
}

export const kSpans: readonly { value: string; word: string }[] = [
  { value: '', word: 'All time' }, { value: '-7d', word: 'Last 7 days' }, { value: '-30d', word: 'Last 30 days' }, { value: '-90d', word: 'Last 90 days' }, { value: '-365d', word: 'Last 365 days' },
];
