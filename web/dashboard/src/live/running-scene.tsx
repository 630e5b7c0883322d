import { sceneKey, type SceneUpdate } from '@comfytrace/client';
import { capitalised, formatClock, formatDuration, tickingParts } from '../format.ts';
import { Link, runPath } from '../router.tsx';
import { isLinked, useLive, useNow, useWorkerName } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { Badge, Measure, Meter } from '../ui/parts.tsx';
import { Prose } from '../ui/prose.tsx';
import { useEtaReport, useServerNow } from './eta-claim.tsx';
import { DeviceTracePanel } from './device-trace-panel.tsx';
import { FilmStrip } from './film-strip.tsx';
import { EtaHero } from './eta-hero.tsx';
import { etaOfScene, etaWords } from './eta-words.ts';
import { LikeScenesPanel } from './like-scenes-panel.tsx';

const kSegments = 64;

function useElapsedMs(scene: SceneUpdate): number | null {
  const { link } = useLive();
  const tick = useNow();
  // Without a connection nobody knows whether it still runs: the clock stands at the last word.
  const now = (isLinked(link) ? tick : (link.lastUpdateAtMs ?? tick)) + link.serverOffsetMs;
  if (scene.startedAtMs !== null) return Math.max(0, now - scene.startedAtMs);
  return scene.elapsedMs;
}

function nodeTitle(scene: SceneUpdate): string {
  const node = scene.node;
  if (!node) return '';
  return node.classType || node.title || `node ${node.nodeId}`;
}

export function RunningScene({ scene }: { scene: SceneUpdate }) {
  const { link, previews, recent, workers } = useLive();
  const now = useNow();
  const workerName = useWorkerName();
  const elapsed = useElapsedMs(scene);
  const preview = previews.get(sceneKey(scene));
  const run = recent.find((each) => each.runId === scene.runId);
  const worker = workers.find((state) => state.worker.workerId === scene.workerId);
  const age = link.lastUpdateAtMs === null ? null : now - link.lastUpdateAtMs;
  const title = scene.sceneTitle || scene.runTitle || 'Untitled scene';
  const state = worker?.connection.state === 'stalled' ? 'stalled' : worker?.connection.state === 'disconnected' ? 'disconnected' : link.state;
  const linked = isLinked(link);
  const alike = !scene.runTitle || scene.runTitle === title;
  return (
    <section className="panel run" aria-label={`Running: ${title}`}>
      <div className="ph">
        <span className="pulse acc" aria-hidden="true" />
        <h2 className="el">{alike ? workerName(scene.workerId) : scene.runTitle}</h2>
        <span className="t2 s12 el">{[alike ? null : workerName(scene.workerId), run?.workflowName, run?.model].filter(Boolean).join(', ')}</span>
        <span className="sp" />
        {!linked ? <Badge icon="s-stale" tone="b-warn">stale</Badge>
          : state === 'stalled' ? <Badge icon="s-stalled" tone="b-warn">stalled</Badge>
          : state === 'disconnected' ? <Badge icon="s-off" tone="b-warn">worker disconnected</Badge>
          : <Badge icon={link.transport === 'polling' ? 'refresh-cw' : 's-streaming'} tone="b-acc">{link.transport === 'polling' ? 'polling' : 'streaming'}</Badge>}
        {age !== null && <span className="badge upd"><span className="k">last update</span>{age < 1000 ? 'now' : `${formatDuration(Math.floor(age / 1000) * 1000)!.replace('.0', '')} ago`}</span>}
        <Link className="btn sm" href={runPath(scene.runId)}><Icon name="external-link" size={13} />Open run</Link>
      </div>
      <div className="scene-body">
        <div className="pic snap">
          {preview ? (
            <>
              <img src={preview.url} alt={`Preview of ${title}`} />
              <span className="cap">latent preview</span>
              {scene.node?.progressMax ? <span className="cap r">step {scene.node.progressValue ?? 0}</span> : null}
            </>
          ) : (
            <span className="void">
              <Icon name="image" size={18} />
              <span>{previewMissing(scene)}</span>
            </span>
          )}
        </div>
        <div className="col scene-facts">
          <span className="t2 s12">{[`attempt ${scene.attempts}`, run && run.sceneCount > 1 ? `one of ${run.sceneCount} scenes` : null].filter(Boolean).join(', ')}</span>
          <h2 className="subject">{title}</h2>
          <div className="heroes">
            <div className="kv hero">
              <span className="l">Elapsed</span>
              <span className="v"><Measure parts={elapsed === null ? null : tickingParts(elapsed)} missing="not told" /></span>
              <span className="e">{scene.startedAtMs === null ? 'start not told' : `since ${formatClock(scene.startedAtMs, true)}`}</span>
            </div>
            <EtaHero scene={scene} />
            <div className="kv hero">
              <span className="l">Nodes done</span>
              {scene.nodeTimesKnown && scene.nodeCount > 0 ? (
                <span className="v acc">{scene.nodesDone}<span className="u"> of {scene.nodeCount}</span></span>
              ) : (
                <span className="v"><span className="t3 missing">not told</span></span>
              )}
              <span className="e">{scene.progress === null ? 'progress not told' : `${Math.floor(scene.progress * 100)}\u00a0% of the graph`}</span>
            </div>
          </div>
          {scene.queuedAtMs !== null && scene.startedAtMs !== null && (
            <p className="t3 s12">waited <Measure parts={tickingParts(scene.startedAtMs - scene.queuedAtMs)} missing="not told" />, queued {formatClock(scene.queuedAtMs, true)}</p>
          )}
          <LikeScenesPanel key={sceneKey(scene)} scene={scene} elapsedMs={elapsed} />
        </div>
      </div>
      <NodeProgress scene={scene} missing={worker?.connection.missing ?? null} />
      {worker && <DeviceTracePanel runId={scene.runId} promptId={scene.promptId} workerId={scene.workerId} startedAtMs={scene.startedAtMs} />}
      {run && run.sceneCount > 1 && <FilmStrip scene={scene} />}
    </section>
  );
}

