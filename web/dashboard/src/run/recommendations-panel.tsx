import type { Run } from '@comfytrace/client';
import { Suspense, lazy } from 'react';
import { navigate } from '../router.tsx';
import { useSuggestions } from '../services.tsx';
import { StatePanel, type PartState } from '../ui/states.tsx';

/** Few runs have any. */
const RecommendationBadge = lazy(async () => ({ default: (await import('../telemetry/recommendation-badge.tsx')).RecommendationBadge }));

/** The suggestions whose evidence names this run. */
export function RecommendationsPanel({ run }: { run: Run }) {
  const suggestions = useSuggestions();
  const { state, error, pending, actionError, dismiss, defer, apply, reopen, refresh } = suggestions;
  const mine = suggestions.recommendations.filter((each) => each.evidenceRunIds.includes(run.runId));
  const open = mine.filter((each) => each.state === 'open').length;
  const shown: PartState = state === 'loading' ? { is: 'loading' }
    : state === 'error' ? { is: 'error', detail: error ?? 'comfytrace gave no reason', onRetry: () => void refresh() }
    : mine.length === 0 ? { is: 'empty', icon: 'lightbulb', title: 'No suggestion rests on this run', next: 'They come from many runs; Insights has all of them.' }
    : { is: 'ready' };
  return (
    <StatePanel label="Recommendations" title="Recommendations" about={mine.length > 0 ? `${open} open` : undefined} state={shown} minHeight={84} lines={3}>
      <Suspense fallback={<p className="pb t3" aria-busy="true">Reading</p>}>
        <ul className="rec-list">
          {mine.map((each) => (
            <li key={each.id}>
              <RecommendationBadge
                recommendation={each} pending={pending.has(each.id)} error={actionError?.id === each.id ? actionError.sentence : null}
                onDismiss={(id) => void dismiss(id)} onDefer={(id, untilMs) => void defer(id, untilMs)} onReopen={(id) => void reopen(id)}
                apply={{ word: 'Mark applied', onApply: (id) => void apply(id) }}
                onShow={() => navigate(`/insights?id=r-${encodeURIComponent(each.id)}`)}
              />
            </li>
          ))}
        </ul>
      </Suspense>
    </StatePanel>
  );
}
