import type { LiveState, Run } from '@comfytrace/client';
import { Frameless } from '../frame/frame.tsx';
import { ArtifactViewer } from '../run/artifact-viewer.tsx';
import { RunView } from '../run/run-view.tsx';
import { AddressScope, runPath } from '../router.tsx';
import { kLost, liveOf } from './live-samples.ts';
import { Part, State } from './part.tsx';
import { film, kFailed, kOpenRun, timelineOf } from './run-samples.ts';
import { comparison, recommendation, statistics, tooFew, trend } from './samples.ts';
import { Stage, type Answers } from './stage.tsx';

const nothing = () => undefined;
const judged = { ...comparison, scenes: film.scenes.map((scene) => ({ sceneId: scene.sceneId, cohort: comparison.cohort, duration: comparison.duration })) };

function answersOf(run: Run): Answers {
  const place = `/runs/${run.runId}`;
  return {
    [place]: run, [`${place}/timeline`]: timelineOf(run), [`${place}/comparison`]: run.status === 'success' ? judged : tooFew, '/runs': { runs: [], nextCursor: null, total: 0 },
    '/statistics': { total: statistics, groups: [], groupsLeftOut: 0 }, '/trends': trend, '/recommendations': { recommendations: [recommendation], rules: [] },
  };
}

function Whole({ run, answers = answersOf(run), live = liveOf() }: { run: Run; answers?: Answers; live?: Partial<LiveState> }) {
  return <div className="gal-tall"><Stage answers={answers} live={live}><AddressScope value={runPath(run.runId)}><Frameless value><RunView runId={run.runId} /></Frameless></AddressScope></Stage></div>;
}

/** A run as a whole: which part comes first is what its states differ in. */
export function RunWhole() {
  return (
    <Part name="ArtifactViewer" min={900}>
      <State name="success" wide><Whole run={film} /></State>
      <State name="failed: the error before all else" wide><Whole run={kFailed} /></State>
      <State name="under way" wide><Whole run={kOpenRun} /></State>
      <State name="loading" wide><Whole run={film} answers="never" /></State>
      <State name="empty: no such run" wide><Whole run={film} answers={{}} /></State>
      <State name="error" wide><Whole run={film} answers="refused" /></State>
      <State name="partial: only the record is read" wide><Whole run={film} answers={{ [`/runs/${film.runId}`]: film }} /></State>
      <State name="stale" wide><div className="gal-tall"><Stage answers={answersOf(film)} live={liveOf()}><AddressScope value={runPath(film.runId)}><Frameless value><ArtifactViewer run={film} steps={null} staleSince={Date.now() - 41_000} staleWhy="comfytrace was not reached" onRetry={nothing} /></Frameless></AddressScope></Stage></div></State>
      <State name="disconnected" wide><Whole run={film} live={liveOf({}, kLost)} /></State>
    </Part>
  );
}
