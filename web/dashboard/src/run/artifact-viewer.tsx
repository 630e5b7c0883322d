import { isOpen, type GroupStatistics, type Run, type RunComparison, type RunPatch } from '@comfytrace/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Suspense, lazy, type ReactNode } from 'react';
import { formatClock, formatDay } from '../format.ts';
import { Frame } from '../frame/frame.tsx';
import { Link, navigate, useAddress } from '../router.tsx';
import { useLive, useNow, useServices, useWorkerName } from '../services.tsx';
import { FallbackWarningsCard } from '../telemetry/fallback-warnings-card.tsx';
import { HistoricalTelemetryCard } from '../telemetry/historical-telemetry-card.tsx';
import { QueuePolicyCard, policyUse } from '../telemetry/queue-policy-card.tsx';
import { Icon } from '../ui/icon.tsx';
import { useKeys } from '../ui/keys.ts';
import { CopyButton } from '../ui/parts.tsx';
import { CaveatMark, kReady, stateOf, type PartState } from '../ui/states.tsx';
import { Artifacts, firstOf } from './artifacts.tsx';
import { chosenOf, placeOfQuery, placePath, sceneBeside, type RunPlace } from './choice.ts';
import { FailurePanels } from './failure-panel.tsx';
import { likeStateOf } from './like-state.ts';
import { workFilter, type LikeRuns } from './like-runs.ts';
import { RecommendationsPanel } from './recommendations-panel.tsx';
import { RunClaim } from './run-claim.tsx';
import { RunHead } from './run-head.tsx';
import { useRunQuestions } from './run-questions.ts';
import { ScenesTable } from './scenes-table.tsx';
import { TimelinePanel } from './timeline-panel.tsx';
import { WhatDiffers } from './what-differs.tsx';

const kNone: never[] = [];
/** They stand at the end of the page, and charts and their tables are much script. */
const LikeCharts = lazy(async () => ({ default: (await import('./like-charts.tsx')).LikeCharts }));

const ParametersPanel = lazy(async () => ({ default: (await import('./side-panels.tsx')).ParametersPanel }));
const ExplanationsPanel = lazy(async () => ({ default: (await import('./side-panels.tsx')).ExplanationsPanel }));
const NotesPanel = lazy(async () => ({ default: (await import('./side-panels.tsx')).NotesPanel }));

