import { filterSize, type RunFilter, type Trend } from '@comfytrace/client';
import { chartOfTrend } from '../charts/chart-data.ts';
import { BarList } from '../charts/small-charts.tsx';
import { TelemetryComparisonChart } from '../charts/telemetry-comparison-chart.tsx';
import { exitReasonWords, formatCount, formatDay, formatDuration, formatPercent, plural, shortId } from '../format.ts';
import { deltaText, enoughText, textOf } from '../measure.ts';
import { Link } from '../router.tsx';
import { nodeClass } from '../run/node-class.ts';
import { useNow } from '../services.tsx';
import { costText, usePrice } from '../settings/price.ts';
import { stateOf, StatePanel, type Absence } from '../ui/states.tsx';
import { failureShares, nodeShares, takenBack, workflowTimes } from './shares.ts';
import { runsPathOf } from './trend-question.ts';
import { sidesOf, useGroups, useTrend } from './use-trend.ts';

const kHeight = 226;
const kRows = 5;
function nothing(filter: RunFilter): Absence {
  return filterSize(filter) > 0 ? { is: 'empty', icon: 's-nodata', title: 'No run matches', next: 'Take a criterion away, or look further back.' } : { is: 'empty', icon: 's-nodata', title: 'No runs yet' };
}

/** How often runs succeed, week by week with the interval of each. */
export function SuccessPanel({ filter }: { filter: RunFilter }) {
  const asked = useTrend({ filter, metric: 'successRate', likeForLike: true }, 'week');
  const now = useNow();
  const trend = asked.data;
  const chart = trend ? chartOfTrend(trend, now) : null;
  // Each week has its interval; a band of weeks on top of it would say the same again.
  const data = chart && { ...chart, segments: chart.segments?.map(({ low: _low, high: _high, label: _label, ...segment }) => segment) };
  const empty = trend && trend.series.xMs.length === 0 ? (trend.runs === 0 ? nothing(filter) : { is: 'notEnough' as const, have: enoughText(trend.runsJudged, Math.max(1, trend.slope.needed)) }) : null;
  return (
    <TelemetryComparisonChart
      title="Success rate" about="by week" size="small" height={kHeight - 24} data={data} foot={trend?.sentence || trend?.slope.sentence}
      state={stateOf(asked, trend !== undefined, empty)}
    />
  );
}

/** Which classes of nodes take the time; since the newest step, how each changed. */
export function NodePanel({ filter, trend }: { filter: RunFilter; trend: Trend | undefined }) {
  const now = useNow();
  const asked = useGroups(filter, 'nodeClass');
  const sides = sidesOf(trend, filter);
  const before = useGroups(sides?.before ?? filter, 'nodeClass', sides !== null);
  const after = useGroups(sides?.after ?? filter, 'nodeClass', sides !== null);
  const around = sides && before.data && after.data ? { before: before.data, after: after.data } : null;
  const shares = asked.data ? nodeShares(asked.data, around) : [];
  const shown = shares.slice(0, kRows);
  const empty = shares.length > 0 ? null : asked.data && asked.data.total.runs === 0 ? nothing(filter)
    : { is: 'empty' as const, icon: 'puzzle', title: 'No node times', next: 'A stock ComfyUI tells them only to whoever queued the prompt; the extension tells them all.' };
  return (
    <StatePanel
      label="Where the time goes" title="Where the time goes" about={shares.length > 0 ? plural(shares.length, 'class of node', 'classes of nodes') : undefined} state={stateOf(asked, asked.data !== undefined, empty)} minHeight={kHeight} lines={kRows} lineHeight={38}
      foot={sides ? `Share of executed time; change of the median: since ${formatDay(sides.atMs, now)}` : 'Share of executed time; the time is the median of a run'}
    >
      <div className="pb">
        <BarList
          label="Executed time by class of node"
          items={shown.map((each) => ({
            key: each.classType, name: each.classType, value: each.totalMs, className: `k-${nodeClass(each.classType)}`,
            text: <>{formatDuration(each.medianMs) ?? formatDuration(each.totalMs)}{each.change !== null && <span className={`bar-change ${Math.abs(each.change) < 0.03 ? 't3' : each.change > 0 ? 'warn' : 'ok'}`}>{deltaText(each.change, 'ratio')}</span>}</>,
            note: textOf(each.share, 'ratio'),
          }))}
        />
      </div>
    </StatePanel>
  );
}

