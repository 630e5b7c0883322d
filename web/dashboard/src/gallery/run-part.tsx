import type { Run, Timeline } from '@comfytrace/client';
import { Artifacts } from '../run/artifacts.tsx';
import { FailurePanels } from '../run/failure-panel.tsx';
import { LikeCharts } from '../run/like-charts.tsx';
import { RecommendationsPanel } from '../run/recommendations-panel.tsx';
import { RunClaim } from '../run/run-claim.tsx';
import { ScenesTable } from '../run/scenes-table.tsx';
import { ExplanationsPanel, NotesPanel } from '../run/side-panels.tsx';
import { TimelinePanel } from '../run/timeline-panel.tsx';
import { WhatDiffers } from '../run/what-differs.tsx';
import { kReady, type PartState } from '../ui/states.tsx';
import { difference } from './compare-samples.ts';
import { kEta, liveOf, sampleScene } from './live-samples.ts';
import { Part, State } from './part.tsx';
import { choiceOf, film, kFailed, kLongTimeline, kManyPut, kManyScenes, kOpenRun, kOtherKinds, kRefused, kTimeline, kUnseen, likeRuns, timelineOf } from './run-samples.ts';
import { comparison, recommendation, tooFew, troubledRun } from './samples.ts';
import { Stage, type Answers } from './stage.tsx';
import '../run/run.css';

const nothing = () => undefined;
const error: PartState = { is: 'error', detail: 'the history file is locked by another program', onRetry: nothing };
const like = { runs: likeRuns, missing: 0 };
const likeScenes = new Map(film.scenes.map((scene, at) => [scene.sceneId, Array.from({ length: 12 }, (_, of) => 340_000 + ((at + of * 7) % 11) * 2_400)]));
const judged = { ...comparison, cohort: { ...comparison.cohort, runIds: ['like-0'] }, scenes: film.scenes.map((scene) => ({ sceneId: scene.sceneId, cohort: comparison.cohort, duration: comparison.duration })) };
const rate = { isPending: false, error: null, data: undefined, dataUpdatedAt: 0, refetch: nothing };

function Shown({ run, open = null }: { run: Run; open?: number | null }) {
  return <Artifacts run={run} sceneId={null} open={open} onOpen={nothing} onScene={nothing} />;
}
function Times({ run = film, timeline = kTimeline, failed = null, answers }: { run?: Run; timeline?: Timeline | null; failed?: string | null; answers?: Answers }) {
  return <Stage answers={answers} live={liveOf()}><TimelinePanel run={run} chosen={choiceOf(run)} timeline={timeline} error={failed} onRetry={nothing} onAttempt={nothing} comparison={run === film ? judged : null} /></Stage>;
}
function Differs({ answers }: { answers: Answers }) {
  return <Stage answers={answers} live={liveOf()}><WhatDiffers run={kFailed} sceneId="scene-001" comparison={{ ...judged, cohort: { ...judged.cohort, runIds: answers === 'never' || answers === 'refused' || answers['/runs/like-0'] ? ['like-0'] : [] } }} /></Stage>;
}
function Suggested({ answers }: { answers: Answers }) {
  return <Stage answers={answers}><RecommendationsPanel run={film} /></Stage>;
}

