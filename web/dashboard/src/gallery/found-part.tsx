import type { Alert } from '@comfytrace/client';
import { CoveragePanel } from '../insights/coverage-panel.tsx';
import { AlertDetail, DeviationDetail, RecommendationDetail, type Deeds } from '../insights/finding-detail.tsx';
import { FindingBones, FindingRow } from '../insights/finding-row.tsx';
import { alertFinding, deviationFinding, recommendationFinding } from '../insights/findings.ts';
import { CostPanel, FailurePanel, NodePanel, SuccessPanel } from '../trends/side-panels.tsx';
import { Panel } from '../ui/parts.tsx';
import { alert, deviation, kByClass, kByReason, kByWorkflow, kNoGroups, kRateTrend } from './found-samples.ts';
import { kEta, liveOf } from './live-samples.ts';
import { Part, State } from './part.tsx';
import { likeRuns } from './run-samples.ts';
import { recommendation } from './samples.ts';
import { Stage, type Answers } from './stage.tsx';
import '../insights/insights.css';
import '../trends/trends.css';

const nothing = () => undefined;
const deeds: Deeds = { onDismiss: nothing, onDefer: nothing, onApply: nothing, onReopen: nothing, onAcknowledge: nothing };
const seen: Answers = { '/runs': { runs: likeRuns.slice(0, 3), nextCursor: null, total: 3 }, ...Object.fromEntries(likeRuns.slice(0, 12).map((run) => [`/runs/${run.runId}`, run])) };
const over: Alert = { ...alert, severity: 'warning', clearedAtMs: alert.raisedAtMs + 60_000 };

export function TrendParts() {
  return (
    <Part name="Trends: beside the chart" min={340}>
      <State name="success rate"><Stage answers={{ '/trends': kRateTrend }}><SuccessPanel filter={{}} /></Stage></State>
      <State name="where the time goes"><Stage answers={{ '/statistics': kByClass }}><NodePanel filter={{}} trend={undefined} /></Stage></State>
      <State name="failures"><Stage answers={{ '/statistics': kByReason }}><FailurePanel filter={{}} /></Stage></State>
      <State name="GPU time"><Stage answers={{ '/statistics': kByWorkflow }}><CostPanel filter={{}} /></Stage></State>
      <State name="empty: nodes not told"><Stage answers={{ '/statistics': { ...kByClass, groups: [] } }}><NodePanel filter={{}} trend={undefined} /></Stage></State>
      <State name="empty: nothing failed"><Stage answers={{ '/statistics': { ...kByReason, groups: kByReason.groups.slice(0, 1) } }}><FailurePanel filter={{}} /></Stage></State>
      <State name="empty: no run matches"><Stage answers={{ '/statistics': kNoGroups }}><CostPanel filter={{ model: ['flux1-dev'] }} /></Stage></State>
      <State name="not enough data"><Stage answers={{ '/trends': { ...kRateTrend, runs: 3, runsJudged: 3, slope: { ...kRateTrend.slope, needed: 3 }, series: { ...kRateTrend.series, xMs: [], y: [], n: [], lower: [], upper: [], runIds: [] } } }}><SuccessPanel filter={{}} /></Stage></State>
      <State name="loading"><Stage answers="never"><NodePanel filter={{}} trend={undefined} /></Stage></State>
      <State name="error"><Stage answers="refused"><CostPanel filter={{}} /></Stage></State>
    </Part>
  );
}

export function InsightParts() {
  return (
    <>
      <Part name="Insights: what was found" min={420}>
        <State name="an alert, a suggestion, a deviation"><div className="panel"><ul><FindingRow finding={alertFinding(alert)} on={false} onSelect={nothing} /><FindingRow finding={recommendationFinding(recommendation)} on onSelect={nothing} /><FindingRow finding={deviationFinding(deviation)} on={false} onSelect={nothing} /></ul></div></State>
        <State name="over, deferred, better"><div className="panel"><ul><FindingRow finding={alertFinding(over)} on={false} onSelect={nothing} /><FindingRow finding={recommendationFinding({ ...recommendation, state: 'deferred', deferredUntilMs: Date.now() + 86_400_000 })} on={false} onSelect={nothing} /><FindingRow finding={deviationFinding({ ...deviation, verdict: 'better', ratio: 0.8, inARow: 1, sentence: 'took 37 s, 21 % less than the median of 42 like runs' })} on={false} onSelect={nothing} /></ul></div></State>
        <State name="loading"><div className="panel"><FindingBones /></div></State>
      </Part>
      <Part name="Insights: what it rests on" min={560}>
        <State name="suggestion"><Stage answers={seen}><Panel label="Suggestion"><RecommendationDetail recommendation={recommendation} rule={undefined} pending={false} error={null} deeds={deeds} /></Panel></Stage></State>
        <State name="suggestion, change taken back"><Stage answers={seen}><Panel label="Suggestion, not changed"><RecommendationDetail recommendation={{ ...recommendation, evidenceRunIds: [] }} rule={undefined} pending error="it is resolved" deeds={deeds} /></Panel></Stage></State>
        <State name="alert"><Stage live={liveOf()}><Panel label="Alert"><AlertDetail alert={alert} pending={false} error={null} deeds={deeds} /></Panel></Stage></State>
        <State name="deviation"><Stage answers={seen}><Panel label="Deviation"><DeviationDetail deviation={deviation} /></Panel></Stage></State>
        <State name="evidence not read"><Stage answers="refused"><Panel label="Deviation, evidence not read"><DeviationDetail deviation={deviation} /></Panel></Stage></State>
      </Part>
      <Part name="Insights: measured estimates" min={340}>
        <State name="ready"><Stage answers={{ '/eta': kEta }}><CoveragePanel /></Stage></State>
        <State name="empty: none ended yet"><Stage answers={{ '/eta': { ...kEta, score: { ...kEta.score, n: 0, inside: 0, sooner: 0, later: 0, coverageRate: null, coverageInterval: null, sentence: '' } } }}><CoveragePanel /></Stage></State>
        <State name="loading"><Stage answers="never"><CoveragePanel /></Stage></State>
        <State name="error"><Stage answers="refused"><CoveragePanel /></Stage></State>
      </Part>
    </>
  );
}
