import { Frame } from '../frame/frame.tsx';
import { navigate } from '../router.tsx';
import { useSuggestions } from '../services.tsx';
import { RecommendationBadge } from '../telemetry/recommendation-badge.tsx';
import { comparePath } from '../router.tsx';
import { StatePanel, type PartState } from '../ui/states.tsx';

/** What comfytrace suggests. */
export function InsightsView() {
  const { state, recommendations, open, error, pending, actionError, refresh, dismiss, defer, reopen } = useSuggestions();
  const shown: PartState = state === 'loading' ? { is: 'loading' }
    : state === 'error' ? { is: 'error', detail: error ?? '', onRetry: () => void refresh() }
      : state === 'empty' ? { is: 'empty', icon: 'check', title: 'Nothing to recommend' }
        : { is: 'ready', caveat: error ? { is: 'stale', detail: error } : null };
  return (
    <Frame crumb={<><b>Insights</b>{state === 'ready' && <span>{open.length} open</span>}</>}>
      <StatePanel label="Recommendations" title="Recommendations" state={shown} minHeight={240} lines={8}>
        <ul className="rec-list">
          {recommendations.map((each) => (
            <li key={each.id}>
              <RecommendationBadge
                recommendation={each} pending={pending.has(each.id)} error={actionError?.id === each.id ? actionError.sentence : null}
                onDismiss={(id) => void dismiss(id)} onDefer={(id, until) => void defer(id, until)} onReopen={(id) => void reopen(id)}
                onShow={(one) => navigate(comparePath(one.evidenceRunIds.slice(0, 8)))}
              />
            </li>
          ))}
        </ul>
      </StatePanel>
    </Frame>
  );
}