/** Why runs did not succeed; the first few together. */
export function FailurePanel({ filter }: { filter: RunFilter }) {
  const asked = useGroups(filter, 'exitReason');
  const shares = asked.data ? failureShares(asked.data) : [];
  const failed = shares.reduce((sum, each) => sum + each.runs, 0);
  const ended = asked.data?.total.runs ?? 0;
  const cancelled = asked.data ? takenBack(asked.data) : 0;
  const empty = shares.length > 0 ? null : ended === 0 ? nothing(filter) : { is: 'empty' as const, icon: 's-success', title: 'Nothing failed', next: `All of ${plural(ended, 'run')} succeeded or are under way.` };
  return (
    <StatePanel
      label="Failures" title="Failures" about={failed > 0 ? `${plural(failed, 'run')} by exit reason` : undefined} state={stateOf(asked, asked.data !== undefined, empty)} minHeight={kHeight} lines={kRows} lineHeight={38}
      foot={[shares.length > 2 ? `The first two make ${formatPercent(shares[1]!.cumulative)}` : `Of ${plural(ended, 'run')}`, cancelled > 0 ? `${plural(cancelled, 'run')} taken back ${cancelled === 1 ? 'is' : 'are'} not counted` : ''].filter(Boolean).join('; ')}
    >
      <div className="pb">
        <BarList
          label="Runs that did not succeed, by exit reason"
          items={shares.slice(0, kRows).map((each, at) => ({
            key: each.reason, value: each.runs, className: at === 0 ? 'bad-bar' : undefined, name: <Link className="quiet" href={runsPathOf(filter, { exitReason: [each.reason as never] })}>{exitReasonWords(each.reason) ?? each.reason}</Link>,
            text: formatCount(each.runs), note: formatPercent(each.share, each.share < 0.1 ? 1 : 0),
          }))}
        />
      </div>
    </StatePanel>
  );
}

/** How long the GPU worked for which workflow, and what that cost where a price is set. */
export function CostPanel({ filter }: { filter: RunFilter }) {
  const price = usePrice();
  const asked = useGroups(filter, 'workflow');
  const times = asked.data ? workflowTimes(asked.data, kRows) : [];
  const sum = asked.data?.total.durationMs.sum ?? 0;
  const cost = costText(sum, price);
  return (
    <StatePanel
      label="GPU time and cost" title="GPU time" about={times.length > 0 ? [formatDuration(sum), cost].filter(Boolean).join(', ') : undefined} state={stateOf(asked, asked.data !== undefined, times.length === 0 ? nothing(filter) : null)}
      minHeight={kHeight} lines={kRows} lineHeight={38}
      foot={price ? <>At {price.perHour} {price.currency} an hour, <Link href="/settings">your setting</Link></> : <>Time that runs executed. <Link href="/settings">Set a price</Link> to see what it costs.</>}
    >
      <div className="pb">
        <BarList
          label="GPU time by workflow"
          items={times.map((each) => ({
            key: `${each.key} ${each.of}`, value: each.ms, note: plural(each.runs, 'run'),
            name: each.key ? <Link className="quiet" href={runsPathOf(filter, { workflow: [each.key] })}>{shortId(each.key)}</Link> : each.of === 1 ? 'workflow not told' : `${formatCount(each.of)} others`,
            text: <>{formatDuration(each.ms)}{price && <b className="bar-cost">{costText(each.ms, price)}</b>}</>,
          }))}
        />
      </div>
    </StatePanel>
  );
}
