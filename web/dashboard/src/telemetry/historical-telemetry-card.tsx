import type { GroupStatistics, RunComparison, RunSummary, Trend } from '@comfytrace/client';
import { durationParts, exitReasonWords, formatCount, formatWhen, kGap, plural } from '../format.ts';
import { deltaText, enoughText, rangeText, textOf } from '../measure.ts';
import { Link, runPath } from '../router.tsx';
import { useNow } from '../services.tsx';
import { KeyValue } from '../ui/key-value.tsx';
import { Measure, StatusMark, statusTone } from '../ui/parts.tsx';
import { StatePanel, type PartState } from '../ui/states.tsx';
import { VerdictClaim, verdictTone } from '../ui/verdict.tsx';
import { wilson } from './success-interval.ts';

export interface HistoricalTelemetryCardProps {
  state: PartState;
  /** This run against the runs like it; null while there is none to compare. */
  comparison: RunComparison | null;
  /** Of the like runs. */
  statistics: GroupStatistics | null;
  /** The newest like runs, newest first, this one included. */
  recent: readonly RunSummary[];
  /** How their duration goes with time; its words are the server's, never worked out from `recent`. */
  trend: Trend | null;
  trendHref?: string;
  runId?: string;
  /** Where the claim stands elsewhere on the page already. */
  claims?: boolean;
  /** What the numbers are of, where it is not the like runs alone. */
  note?: string;
}

/** One run in the light of the runs like it: verdict with its evidence, trend, the newest of them. */
export function HistoricalTelemetryCard({ state, comparison, statistics, recent, trend, trendHref, runId, claims = true, note }: HistoricalTelemetryCardProps) {
  const now = useNow();
  const cohort = comparison?.cohort;
  const baseline = comparison?.duration.baselineMedian ?? null;
  const about = cohort ? (cohort.level === null ? enoughText(cohort.n, cohort.needed, 'like runs') : `${formatCount(cohort.n)} like runs${cohort.fromMs === null ? '' : ` since ${formatWhen(cohort.fromMs, now)}`}`) : undefined;
  const decided = statistics ? statistics.runsSucceeded + statistics.runsPartial + statistics.runsFailed + statistics.runsTimedOut : 0;
  const interval = statistics ? wilson(statistics.runsSucceeded, decided) : null;
  return (
    <StatePanel label="HistoricalTelemetryCard" title="History" about={about} actions={trendHref && <Link href={trendHref} className="s12">Trend</Link>} state={state} minHeight={228} lines={7} lineHeight={26}>
      <div className="pb stack">
        {claims && comparison && (
          <VerdictClaim
            verdict={comparison.verdict} sentence={comparison.sentence} delta={comparison.duration.deltaRatio} interval={comparison.duration.deltaRatioInterval}
            n={comparison.duration.n} needed={comparison.duration.needed} cohort={comparison.cohort}
          />
        )}
        {statistics && (
          <dl className="kv-row">
            <KeyValue label="Success rate" value={statistics.successRate} unit="rate" missing="none ended" evidence={interval && `${formatCount(statistics.runsSucceeded)} of ${formatCount(decided)}, 95${kGap}% ${rangeText(interval.low, interval.high, 'rate')}`} />
            <KeyValue label="Median" value={statistics.durationMs.median} unit="ms" missing="none ended" evidence={statistics.durationMs.n === 1 ? 'one value' : (rangeText(statistics.durationMs.min, statistics.durationMs.max, 'ms') ?? undefined)} />
            <KeyValue label="Frames" value={statistics.frames} evidence={plural(statistics.scenes, 'scene')} />
          </dl>
        )}
        {recent.length > 0 && (
          <ul className="recent" aria-label="Newest like runs">
            {recent.slice(0, 5).map((run) => {
              // What an unsuccessful run took says nothing about speed.
              const delta = baseline && run.durationMs !== null && run.status === 'success' ? run.durationMs / baseline - 1 : null;
              return (
                <li key={run.runId}>
                  <StatusMark status={run.status} iconOnly />
                  {run.runId === runId ? <b>this run</b> : <Link className="quiet" href={runPath(run.runId)}>{formatWhen(run.createdAtMs, now)}</Link>}
                  <span className="sp" />
                  <Measure parts={durationParts(run.durationMs)} missing="not told" />
                  <span className={`recent-delta ${run.runId === runId && comparison ? verdictTone(comparison.verdict) : 't3'}`}>{deltaText(delta, 'ratio') ?? (run.status === 'success' ? '' : <span className={statusTone(run.status)}>{exitReasonWords(run.exitReason) ?? run.status}</span>)}</span>
                </li>
              );
            })}
          </ul>
        )}
        {trend && (
          <VerdictClaim
            verdict={trend.verdict} sentence={trend.sentence} delta={trend.steps.at(-1)?.size ?? trend.slope.ratioPerDay}
            interval={/interval/.test(trend.sentence) ? null : trend.steps.at(-1)?.sizeInterval ?? null} n={trend.runsJudged} needed={trend.slope.needed}
          />
        )}
        {note && <p className="t3 s11">{note}</p>}
        {comparison && baseline !== null && <p className="t3 s11">Percent: against the median of the like runs, {textOf(baseline, 'ms')}.</p>}
      </div>
    </StatePanel>
  );
}
