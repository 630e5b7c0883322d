import { freshnessOf, type Verdict } from '@comfytrace/client';
import { ActiveFilters } from '../telemetry/active-filters.tsx';
import { badgeFactsOf } from '../telemetry/badge-facts.ts';
import { CleanupDialog } from '../telemetry/cleanup-dialog.tsx';
import { ExportDialog } from '../telemetry/export-dialog.tsx';
import { FallbackWarningsCard } from '../telemetry/fallback-warnings-card.tsx';
import { HistoricalTelemetryCard } from '../telemetry/historical-telemetry-card.tsx';
import { policyUse, QueuePolicyCard } from '../telemetry/queue-policy-card.tsx';
import { RecommendationBadge } from '../telemetry/recommendation-badge.tsx';
import { RunStatisticsPanel } from '../telemetry/run-statistics-panel.tsx';
import { StreamBadge, TelemetryBadges } from '../telemetry/telemetry-badges.tsx';
import { TelemetryFilterPanel } from '../telemetry/telemetry-filter-panel.tsx';
import { InlineDialogs } from '../ui/parts.tsx';
import { kReady, type PartState } from '../ui/states.tsx';
import { Part, State } from './part.tsx';
import { bins, comparison, heldFilter, kNow, link, noStatistics, oneRun, recent, recommendation, sampleRun, statistics, tooFew, trend, troubledRun, weeks } from './samples.ts';

const retry = () => undefined;
const loading: PartState = { is: 'loading' };
const error: PartState = { is: 'error', detail: 'the history file is locked by another program', onRetry: retry };
const gone: PartState = { is: 'disconnected', detail: 'comfytrace was not reached', onConnect: retry };
const partial = (detail: string): PartState => ({ is: 'ready', caveat: { is: 'partial', detail } });
const stale = (detail: string): PartState => ({ is: 'ready', caveat: { is: 'stale', ageMs: 41_000, detail } });
const facets = {
  status: [{ value: 'success', count: 1_238 }, { value: 'failed', count: 31 }, { value: 'timeout', count: 6 }, { value: 'partial', count: 9 }, { value: 'cancelled', count: 58 }],
  workflow: [{ value: 'Portrait studio v5', count: 1_092 }, { value: 'Portrait studio v4', count: 192 }, { value: 'Flux dev stills', count: 3_810 }, { value: 'Keyframe + Wan 2.2 i2v', count: 412 }, { value: 'Tide test 720p', count: 82 }, { value: 'Hands', count: 40 }],
  model: [{ value: 'sd_xl_base_1.0.safetensors', word: 'sd_xl_base_1.0', count: 1_284 }, { value: 'flux1-dev-fp8.safetensors', word: 'flux1-dev-fp8', count: 3_810 }],
  gpu: [{ value: 'RTX 4090', count: 901 }, { value: 'RTX 3090', count: 383 }], worker: [{ value: 'atlas', count: 901 }], tag: [],
};
const few = { ...badgeFactsOf(troubledRun, 'cuda:0 NVIDIA GeForce RTX 4090 : native', comparison.duration) };
const never = () => new Promise<never>(() => undefined);

