import type { Attempt, Run, Scene, Timeline } from '@comfytrace/client';
import { useState } from 'react';
import { formatDuration, formatMemory, formatSpan } from '../format.ts';
import { useLive, useWorkerName } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Panel, Skeleton } from '../ui/parts.tsx';
import { NodeChart } from './node-chart.tsx';
import type { Chosen } from './run-view.tsx';

const kZooms = [1, 2, 4, 8, 16, 32];

export function TimelinePanel({ run, scene, attempt, timeline, error, onRetry, onChoose }: {
  run: Run; scene: Scene; attempt: Attempt; timeline: Timeline | null; error: string | null; onRetry: () => void; onChoose: (next: Chosen) => void;
}) {
  const [zoom, setZoom] = useState(0);
  const [asTable, setAsTable] = useState(false);
  const told = timeline?.attempts.find((each) => each.sceneId === scene.sceneId && each.promptId === attempt.promptId) ?? null;
  const number = scene.attempts.indexOf(attempt) + 1;
  const about = [run.scenes.length > 1 ? scene.title || `scene ${run.scenes.indexOf(scene) + 1}` : null, scene.attempts.length > 1 ? `attempt ${number}` : null, attempt.nodeCount > 0 ? `${attempt.nodeCount} nodes` : 'graph not known']
    .filter(Boolean).join(', ');
  const drawn = told !== null && told.nodes.length > 0;
  return (
    <Panel
      label="Timeline" title="Timeline" about={about} className="timeline"
      actions={(
        <>
          {scene.attempts.length > 1 && (
            <span className="seg" role="group" aria-label="Attempt">
              {scene.attempts.map((each, index) => (
                <button type="button" key={each.promptId} className={each === attempt ? 'on' : ''} aria-pressed={each === attempt} onClick={() => onChoose({ sceneId: scene.sceneId, promptId: each.promptId })}>
                  {index + 1}
                </button>
              ))}
            </span>
          )}
          {drawn && (
            <>
              <button type="button" className="btn sm ghost" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}><Icon name="table-2" size={13} />Table</button>
              {!asTable && told.nodeTimesKnown && (
                <>
                  <button type="button" className="btn sm ghost icon" aria-label="Zoom in" disabled={zoom === kZooms.length - 1} onClick={() => setZoom(zoom + 1)}><Icon name="plus" size={13} /></button>
                  <button type="button" className="btn sm ghost icon" aria-label="Zoom out" disabled={zoom === 0} onClick={() => setZoom(zoom - 1)}><Icon name="minus" size={13} /></button>
                </>
              )}
            </>
          )}
        </>
      )}
    >
      {error && !timeline ? (
        <Empty icon="s-failed" tone="bad" title="The timeline was not read"><span>{error}</span><button type="button" className="btn sm" onClick={onRetry}>Retry</button></Empty>
      ) : !timeline ? (
        <div className="pb stack" aria-busy="true"><Skeleton width="40%" height={14} /><Skeleton width="90%" height={14} /><Skeleton width="60%" height={14} /></div>
      ) : (
        <>
          {!attempt.nodeTimesKnown && <WhyNoTimes attempt={attempt} />}
          {drawn && (asTable ? <NodeTable nodes={told.nodes} /> : <NodeChart told={told} attempt={attempt} zoom={kZooms[zoom]!} />)}
          {!drawn && attempt.nodeTimesKnown && <Empty icon="s-nodata" title="No node ran" ><span>The attempt ended before a node began.</span></Empty>}
        </>
      )}
    </Panel>
  );
}

function WhyNoTimes({ attempt }: { attempt: Attempt }) {
  const { workers } = useLive();
  const workerName = useWorkerName();
  const missing = workers.find((state) => state.worker.workerId === attempt.workerId)?.connection.missing;
  const why = attempt.status === 'queued' ? 'The attempt has not begun.'
    : attempt.validationErrors.length > 0 && attempt.startedAtMs === null ? 'The prompt was refused before a node ran.'
    : attempt.origin === 'backfilled' ? `It was found in the history of ${workerName(attempt.workerId)} afterwards; ComfyUI keeps no node times there.`
    : attempt.origin === 'imported' ? 'It was imported from a file without node times.'
    : "Stock ComfyUI tells node times only to the client that queued the prompt.";
  return (
    <Empty icon="puzzle" title="No node times">
      <span>{attempt.origin === 'observed' && attempt.startedAtMs !== null && missing ? missing : why}</span>
      {attempt.durationMs !== null && <span>The attempt as a whole took {formatDuration(attempt.durationMs)}.</span>}
    </Empty>
  );
}

function NodeTable({ nodes }: { nodes: Timeline['attempts'][number]['nodes'] }) {
  const anyPeak = nodes.some((node) => node.vramPeakBytes !== null);
  return (
    <div className="scroll-x">
      <table className="tbl">
        <thead><tr><th className="cw-80">Node</th><th>Class</th><th>Title</th><th className="cw-110">State</th><th className="r cw-90">Start</th><th className="r cw-90">Took</th>{anyPeak && <th className="r cw-110" title="The most that torch had allocated while the node ran">VRAM peak</th>}</tr></thead>
        <tbody>
          {nodes.map((node, index) => (
            <tr key={index}>
              <td className="mono">{node.nodeId}</td><td className="m">{node.classType || 'not told'}</td><td>{node.title}</td><td>{node.state}</td>
              <td className="r">{formatDuration(node.startOffsetMs) ?? 'not told'}</td>
              <td className="r n">{formatSpan(node.durationMs) ?? (node.state === 'cached' ? 'cached' : 'not told')}</td>
              {anyPeak && <td className="r">{formatMemory(node.vramPeakBytes) ?? (node.state === 'cached' ? 'cached' : 'not told')}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
