import type { Run, RunComparison, Trend } from '@comfytrace/client';
import { TelemetryComparisonChart } from '../charts/telemetry-comparison-chart.tsx';
import { chartOfTrend } from '../charts/chart-data.ts';
import { plural } from '../format.ts';
import { enoughText, intervalText, type AnyUnit } from '../measure.ts';
import { navigate, runPath } from '../router.tsx';
import { useNow } from '../services.tsx';
import { stateOf, type PartState } from '../ui/states.tsx';
import { VerdictMark } from '../ui/verdict.tsx';
import { likeChart } from './like-chart-data.ts';
import type { LikeRuns } from './like-runs.ts';
import type { Asked } from './like-state.ts';

/** The run among those like it: duration and memory of each, and how often runs of this work go well. */
export function LikeCharts({ run, comparison, like, likeState, success, vramTotalBytes }: {
  run: Run; comparison: RunComparison; like: LikeRuns | null; likeState: PartState; success: Asked<Trend>; vramTotalBytes: number | null;
}) {
  const now = useNow();
  const { cohort, duration, vramPeak } = comparison;
  const open = (runId: string) => navigate(runPath(runId));
  const peaks = run.scenes.flatMap((scene) => scene.attempts).flatMap((attempt) => attempt.vramPeakBytes ?? []);
  const peak = peaks.length > 0 ? Math.max(...peaks) : null;
  const few: PartState = { is: 'notEnough', have: enoughText(cohort.n, cohort.needed, 'like runs'), detail: cohort.sentence };
  const stateFor = (values: readonly unknown[]): PartState => (cohort.level === null ? few : likeState.is === 'ready' && values.length === 0 ? { is: 'empty', title: 'No like run has this number' } : likeState);
  const runs = like?.runs ?? [];
  const drawn = (value: number | null, of: 'durationMs' | 'vramPeakBytes', unit: AnyUnit) => likeChart(runs, run, of, value, unit);
  const durations = drawn(run.durationMs, 'durationMs', 'ms');
  const memory = drawn(peak, 'vramPeakBytes', 'memory');
  const successData = success.data && success.data.series.xMs.length > 0 ? chartOfTrend(success.data, now) : null;
  return (
    <section className="like-charts" aria-label="Against like runs">
      <header className="row"><h2>Against like runs</h2><span className="t3 s12 el">{cohort.level === null ? few.have : `${plural(runs.length, 'run')} of ${cohort.n}; blue: this run; band: the middle half`}</span></header>
      <div className="like-grid">
        <TelemetryComparisonChart
          title="Duration" size="small" state={stateFor(durations.series.x.slice(1))} data={durations} onOpen={open} syncKey="like" about=""
          actions={<VerdictMark verdict={duration.verdict} delta={duration.deltaRatio} n={duration.n} needed={duration.needed} />}
          foot={[intervalText(duration.deltaRatioInterval, 'ratio'), `n 1 against ${duration.n}`].filter(Boolean).join(', ')}
        />
        <TelemetryComparisonChart
          title="Success rate" size="small" state={stateOf(success, successData !== null || success.data !== undefined, successData ? null : { is: 'empty', title: 'No run of this work has ended' })} data={successData} about=""
          foot={success.data && `${success.data.sentence}; all runs of this workflow and model`}
        />
        <TelemetryComparisonChart
          title="VRAM peak" size="small" state={stateFor(peak === null && memory.series.y.every((value) => value === null) ? [] : memory.series.x)} onOpen={open} syncKey="like" about=""
          data={{ ...memory, limit: vramTotalBytes === null ? null : { value: vramTotalBytes, word: 'device' } }}
          actions={<VerdictMark verdict={vramPeak.verdict} delta={vramPeak.delta} unit="memory" n={vramPeak.n} needed={vramPeak.needed} />}
          foot={[vramPeak.sentence].filter(Boolean).join(', ')}
        />
      </div>
    </section>
  );
}