function previewMissing(scene: SceneUpdate): string {
  if (!scene.nodeTimesKnown) return 'no preview: stock ComfyUI sends it only to the client that queued the prompt';
  return 'no preview yet';
}

function NodeProgress({ scene, missing }: { scene: SceneUpdate; missing: string | null }) {
  if (!scene.nodeTimesKnown || scene.nodeCount === 0) {
    return (
      <div className="nodes">
        <div className="row">
          <b className="s12">Nodes not told</b>
        </div>
        <p className="note">
          <Icon name="s-info" size={14} className="t3" />
          <span>{missing ? <Prose text={capitalised(missing)} /> : 'ComfyUI tells node steps only to the client that queued the prompt.'}</span>
        </p>
      </div>
    );
  }
  const node = scene.node;
  const step = node?.progressMax ? `step ${node.progressValue ?? 0} / ${node.progressMax}` : null;
  const part = node?.progressMax ? (node.progressValue ?? 0) / node.progressMax : null;
  return (
    <div className="nodes">
      <div className="row s12">
        <b className="nw">{node ? `Node ${Math.min(scene.nodesDone + 1, scene.nodeCount)} of ${scene.nodeCount}` : `${scene.nodesDone} of ${scene.nodeCount} nodes done`}</b>
        {node && <span className="mono nw">{nodeTitle(scene)}</span>}
        {node?.title && node.title !== node.classType && <span className="t2 el">{node.title}</span>}
        <span className="sp" />
        {step && <span className="nw">{step}</span>}
      </div>
      {scene.nodeCount <= kSegments ? (
        <div
          className="segs" role="meter" aria-label="Nodes done" aria-valuemin={0} aria-valuemax={scene.nodeCount} aria-valuenow={scene.nodesDone}
          aria-valuetext={`${scene.nodesDone} of ${scene.nodeCount} nodes done${node ? `, ${nodeTitle(scene)} runs` : ''}${step ? `, ${step}` : ''}`}
        >
          {Array.from({ length: scene.nodeCount }, (_, at) => {
            if (at < scene.nodesDone) return <i key={at} className="done" />;
            if (at === scene.nodesDone && node) {
              return (
                <i key={at} className="now">
                  {part !== null && <b style={{ width: `${Math.min(1, part) * 100}%` }} />}
                  <span>{nodeTitle(scene)}</span>
                </i>
              );
            }
            return <i key={at} />;
          })}
        </div>
      ) : (
        <div className="row meter-row"><Meter ratio={scene.progress} label="Nodes done" /></div>
      )}
    </div>
  );
}

export function CompactScene({ scene }: { scene: SceneUpdate }) {
  const workerName = useWorkerName();
  const elapsed = useElapsedMs(scene);
  const { link } = useLive();
  const report = useEtaReport();
  const left = etaWords(scene, useServerNow(), etaOfScene(report.data, scene));
  const title = scene.sceneTitle || scene.runTitle || 'Untitled scene';
  return (
    <section className="panel compact" aria-label={`Running: ${title}`}>
      <div className="row">
        <span className="pulse acc" aria-hidden="true" />
        <Link className="quiet el" href={runPath(scene.runId)}><b>{title}</b></Link>
        <span className="t2 s12 el">{workerName(scene.workerId)}{scene.node ? `, ${nodeTitle(scene)}` : ''}</span>
        {link.transport === 'polling' && <Badge icon="refresh-cw">polling</Badge>}
        <span className="sp" />
        <span className={`s12 nw ${left.left ? 't2' : 't3'}`} title={[left.interval, left.rests].filter(Boolean).join(', ')}>{left.left ?? left.rests}</span>
        <span className="s12 nw"><span className="t2">elapsed</span> <Measure parts={elapsed === null ? null : tickingParts(elapsed)} missing="not told" /></span>
      </div>
      <div className="row s11 t3">
        {scene.progress === null ? (
          <span>ComfyUI tells node steps only to the client that queued the prompt</span>
        ) : (
          <>
            <Meter ratio={scene.progress} label="Part of the graph done" />
            <span className="nw">{scene.nodesDone} of {scene.nodeCount} nodes</span>
          </>
        )}
      </div>
    </section>
  );
}
