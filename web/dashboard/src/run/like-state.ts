import { plural } from '../format.ts';
import { stateOf, type PartState } from '../ui/states.tsx';
import type { LikeRuns } from './like-runs.ts';

/** What a query gives, as far as the parts of the page look at it. */
export interface Asked<T> {
  data: T | undefined;
  isPending: boolean;
  error: Error | null;
  dataUpdatedAt: number;
  refetch: () => unknown;
}

/** Of the like runs: partial where some of the cohort are gone meanwhile. */
export function likeStateOf(asked: Asked<LikeRuns>): PartState {
  const state = stateOf(asked, asked.data !== undefined);
  if (state.is !== 'ready' || !asked.data || asked.data.missing === 0) return state;
  return { is: 'ready', caveat: { is: 'partial', detail: `${plural(asked.data.missing, 'like run')} not found any more` } };
}