export function RunParts() {
  return (
    <>
      <Part name="Run: claim" min={700}>
        <State name="worse, with its cohort" wide><Stage><RunClaim run={film} state={kReady} comparison={judged} like={like} /></Stage></State>
        <State name="not enough data" wide><Stage><RunClaim run={film} state={kReady} comparison={tooFew} like={null} /></Stage></State>
        <State name="failed" wide><Stage><RunClaim run={kFailed} state={kReady} comparison={null} like={null} /></Stage></State>
        <State name="under way" wide><Stage answers={{ '/eta': kEta }} live={liveOf({}, undefined, { scenes: [sampleScene()] })}><RunClaim run={kOpenRun} state={kReady} comparison={null} like={null} /></Stage></State>
        <State name="stale" wide><Stage><RunClaim run={film} state={{ is: 'ready', caveat: { is: 'stale', ageMs: 41_000, detail: 'comfytrace was not reached' } }} comparison={judged} like={like} /></Stage></State>
        <State name="loading" wide><Stage><RunClaim run={film} state={{ is: 'loading' }} comparison={null} like={null} /></Stage></State>
        <State name="error" wide><Stage><RunClaim run={film} state={error} comparison={null} like={null} /></Stage></State>
      </Part>
      <Part name="Run: failure" min={700}>
        <State name="out of memory, twice" wide><FailurePanels run={kFailed} /></State>
        <State name="refused before it ran" wide><FailurePanels run={kRefused} /></State>
      </Part>
      <Part name="Run: what differs" min={560}>
        <State name="ready" wide><Differs answers={{ '/compare': difference, '/runs/like-0': film }} /></State>
        <State name="empty: none succeeded before"><Differs answers={{ '/runs': { runs: [], nextCursor: null, total: 0 } }} /></State>
        <State name="loading"><Differs answers="never" /></State>
        <State name="error"><Differs answers="refused" /></State>
      </Part>
      <Part name="Run: artifacts" min={560}>
        <State name="six pictures" wide><Shown run={film} /></State>
        <State name="of every kind, some without a file" wide><Shown run={kOtherKinds} /></State>
        <State name="too many to draw" wide><Shown run={kManyPut} /></State>
        <State name="nothing put out"><Shown run={kFailed} /></State>
        <State name="empty: under way"><Shown run={kOpenRun} /></State>
      </Part>
      <Part name="Run: scenes" min={760}>
        <State name="with warnings" wide><ScenesTable run={troubledRun} sceneId="scene-003" onChoose={nothing} comparisons={judged.scenes} leftOut={0} likeDurations={likeScenes} timeline={timelineOf(troubledRun)} /></State>
        <State name="loading what is like" wide><ScenesTable run={film} sceneId="scene-001" onChoose={nothing} comparisons={[]} leftOut={0} likeDurations={null} timeline={null} /></State>
        <State name="too many" wide><div className="gal-tall"><ScenesTable run={kManyScenes} sceneId="scene-1" onChoose={nothing} comparisons={judged.scenes} leftOut={200} likeDurations={likeScenes} timeline={null} /></div></State>
      </Part>
      <Part name="Run: timeline" min={760}>
        <State name="full, with VRAM" wide><Times /></State>
        <State name="160 nodes, short ones folded" wide><Times timeline={kLongTimeline} /></State>
        <State name="partial: no memory sampled" wide><Times timeline={timelineOf(film, undefined, false)} /></State>
        <State name="empty: nodes not told"><Times run={kUnseen} timeline={timelineOf(kUnseen, [])} /></State>
        <State name="loading"><Times timeline={null} /></State>
        <State name="error"><Times timeline={null} failed="the history file is locked by another program" /></State>
      </Part>
      <Part name="Run: against like runs" min={760}>
        <State name="full" wide><Stage><LikeCharts run={film} comparison={judged} like={like} likeState={kReady} success={rate} vramTotalBytes={24 * 2 ** 30} /></Stage></State>
        <State name="not enough data" wide><Stage><LikeCharts run={film} comparison={tooFew} like={null} likeState={kReady} success={rate} vramTotalBytes={null} /></Stage></State>
        <State name="error" wide><Stage><LikeCharts run={film} comparison={judged} like={null} likeState={error} success={{ ...rate, error: new Error('timed out after 10 s') }} vramTotalBytes={null} /></Stage></State>
      </Part>
      <Part name="Run: recommendations, notes, reasons" min={340}>
        <State name="ready"><Suggested answers={{ '/recommendations': { recommendations: [recommendation], rules: [] } }} /></State>
        <State name="empty"><Suggested answers={{ '/recommendations': { recommendations: [], rules: [] } }} /></State>
        <State name="loading"><Suggested answers="never" /></State>
        <State name="error"><Suggested answers="refused" /></State>
        <State name="notes"><NotesPanel run={{ ...film, notes: 'Second grade of the lamp; keep for the reel.' }} onChange={nothing} /></State>
        <State name="why it counts as it does"><ExplanationsPanel attempt={{ ...film.scenes[0]!.attempts[0]!, explanations: [{ atMs: 1, what: 'ended as success', because: 'execution_success came for this prompt' }] }} /></State>
      </Part>
    </>
  );
}
