import { filterSize, type Metric, type RunFilter, type Trend } from '@comfytrace/client';
import { useMemo } from 'react';
import type { ComparisonChartData } from '../charts/chart-data.ts';
import { TelemetryComparisonChart } from '../charts/telemetry-comparison-chart.tsx';
import { formatCount, formatPercent, kGap, plural } from '../format.ts';
import { Frame } from '../frame/frame.tsx';
import { enoughText, kMetricWords, textOf } from '../measure.ts';
import { navigate, runPath, useAddress } from '../router.tsx';
import { useNow } from '../services.tsx';
import { Tabs } from '../ui/controls.tsx';
import { stateOf, type Absence } from '../ui/states.tsx';
import { VerdictClaim } from '../ui/verdict.tsx';
import { CostPanel, FailurePanel, NodePanel, SuccessPanel } from './side-panels.tsx';
import { SpanPick, TrendPicks } from './trend-picks.tsx';
import { kMetrics, pathOf, questionOf, type TrendQuestion } from './trend-question.ts';
import { trendChart } from './trend-chart.ts';
import { useFailures, useLanes, useTrend } from './use-trend.ts';
import './trends.css';

const openRun = (runId: string) => navigate(runPath(runId));

/** How the runs go with time, and what changed where they stepped; the address holds filter and measure. */
export function TrendsView() {
  const { query } = useAddress();
  const question = useMemo(() => questionOf(query), [query]);
  const { filter, likeForLike } = question;
  const go = (change: Partial<TrendQuestion>) => navigate(pathOf({ ...question, ...change }), { replace: true });
  const setFilter = (next: RunFilter) => go({ filter: next });
  return (
    <Frame crumb={<><h1 className="crumb-h">Trends</h1><span className="el">{likeForLike ? 'like for like over time' : 'as measured over time'}</span></>} actions={<SpanPick filter={filter} onChange={setFilter} />}>
      <div className="trends">
        <section className="panel trend-head" aria-label="What is charted">
          <TrendPicks filter={filter} likeForLike={likeForLike} onChange={setFilter} onLike={(on) => go({ likeForLike: on })} />
        </section>
        <MainChart question={question} onMetric={(next) => go({ metric: next })} />
        <div className="trend-side">
          <SuccessPanel filter={filter} />
          <SidePanels question={question} />
        </div>
      </div>
    </Frame>
  );
}

function SidePanels({ question }: { question: TrendQuestion }) {
  const { data } = useTrend({ ...question, metric: 'duration' });
  return (
    <>
      <NodePanel filter={question.filter} trend={data} />
      <FailurePanel filter={question.filter} />
      <CostPanel filter={question.filter} />
    </>
  );
}

function MainChart({ question, onMetric }: { question: TrendQuestion; onMetric: (metric: Metric) => void }) {
  const { filter, metric } = question;
  const asked = useTrend(question);
  const trend = asked.data;
  const failures = useFailures(filter, trend);
  const lanes = useLanes(filter, trend);
  const now = useNow();
  const chart = useMemo(() => (trend ? trendChart(trend, now) : null), [trend, Math.floor(now / 86_400_000)]);
  const data: ComparisonChartData | null = chart && { ...chart, failures: metric === 'successRate' ? [] : failures, lanes };
  const title = kMetricWords[metric].title;
  return (
    <TelemetryComparisonChart
      title={title} about={trend && aboutOf(trend)} data={data} onOpen={openRun} state={stateOf(asked, trend !== undefined, trend ? absenceOf(trend, filterSize(filter) > 0) : null)} height={236}
      actions={<Tabs label="Measure" value={metric} choices={kMetrics.map((value) => ({ value, word: kMetricWords[value].title }))} onChange={onMetric} />}
      foot={trend && <TrendWords trend={trend} />}
    />
  );
}

/** On what it rests, and how small a step it would show. */
export function aboutOf(trend: Trend): string {
  return [
    `${plural(trend.runsJudged, 'run')}${trend.runs > trend.runsJudged ? ` of ${formatCount(trend.runs)}` : ''}`,
    trend.variation !== null ? `noise: CV ${formatPercent(trend.variation, 1)}` : null,
    trend.smallestStep !== null ? `smallest step to be seen: ${formatPercent(trend.smallestStep, 1)} within 8${kGap}runs` : null,
  ].filter(Boolean).join('; ');
}

export function absenceOf(trend: Trend, filtered = true): Absence | null {
  if (trend.series.y.some((value) => value !== null)) return null;
  if (trend.runs === 0 && !filtered) return { is: 'empty', icon: 'chart-spline', title: 'No runs yet', next: 'Runs are charted as soon as a few of a kind have succeeded.' };
  if (trend.runs === 0) return { is: 'empty', icon: 'chart-spline', title: 'No run matches', next: 'Take a criterion away, or look further back.' };
  const metric = kMetricWords[trend.metric].title.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
  if (trend.runsMissing > 0 && trend.runsJudged === 0) return { is: 'empty', icon: 's-nodata', title: `No ${metric} known`, next: `${plural(trend.runsMissing, 'run')} match, none of which has it${trend.metric === 'vramPeak' ? '; memory is sampled while a worker is watched' : ''}.` };
  return { is: 'notEnough', have: enoughText(trend.runsJudged, Math.max(1, trend.slope.needed)), detail: trend.sentence };
}

/** Sentences one after the other, each with its full stop, none twice. */
export function joined(sentences: readonly (string | null | undefined)[]): string {
  return [...new Set(sentences.filter((each): each is string => !!each))].map((each) => (/[.!?]$/.test(each) ? each : `${each}.`)).join(' ');
}

function TrendWords({ trend }: { trend: Trend }) {
  const latest = trend.steps.at(-1);
  const known = trend.scaleSentence.includes('left out');
  const words = joined([
    trend.sentence.includes(trend.slope.sentence.replace(/\.$/, '')) ? null : trend.slope.sentence, trend.scaleSentence,
    trend.median !== null && trend.scale === 'plain' && trend.metric !== 'successRate' ? `Median ${textOf(trend.median, kMetricWords[trend.metric].unit)}` : null,
    trend.runsLeftOut > 0 && !known ? `${plural(trend.runsLeftOut, 'run')} left out: too few like them here` : null, trend.runsMissing > 0 ? `${plural(trend.runsMissing, 'run')} without a value` : null,
  ]);
  return (
    <div className="trend-words">
      <VerdictClaim verdict={trend.verdict} sentence={trend.sentence} delta={latest?.size ?? trend.slope.ratioPerDay} heading />
      {words && <p className="t2 s12">{words}</p>}
    </div>
  );
}
