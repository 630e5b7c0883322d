import type { GroupStatistics } from '@comfytrace/client';
import { Histogram, type HistogramBin } from '../charts/small-charts.tsx';
import { formatCount, kGap, plural } from '../format.ts';
import { rangeText, textOf } from '../measure.ts';
import { KeyValue } from '../ui/key-value.tsx';
import { CaveatMark, isAbsent, kReady, StatePanel, type Caveat, type PartState } from '../ui/states.tsx';
import { wilson } from './success-interval.ts';

export interface RunStatisticsPanelProps {
  state: PartState;
  statistics: GroupStatistics | null;
  /** Of the durations, where the server told them. */
  bins?: readonly HistogramBin[];
  /** What an hour of GPU time costs, where a price is set. */
  price?: { perHour: number; currency: string };
}

/** Eight numbers over all matching runs, each with its unit and what it rests on, and their distribution. */
export function RunStatisticsPanel({ state, statistics, bins = [], price }: RunStatisticsPanelProps) {
  return (
    <StatePanel label="RunStatisticsPanel" state={isAbsent(state) ? state : kReady} minHeight={74} lines={2} lineHeight={24} className="stats-panel">
      {statistics && <Body caveat={isAbsent(state) ? null : (state.caveat ?? null)} statistics={statistics} bins={bins} price={price} />}
    </StatePanel>
  );
}

function Body({ caveat, statistics, bins, price }: { caveat: Caveat | null; statistics: GroupStatistics; bins: readonly HistogramBin[]; price: RunStatisticsPanelProps['price'] }) {
  const { durationMs, queueWaitMs, vramPeakBytes } = statistics;
  const ended = statistics.runsSucceeded + statistics.runsPartial + statistics.runsFailed + statistics.runsTimedOut;
  const interval = wilson(statistics.runsSucceeded, ended);
  const hours = durationMs.sum / 3_600_000;
  const about = (value: number | null, unit: 'ms' | 'memory', word: string) => (value === null ? undefined : `${word} ${textOf(value, unit)}`);
  return (
    <div className="stats-row">
      <dl className="kv-row spread">
        <KeyValue label="Runs" value={statistics.runs} evidence={caveat ? <CaveatMark caveat={caveat} brief /> : plural(statistics.scenes, 'scene')} title={statistics.runsOpen > 0 ? `${formatCount(statistics.runsOpen)} of them are not over` : undefined} />
        <KeyValue label="Success rate" value={statistics.successRate} unit="rate" missing="none" evidence={interval ? `95${kGap}% ${rangeText(interval.low, interval.high, 'rate')}` : 'no run has ended'} />
        <KeyValue label="Median" value={durationMs.median} unit="ms" missing="none" evidence={about(durationMs.mean, 'ms', 'mean') ?? 'no run has ended'} />
        <KeyValue label="p95" value={durationMs.p95} unit="ms" missing="none" evidence={about(durationMs.p99, 'ms', 'p99')} title={durationMs.exact ? undefined : 'within 0.2 %'} />
        <KeyValue
          label="Range" value={durationMs.n < 2 ? <span className="t3 missing">{durationMs.n === 1 ? 'one value' : 'none'}</span> : rangeText(durationMs.min, durationMs.max, 'ms')}
          evidence={durationMs.standardDeviation === null ? 'no spread from one value' : `std dev ${textOf(durationMs.standardDeviation, 'ms')}`}
        />
        <KeyValue label="Queue wait" value={queueWaitMs.median} unit="ms" missing="not told" evidence={queueWaitMs.n > 0 ? 'median' : undefined} />
        <KeyValue label="VRAM peak" value={vramPeakBytes.median} unit="memory" missing="no sample" evidence={about(vramPeakBytes.p95, 'memory', 'p95') ?? (vramPeakBytes.n > 0 ? 'median' : 'no run was sampled')} />
        <KeyValue label="GPU time" value={durationMs.n === 0 ? null : durationMs.sum} unit="ms" missing="none" evidence={price ? `${(hours * price.perHour).toFixed(2)} ${price.currency} at ${price.perHour} ${price.currency}/h` : plural(statistics.attempts, 'attempt')} />
      </dl>
      {bins.length > 0 && (
        <Histogram
          bins={bins} unit="ms" width={220} height={62} label={`Durations of ${formatCount(durationMs.n)} runs, median ${textOf(durationMs.median, 'ms')}, p95 ${textOf(durationMs.p95, 'ms')}`}
          marks={[durationMs.median === null ? null : { value: durationMs.median, word: 'median' }, durationMs.p95 === null ? null : { value: durationMs.p95, word: 'p95' }].filter((mark) => mark !== null)}
        />
      )}
    </div>
  );
}
