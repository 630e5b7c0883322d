import { useQuery } from '@tanstack/react-query';
import { formatCount, formatPercent } from '../format.ts';
import { enoughText, intervalText } from '../measure.ts';
import { useServices } from '../services.tsx';
import { stateOf, StatePanel } from '../ui/states.tsx';

const kNeeded = 10;

/** How often the estimates of "done in …" were right, as measured here. */
export function CoveragePanel() {
  const { api } = useServices();
  const asked = useQuery({ queryKey: ['eta'], queryFn: ({ signal }) => api.eta(signal), refetchInterval: 60_000, retry: false });
  const score = asked.data?.score;
  const few = score && score.n < kNeeded ? { is: 'notEnough' as const, have: enoughText(score.n, kNeeded - score.n, 'estimates'), detail: 'An estimate is scored when its scene has ended.' } : null;
  const part = (count: number) => ({ flexGrow: count });
  return (
    <StatePanel label="Estimates" title="Estimates, measured" about={score && score.n >= kNeeded ? `${formatCount(score.n)} that can be judged` : undefined} state={stateOf(asked, score !== undefined, few)} minHeight={96} lines={2}>
      {score && (
        <div className="pb coverage">
          <p><b>{formatPercent(score.coverageRate)} ended within the {formatPercent(score.level)} interval</b> <span className="t2">{intervalText(score.coverageInterval, 'rate')}</span></p>
          <div className="coverage-bar" role="img" aria-label={`${score.sooner} sooner, ${score.inside} within, ${score.later} later`}>
            <span style={part(score.sooner)} className="sooner" /><span style={part(score.inside)} className="inside" /><span style={part(score.later)} className="later" />
          </div>
          <p className="row s11 t3"><span>{formatCount(score.sooner)} sooner</span><span className="sp" /><span>{formatCount(score.inside)} within</span><span className="sp" /><span>{formatCount(score.later)} later</span></p>
        </div>
      )}
    </StatePanel>
  );
}