/** All of a run on one page: claim, artifacts, scenes, timeline, history, suggestions. The address says what is looked at. */
export function ArtifactViewer({ run, steps, staleSince, staleWhy, onRetry }: { run: Run; steps: ReactNode; staleSince: number | null; staleWhy: string | null; onRetry: () => void }) {
  const { api } = useServices();
  const { workers } = useLive();
  const client = useQueryClient();
  const now = useNow();
  const workerName = useWorkerName();
  const place = placeOfQuery(useAddress().query);
  const chosen = chosenOf(run, place);
  const asked = useRunQuestions(run);
  const open = isOpen(run.status);
  const go = (next: Partial<RunPlace>) => navigate(placePath(run.runId, { ...place, ...next }), { replace: true });
  const toScene = (sceneId: string) => go({ sceneId, attempt: null, artifact: null });
  const change = useMutation({
    mutationFn: (patch: RunPatch) => api.changeRun(run.runId, patch),
    onSuccess: (next) => {
      client.setQueryData(['run', run.runId], next);
      void client.invalidateQueries({ queryKey: ['runs'] });
    },
  });
  const beside = (by: number) => {
    const scene = chosen && sceneBeside(run, chosen.scene.sceneId, by);
    return scene ? toScene(scene.sceneId) : false;
  };
  useKeys({
    ']': () => beside(1),
    '[': () => beside(-1),
    ' ': () => {
      const first = chosen && firstOf(run, chosen.scene.sceneId);
      return first ? go({ artifact: first.index }) : false;
    },
  });
  const comparison = asked.comparison.data ?? null;
  const claimState: PartState = open ? kReady : stateOf(asked.comparison, comparison !== null);
  const failed = run.status !== 'success' && !open;
  const worker = workers.find((state) => state.worker.workerId === chosen?.attempt.workerId)?.worker;
  const places = [...new Set(run.scenes.flatMap((each) => each.attempts.map((one) => workerName(one.workerId))))];
  const statistics = historyNumbers(asked.statistics.data?.total ?? null, comparison, asked.like.data ?? null);
  const historyState: PartState = open ? { is: 'empty', icon: 'history', title: 'Not over yet', next: 'It is compared with like runs when it has ended.' } : claimState;
  const recent = [...(asked.like.data?.runs ?? [])].filter((each) => each.runId !== run.runId).slice(0, 4);
  const self = { runId: run.runId, createdAtMs: run.createdAtMs, status: run.status, exitReason: run.exitReason, durationMs: run.durationMs } as (typeof recent)[number];
  const trendQuery = new URLSearchParams(Object.entries(workFilter(run)).flatMap(([name, value]) => (name === 'to' ? [] : [[name, String(value)]])));
  return (
    <Frame
      parent="/runs" title={run.title || 'Untitled'}
      crumb={(
        <>
          <Link href="/runs" className="crumb-up">Runs</Link>
          <Icon name="chevron-right" size={13} className="crumb-sep" />
          <b className="el">{run.title || 'Untitled'}</b>
          <span className="el crumb-more">{spanWords(run, now)}{places.length > 0 && `, ${places.join(', ')}`}</span>
          <span className="mono crumb-more">{run.runId.slice(0, 8)}</span>
          <span className="crumb-more"><CopyButton text={run.runId} /></span>
        </>
      )}
      actions={steps || undefined}
    >
      <RunHead
        run={run} comparison={comparison} onChange={change.mutate} saving={change.isPending} failed={change.isError ? change.error.message : null}
        claim={<RunClaim run={run} state={claimState} comparison={comparison} like={asked.like.data ?? null} />}
      />
      {staleSince !== null && <div className="row"><CaveatMark caveat={{ is: 'stale', ageMs: Date.now() - staleSince, detail: staleWhy ?? '' }} /><button type="button" className="text-btn s12" onClick={onRetry}>Retry</button></div>}
      <div className="rgd">
        <div className="stack">
          <FailurePanels run={run} />
          {failed && chosen && <WhatDiffers run={run} sceneId={chosen.scene.sceneId} comparison={comparison} />}
          <Artifacts run={run} sceneId={chosen?.scene.sceneId ?? null} open={place.artifact} onOpen={(artifact) => go({ artifact })} onScene={toScene} />
          {run.scenes.length > 1 && chosen && (
            <ScenesTable
              run={run} sceneId={chosen.scene.sceneId} onChoose={toScene} comparisons={comparison?.scenes ?? kNone} leftOut={comparison?.scenesLeftOut ?? 0}
              likeDurations={asked.likeScenes.data ?? null} timeline={asked.timeline.data ?? null}
            />
          )}
          {chosen && (
            <TimelinePanel
              key={`${chosen.scene.sceneId} ${chosen.attempt.promptId}`} run={run} chosen={chosen} timeline={asked.timeline.data ?? null} error={asked.timeline.error?.message ?? null}
              onRetry={() => void asked.timeline.refetch()} onAttempt={(attempt) => go({ sceneId: chosen.scene.sceneId, attempt })} comparison={comparison}
            />
          )}
          {comparison && run.status === 'success' && (
            <Suspense fallback={<div className="like-charts like-wait" aria-busy="true" />}>
              <LikeCharts run={run} comparison={comparison} like={asked.like.data ?? null} likeState={likeStateOf(asked.like)} success={asked.success} vramTotalBytes={worker?.devices[0]?.vramTotalBytes ?? null} />
            </Suspense>
          )}
          <div className="run-record">
            <Suspense>
              {chosen && <ParametersPanel scene={chosen.scene} many={run.scenes.length > 1} />}
              {chosen && <ExplanationsPanel attempt={chosen.attempt} />}
            </Suspense>
          </div>
        </div>
        <div className="stack">
          <RecommendationsPanel run={run} />
          <HistoricalTelemetryCard
            state={historyState} comparison={comparison} statistics={statistics} recent={recent.length > 0 ? [self, ...recent] : kNone} trend={asked.trend.data ?? null}
            trendHref={`/trends?${trendQuery}`} runId={run.runId} claims={false}
            note={statistics ? `${asked.like.data?.runs.length ? 'Success rate and frames' : 'These numbers'}: all runs of this workflow and model.` : undefined}
          />
          <QueuePolicyCard state={kReady} policy={run.policy} use={run.policy && policyUse(run)} />
          <FallbackWarningsCard state={kReady} run={run} />
          <Suspense><NotesPanel run={run} onChange={change.mutate} /></Suspense>
        </div>
      </div>
    </Frame>
  );
}

/** The success rate is of all runs of the work, as a cohort holds only successes; the durations are of the like runs. */
function historyNumbers(work: GroupStatistics | null, comparison: RunComparison | null, like: LikeRuns | null): GroupStatistics | null {
  const took = like?.runs.flatMap((each) => each.durationMs ?? []) ?? [];
  if (!work || !comparison || took.length === 0) return work;
  return { ...work, durationMs: { ...work.durationMs, n: took.length, median: comparison.duration.baselineMedian, min: Math.min(...took), max: Math.max(...took) } };
}

function spanWords(run: Run, now: number): string {
  const from = run.startedAtMs ?? run.createdAtMs;
  const day = formatDay(from, now);
  if (run.finishedAtMs === null) return `${day} ${formatClock(from)}, open`;
  const seconds = run.finishedAtMs - from < 120_000;
  return `${day} ${formatClock(from, seconds)} to ${formatClock(run.finishedAtMs, seconds)}`;
}