export function ComponentParts() {
  return (
    <>
      <Part name="TelemetryBadges" min={420}>
        <State name="full" wide><TelemetryBadges facts={few} /></State>
        <State name="streaming" wide><TelemetryBadges facts={{ ...few, status: 'executing', durationMs: null, verdict: null, vramDeltaBytes: null }} freshness={freshnessOf(link, kNow + 200)} /></State>
        <State name="not enough runs, nothing sampled"><TelemetryBadges facts={{ ...few, status: 'failed', exitReason: 'outOfMemory', verdict: tooFew.duration, vramPeakBytes: null, vramDeltaBytes: null, queueWaitMs: null, gpu: null, postExecutionHit: null, fallbacks: 0 }} /></State>
        <State name="post-execution hit"><TelemetryBadges facts={{ ...few, status: 'timeout', exitReason: 'postExecution', postExecutionHit: true, verdict: { verdict: 'better', deltaRatio: -0.06, n: 42, needed: 0 } }} /></State>
        <State name="loading"><TelemetryBadges facts={null} state={loading} /></State>
        <State name="empty"><TelemetryBadges facts={null} /></State>
        <State name="error"><TelemetryBadges facts={null} state={error} /></State>
        <State name="the seven states of the stream" wide>
          <span className="row wrap g12">
            <StreamBadge freshness={{ state: 'connecting', ageMs: null }} /><StreamBadge freshness={{ state: 'connected', ageMs: 3_000 }} /><StreamBadge freshness={{ state: 'streaming', ageMs: 200 }} />
            <StreamBadge freshness={{ state: 'stalled', ageMs: 96_000 }} /><StreamBadge freshness={{ state: 'stale', ageMs: 41_000 }} /><StreamBadge freshness={{ state: 'polling', ageMs: 2_000 }} /><StreamBadge freshness={{ state: 'disconnected', ageMs: 62_000 }} />
          </span>
        </State>
      </Part>
      <Part name="HistoricalTelemetryCard" min={380}>
        <State name="full"><HistoricalTelemetryCard state={kReady} comparison={comparison} statistics={{ ...statistics, runs: 42, runsSucceeded: 40, runsPartial: 0, runsFailed: 2, runsTimedOut: 0, successRate: 40 / 42, durationMs: { ...statistics.durationMs, median: 1_796_000, min: 1_741_000, max: 1_848_000 }, frames: 20_412, scenes: 252 }} recent={recent} trend={trend} trendHref="/trends" runId="run-0" /></State>
        <State name="better"><HistoricalTelemetryCard state={kReady} comparison={{ ...comparison, verdict: 'better', sentence: '6 % faster than 42 like runs', duration: { ...comparison.duration, deltaRatio: -0.06, deltaRatioInterval: { low: -0.08, high: -0.04, level: 0.95 } } }} statistics={statistics} recent={recent.slice(0, 3)} trend={null} runId="run-0" /></State>
        <State name="not enough data"><HistoricalTelemetryCard state={kReady} comparison={tooFew} statistics={oneRun} recent={recent.slice(0, 1)} trend={null} runId="run-0" /></State>
        <State name="loading"><HistoricalTelemetryCard state={loading} comparison={null} statistics={null} recent={[]} trend={null} /></State>
        <State name="empty"><HistoricalTelemetryCard state={{ is: 'empty', icon: 'history', title: 'No history yet', next: 'Run workflows to see it grow.' }} comparison={null} statistics={null} recent={[]} trend={null} /></State>
        <State name="error"><HistoricalTelemetryCard state={error} comparison={null} statistics={null} recent={[]} trend={null} /></State>
        <State name="stale"><HistoricalTelemetryCard state={stale('1 run is not counted')} comparison={comparison} statistics={statistics} recent={recent.slice(0, 2)} trend={null} /></State>
        <State name="disconnected"><HistoricalTelemetryCard state={{ is: 'disconnected', detail: 'comfytrace was not reached', onConnect: retry }} comparison={null} statistics={null} recent={[]} trend={null} /></State>
      </Part>
      <Part name="RunStatisticsPanel" min={900}>
        <State name="full" wide><RunStatisticsPanel state={kReady} statistics={statistics} bins={bins} price={{ perHour: 0.16, currency: 'EUR' }} /></State>
        <State name="one run" wide><RunStatisticsPanel state={kReady} statistics={oneRun} /></State>
        <State name="no run matches" wide><RunStatisticsPanel state={kReady} statistics={noStatistics} /></State>
        <State name="loading" wide><RunStatisticsPanel state={loading} statistics={null} /></State>
        <State name="error" wide><RunStatisticsPanel state={error} statistics={null} /></State>
        <State name="stale" wide><RunStatisticsPanel state={stale('6 newer runs')} statistics={statistics} /></State>
        <State name="partial" wide><RunStatisticsPanel state={partial('runs before 3 Mar 2024 are not counted')} statistics={statistics} bins={bins} /></State>
        <State name="disconnected" wide><RunStatisticsPanel state={gone} statistics={null} /></State>
      </Part>
      <Part name="QueuePolicyCard" min={360}>
        <State name="full"><QueuePolicyCard state={kReady} policy={troubledRun.policy} use={policyUse(troubledRun)} /></State>
        <State name="bounds met"><QueuePolicyCard state={kReady} policy={{ ...troubledRun.policy!, attemptLimit: 3, frameFloor: 25, retryBudget: 0 }} use={{ requeued: 0, hits: { maxWait: 1, attemptLimit: 2 } }} /></State>
        <State name="watched, not driven"><QueuePolicyCard state={kReady} policy={null} /></State>
        <State name="loading"><QueuePolicyCard state={loading} policy={null} /></State>
        <State name="error"><QueuePolicyCard state={error} policy={null} /></State>
        <State name="stale"><QueuePolicyCard state={stale('')} policy={troubledRun.policy} use={policyUse(troubledRun)} /></State>
        <State name="disconnected"><QueuePolicyCard state={gone} policy={null} /></State>
      </Part>
      <Part name="FallbackWarningsCard" min={360}>
        <State name="notes and warnings"><FallbackWarningsCard state={kReady} run={troubledRun} /></State>
        <State name="nothing"><FallbackWarningsCard state={kReady} run={sampleRun()} /></State>
        <State name="still open"><FallbackWarningsCard state={kReady} run={sampleRun({ status: 'executing' })} /></State>
        <State name="loading"><FallbackWarningsCard state={loading} run={null} /></State>
        <State name="error"><FallbackWarningsCard state={error} run={null} /></State>
        <State name="partial"><FallbackWarningsCard state={partial('2 of 6 scenes told nothing')} run={troubledRun} /></State>
        <State name="stale"><FallbackWarningsCard state={stale('')} run={troubledRun} /></State>
        <State name="disconnected"><FallbackWarningsCard state={gone} run={null} /></State>
      </Part>
      <Part name="RecommendationBadge" min={420}>
        <State name="open"><div className="panel"><RecommendationBadge recommendation={recommendation} onDismiss={retry} onDefer={retry} onShow={retry} /></div></State>
        <State name="critical, can be applied"><div className="panel"><RecommendationBadge recommendation={{ ...recommendation, severity: 'critical', message: 'Raise max wait to 14 min for Wan 2.2: 27 % of attempts end by max wait', suggestedAction: null, confidence: 0.6 }} apply={{ word: 'Apply: 14 min', onApply: retry }} onDismiss={retry} onDefer={retry} onShow={retry} /></div></State>
        <State name="being changed"><div className="panel"><RecommendationBadge recommendation={{ ...recommendation, severity: 'info' }} pending onDismiss={retry} onDefer={retry} /></div></State>
        <State name="change taken back"><div className="panel"><RecommendationBadge recommendation={recommendation} error="it is resolved" onDismiss={retry} onDefer={retry} /></div></State>
        <State name="deferred"><div className="panel"><RecommendationBadge recommendation={{ ...recommendation, state: 'deferred', deferredUntilMs: kNow + 86_400_000 }} onReopen={retry} /></div></State>
        <State name="resolved"><div className="panel"><RecommendationBadge recommendation={{ ...recommendation, state: 'resolved' }} /></div></State>
        <State name="compact"><span className="row wrap"><RecommendationBadge compact recommendation={recommendation} onShow={retry} /><RecommendationBadge compact recommendation={{ ...recommendation, severity: 'info', message: 'Cold model load on scene 1' }} onShow={retry} /></span></State>
        <State name="loading"><div className="panel"><RecommendationBadge recommendation={null} /></div></State>
      </Part>
      <Part name="TelemetryFilterPanel" min={232}>
        <State name="with counts"><TelemetryFilterPanel filter={heldFilter({ filter: { from: '-30d', status: ['success', 'failed'], workflow: ['Portrait studio v5'], durationMinMs: 10_000, durationMaxMs: 300_000 }, active: 5, presets: [{ name: 'Portraits, 30 days', query: '', createdAtMs: 0 }, { name: 'Failed today', query: '', createdAtMs: 0 }], preset: 'Portraits, 30 days' })} facets={facets} weeks={weeks} /></State>
        <State name="nothing set"><TelemetryFilterPanel filter={heldFilter()} facets={{ ...facets, workflow: [], model: [], gpu: [] }} /></State>
        <State name="counting"><TelemetryFilterPanel filter={heldFilter({ presetsState: 'loading' })} facets={null} /></State>
        <State name="presets not read, crossed range"><TelemetryFilterPanel filter={heldFilter({ filter: { durationMinMs: 300_000, durationMaxMs: 10_000 }, active: 2, presetsState: 'error', presetsError: 'comfytrace was not reached' })} facets={facets} /></State>
      </Part>
      <Part name="Active filters" min={700}>
        <State name="some" wide><div className="panel"><ActiveFilters filter={{ from: '-30d', workflow: ['Portrait studio v4', 'Portrait studio v5'], model: ['sd_xl_base_1.0'], durationMinMs: 10_000, durationMaxMs: 300_000 }} onChange={retry} matched={1_284} total={1_003_441} tookMs={3} /></div></State>
        <State name="none, counting" wide><div className="panel"><ActiveFilters filter={{}} onChange={retry} matched={null} total={null} tookMs={null} /></div></State>
      </Part>
      <InlineDialogs value={true}>
        <Part name="ExportDialog" min={440}>
          <State name="ready"><ExportDialog matched={1_284} about="workflow Portrait studio v5, last 30 days" formats={['csv', 'json', 'ndjson', 'pdf']} onClose={retry} onExport={never} /></State>
          <State name="nothing to export"><ExportDialog matched={0} onClose={retry} onExport={never} /></State>
        </Part>
        <Part name="CleanupDialog" min={440}>
          <State name="counted"><CleanupDialog runs={1_003_441} bytes={811 * 2 ** 20} onClose={retry} onPrune={kPruneAnswer} /></State>
          <State name="nothing goes"><CleanupDialog runs={120} bytes={2 ** 20} onClose={retry} onPrune={kPruneNothing} /></State>
          <State name="counting"><CleanupDialog runs={1_003_441} bytes={811 * 2 ** 20} onClose={retry} onPrune={never} /></State>
          <State name="not counted"><CleanupDialog runs={1_003_441} bytes={811 * 2 ** 20} onClose={retry} onPrune={kPruneError} /></State>
        </Part>
      </InlineDialogs>
    </>
  );
}

const kPruneAnswer = async () => ({ runs: 412_806, bytes: 331 * 2 ** 20, oldestAtMs: kNow - 900 * 86_400_000, newestAtMs: kNow - 365 * 86_400_000, keptOpen: 0, keptArchived: 212, keptTagged: 38, dryRun: true });
const kPruneNothing = async () => ({ runs: 0, bytes: 0, oldestAtMs: null, newestAtMs: null, keptOpen: 0, keptArchived: 0, keptTagged: 0, dryRun: true });
const kPruneError = () => Promise.reject(new Error('the history is being written to; try again'));
export const kVerdicts: Verdict[] = ['worse', 'better', 'noEvidence', 'notEnoughData'];
