import { isOpen, type EtaReport, type RunSummary, type SceneUpdate } from '@comfytrace/client';
import { durationParts, formatClock, formatDay, formatDuration, formatWhen, plural } from '../format.ts';
import { Link, navigate, runPath } from '../router.tsx';
import { AgainstLike } from '../runs/baseline-cells.tsx';
import { useLive, useNow, useWorkerName } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Measure, Panel, Skeleton, StatusMark } from '../ui/parts.tsx';
import { useEtaReport } from './eta-claim.tsx';
import { queueWords } from './eta-words.ts';
import { runAside } from './run-aside.ts';

const kShown = 8;

export function QueuePanel({ scenes, known }: { scenes: readonly SceneUpdate[]; known: boolean }) {
  const workerName = useWorkerName();
  const { link } = useLive();
  const now = useNow() + link.serverOffsetMs;
  const report = useEtaReport().data;
  const queues = [...new Set(scenes.map((scene) => scene.workerId))].flatMap((id) => {
    const words = queueWords(report, id);
    return words ? [`${workerName(id)}: ${words}`] : [];
  });
  return (
    <Panel label="Queue" title="Queue" about={known ? (scenes.length ? plural(scenes.length, 'scene') : 'empty') : ''} className="list-panel">
      {!known ? <Bones /> : scenes.length === 0 ? (
        <Empty icon="s-queued" title="Queue is empty" />
      ) : (
        <table className="tbl">
          <thead>
            <tr><th className="cw-ic"><span className="sr">State</span></th><th>Scene</th><th className="r cw-90">Waits</th><th className="r cw-80">Starts in</th></tr>
          </thead>
          <tbody>
            {scenes.slice(0, kShown).map((scene) => (
              <tr key={`${scene.runId} ${scene.sceneId} ${scene.promptId}`} className="go" onClick={() => navigate(runPath(scene.runId))}>
                <td className="cw-ic"><StatusMark status="queued" iconOnly /></td>
                <td className="m">
                  <Link className="quiet" href={runPath(scene.runId)} onClick={(event) => event.stopPropagation()}>{scene.sceneTitle || scene.runTitle || 'Untitled'}</Link>
                  <span className="t2 light">, {workerName(scene.workerId)}</span>
                </td>
                <td className="r">{scene.queuedAtMs === null ? <span className="t3">not told</span> : formatDuration(Math.max(0, now - scene.queuedAtMs))}</td>
                <td className="r">{startsIn(report, scene, now) ?? <span className="t3">not told</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {queues.length > 0 && <p className="pf">{queues.join('. ')}</p>}
      {scenes.length > kShown && <div className="pf row"><span>{scenes.length - kShown} more</span><span className="sp" /><Link href="/runs?status=queued">Show</Link></div>}
    </Panel>
  );
}

function startsIn(report: EtaReport | undefined, scene: SceneUpdate, now: number): string | null {
  const at = report?.runs.find((run) => run.runId === scene.runId)?.scenes.find((each) => each.sceneId === scene.sceneId)?.startsAtMs;
  return at === null || at === undefined ? null : formatDuration(Math.max(0, Math.round((at - now) / 1000) * 1000));
}

export function RecentPanel({ runs, known }: { runs: readonly RunSummary[]; known: boolean }) {
  const now = useNow();
  const ended = runs.filter((run) => !isOpen(run.status));
  const succeeded = ended.filter((run) => run.status === 'success').length;
  return (
    <Panel
      label="Recent runs" title="Recent runs" className="list-panel grow"
      about={known && ended.length ? `last ${ended.length}, ${succeeded} succeeded` : ''}
      actions={<Link className="s12" href="/runs">All runs</Link>}
    >
      {!known ? <Bones /> : ended.length === 0 ? (
        <Empty icon="rows-3" title="No runs yet"><span>Each run that ends is kept and listed here.</span></Empty>
      ) : (
        <table className="tbl">
          <thead>
            <tr><th className="cw-ic"><span className="sr">Status</span></th><th>Run</th><th className="r cw-took">Took</th><th className="r cw-like">vs like</th><th className="r cw-ended">Ended</th></tr>
          </thead>
          <tbody>
            {ended.map((run) => (
              <tr key={run.runId} className="go" onClick={() => navigate(runPath(run.runId))}>
                <td className="cw-ic"><StatusMark status={run.status} iconOnly /></td>
                <td className="m">
                  <Link className="quiet" href={runPath(run.runId)} onClick={(event) => event.stopPropagation()}>{run.title || 'Untitled'}</Link>
                  <span className="t2 light">{runAside(run)}</span>
                </td>
                <td className="r n">
                  <Measure parts={durationParts(run.durationMs)} missing="not told" />
                </td>
                <td className="r cw-like"><AgainstLike run={run} /></td>
                <td className="r" title={formatWhen(run.finishedAtMs ?? run.createdAtMs, now)}>{endedText(run.finishedAtMs ?? run.createdAtMs, now)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

/** The hour, of another day the day. */
function endedText(ms: number, nowMs: number): string {
  const day = formatDay(ms, nowMs);
  return day === 'today' ? formatClock(ms) : day;
}

function Bones() {
  return (
    <div className="bones" aria-busy="true">
      {[70, 55, 80, 45].map((width) => (
        <div className="row" key={width}><Icon name="s-queued" className="t3" /><Skeleton width={`${width}%`} /></div>
      ))}
    </div>
  );
}
