import type { SceneUpdate, WorkerState } from '@comfytrace/client';
import { plural } from '../format.ts';
import { FirstRun } from '../frame/first-run.tsx';
import { Frame } from '../frame/frame.tsx';
import { useLive } from '../services.tsx';
import { Empty, Panel, Skeleton } from '../ui/parts.tsx';
import { QueuePanel, RecentPanel } from './lists.tsx';
import { CompactScene, RunningScene } from './running-scene.tsx';
import { WorkerCard, WorkerCardSkeleton } from './worker-card.tsx';

export function LiveView() {
  const { workers, scenes, recent, known } = useLive();
  const executing = watchedFirst(scenes.filter((scene) => scene.status === 'executing'), workers);
  const queued = scenes.filter((scene) => scene.status === 'queued');
  const places = new Set(executing.map((scene) => scene.workerId)).size;
  const about = !known
    ? 'waiting for the first word from comfytrace'
    : executing.length === 0
      ? queued.length === 0 ? 'nothing is running' : `nothing is running, ${queued.length} queued`
      : `${plural(executing.length, 'scene')} running on ${plural(places, 'worker')}${queued.length ? `, ${queued.length} queued` : ''}`;
  const [first, ...others] = executing;
  return (
    <Frame crumb={<><h1 className="crumb-h">Live</h1><span className="el" aria-live="polite">{about}</span></>}>
      <div className="live">
        {!known ? (
          <div className="wks"><WorkerCardSkeleton /><WorkerCardSkeleton /></div>
        ) : workers.length === 0 ? (
          <NoWorker />
        ) : (
          <div className="wks" data-count={Math.min(workers.length, 4)}>
            {workers.map((state) => <WorkerCard key={state.worker.workerId} state={state} scenes={executing} />)}
          </div>
        )}
        <div className="lv">
          <div className="stack">
            {!known && <Panel label="Running" className="scene-wait"><div className="pb"><Skeleton width="40%" height={20} /><Skeleton width="100%" height={180} /></div></Panel>}
            {known && !first && <Nothing anyWorker={workers.length > 0} allLost={workers.length > 0 && workers.every((state) => state.connection.state === 'disconnected')} />}
            {first && <RunningScene scene={first} />}
            {others.map((scene) => <CompactScene key={`${scene.runId} ${scene.sceneId} ${scene.promptId}`} scene={scene} />)}
          </div>
          <div className="stack">
            <QueuePanel scenes={queued} known={known} />
            <RecentPanel runs={recent} known={known} />
          </div>
        </div>
      </div>
    </Frame>
  );
}

/** What runs on a worker that tells of it, before what was running when its worker was lost. */
export function watchedFirst(scenes: readonly SceneUpdate[], workers: readonly WorkerState[]): SceneUpdate[] {
  const lost = new Set(workers.filter((state) => state.connection.state === 'disconnected').map((state) => state.worker.workerId));
  return [...scenes.filter((scene) => !lost.has(scene.workerId)), ...scenes.filter((scene) => lost.has(scene.workerId))];
}

function NoWorker() {
  return <section className="panel no-worker" aria-label="No worker"><FirstRun place="live" /></section>;
}

function Nothing({ anyWorker, allLost }: { anyWorker: boolean; allLost: boolean }) {
  return (
    <Panel label="Running" className="scene-wait">
      {allLost ? (
        <Empty icon="s-off" tone="warn" title="No worker is reachable">
          <span>Is ComfyUI running? It is tried again by itself, and what it ran meanwhile is fetched from its history.</span>
        </Empty>
      ) : (
        <Empty icon="play" title="Nothing is running">
          <span>{anyWorker ? 'Queue a prompt in ComfyUI; it appears here at once.' : 'Runs appear here once a worker is watched.'}</span>
        </Empty>
      )}
    </Panel>
  );
}
