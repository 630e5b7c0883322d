import type { NodeComparison, Run, RunComparison, Timeline } from '@comfytrace/client';
import { useState } from 'react';
import { capitalised, formatDuration, formatMemory, formatSpan } from '../format.ts';
import { deltaText } from '../measure.ts';
import { useLive, useNow, useWorkerName } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { useKeys } from '../ui/keys.ts';
import { usePhone } from '../ui/media.ts';
import { Empty, Panel } from '../ui/parts.tsx';
import { Prose } from '../ui/prose.tsx';
import { AbsenceBody } from '../ui/states.tsx';
import { sceneTitle, type Chosen } from './choice.ts';
import { NodeBars } from './node-bars.tsx';
import { NodeChart } from './node-chart.tsx';
import { nodeRows, shownRows, spanOf, type NodeRow } from './node-rows.ts';
import { fitted, isWhole, moved, zoomed, type TimeWindow } from './time-window.ts';
import { ScrollX } from '../ui/scroll-x.tsx';

const kNone: NodeComparison[] = [];
const kStep = 1.6;

export function TimelinePanel({ run, chosen, timeline, error, onRetry, onAttempt, comparison }: {
  run: Run; chosen: Chosen; timeline: Timeline | null; error: string | null; onRetry: () => void; onAttempt: (attempt: number) => void;
  comparison: RunComparison | null;
}) {
  const { scene, attempt } = chosen;
  const { link } = useLive();
  const now = useNow() + link.serverOffsetMs;
  const phone = usePhone();
  const [window_, setWindow] = useState<TimeWindow | null>(null);
  const [asTable, setAsTable] = useState(false);
  const [unfolded, setUnfolded] = useState(false);
  const told = timeline?.attempts.find((each) => each.sceneId === scene.sceneId && each.promptId === attempt.promptId) ?? null;
  const drawn = told !== null && told.nodes.length > 0;
  const span = told ? spanOf(told, now) : 1;
  const shownWindow = fitted(window_, span);
  const set = (next: TimeWindow) => setWindow(isWhole(next, span) ? null : next);
  const charted = drawn && told.nodeTimesKnown && !asTable && !phone;
  const act = (next: () => TimeWindow) => (charted ? set(next()) : false);
  useKeys({
    w: () => act(() => zoomed(shownWindow, span, kStep)),
    s: () => act(() => zoomed(shownWindow, span, 1 / kStep)),
    a: () => act(() => moved(shownWindow, span, -0.25)),
    d: () => act(() => moved(shownWindow, span, 0.25)),
  });
  const all = told ? nodeRows(told.nodes, attempt.status === 'success' ? comparison?.nodes ?? kNone : kNone) : [];
  const { rows, folded } = shownRows(all, unfolded);
  const about = [run.scenes.length > 1 ? `scene ${chosen.sceneNumber}, ${sceneTitle(run, scene)}` : null, scene.attempts.length > 1 ? `attempt ${chosen.attemptNumber}` : null, attempt.nodeCount > 0 ? `${attempt.nodeCount} nodes` : 'graph not known']
    .filter(Boolean).join(', ');
  return (
    <Panel
      label="Timeline" title={phone ? 'Where the time went' : 'Timeline'} about={about} className="timeline"
      actions={(
        <>
          {scene.attempts.length > 1 && (
            <span className="seg" role="group" aria-label="Attempt">
              {scene.attempts.map((each, index) => (
                <button type="button" key={each.promptId} className={each === attempt ? 'on' : ''} aria-pressed={each === attempt} aria-label={`Attempt ${index + 1}, ${each.status}`} onClick={() => onAttempt(index + 1)}>
                  {index + 1}
                </button>
              ))}
            </span>
          )}
          {drawn && (
            <>
              <button type="button" className="btn sm ghost" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}><Icon name="table-2" size={13} />Table</button>
              {charted && (
                <>
                  <button type="button" className="btn sm ghost icon" aria-label="Zoom in" title="Zoom in (w)" onClick={() => set(zoomed(shownWindow, span, kStep))}><Icon name="plus" size={13} /></button>
                  <button type="button" className="btn sm ghost icon" aria-label="Zoom out" title="Zoom out (s)" disabled={window_ === null} onClick={() => set(zoomed(shownWindow, span, 1 / kStep))}><Icon name="minus" size={13} /></button>
                </>
              )}
              <button type="button" className="btn sm tl-perfetto" title="Saves node times and memory for ui.perfetto.dev" onClick={() => void savePerfetto(run, timeline!)}>
                <Icon name="activity" size={13} />Perfetto
              </button>
            </>
          )}
        </>
      )}
    >
      {error && !timeline ? (
        <AbsenceBody state={{ is: 'error', title: 'The timeline was not read', detail: error, onRetry }} />
      ) : !timeline ? (
        <AbsenceBody state={{ is: 'loading' }} lines={Math.min(18, Math.max(4, attempt.nodeCount))} lineHeight={19} />
      ) : (
        <>
          {!attempt.nodeTimesKnown && <WhyNoTimes chosen={chosen} />}
          {drawn && (asTable ? <NodeTable rows={all} />
            : phone ? <NodeBars rows={all} />
            : <NodeChart told={told} attempt={attempt} rows={rows} span={span} window={shownWindow} onWindow={set} zoomedIn={window_ !== null} now={now} />)}
          {drawn && !asTable && !phone && (folded > 0 || unfolded) && (
            <div className="pf row">
              <span>{unfolded ? `All ${all.length} nodes` : `${folded} cached and shorter nodes are folded`}</span>
              <button type="button" className="text-btn" onClick={() => setUnfolded(!unfolded)}>{unfolded ? 'Fold' : `Show all ${all.length}`}</button>
            </div>
          )}
          {drawn && comparison?.nodesMissing && attempt.status === 'success' && <p className="pf">No baseline of the nodes: {comparison.nodesMissing}</p>}
          {!drawn && attempt.nodeTimesKnown && <Empty icon="s-nodata" title="No node ran"><span>The attempt ended before a node began.</span></Empty>}
        </>
      )}
    </Panel>
  );
}

function WhyNoTimes({ chosen: { attempt } }: { chosen: Chosen }) {
  const { workers } = useLive();
  const workerName = useWorkerName();
  const missing = workers.find((state) => state.worker.workerId === attempt.workerId)?.connection.missing;
  const why = attempt.status === 'queued' ? 'The attempt has not begun.'
    : attempt.validationErrors.length > 0 && attempt.startedAtMs === null ? 'The prompt was refused before a node ran.'
    : attempt.origin === 'backfilled' ? `It was found in the history of ${workerName(attempt.workerId)} afterwards; ComfyUI keeps no node times there.`
    : attempt.origin === 'imported' ? 'It was imported from a file without node times.'
    : 'Stock ComfyUI tells node times only to the client that queued the prompt.';
  return (
    <Empty icon="puzzle" title="No node times">
      <span>{attempt.origin === 'observed' && attempt.startedAtMs !== null && missing ? <Prose text={capitalised(missing)} /> : why}</span>
      {attempt.durationMs !== null && <span>The attempt as a whole took {formatDuration(attempt.durationMs)}.</span>}
    </Empty>
  );
}

function NodeTable({ rows }: { rows: readonly NodeRow[] }) {
  const anyPeak = rows.some(({ node }) => node.vramPeakBytes !== null);
  const anyBaseline = rows.some(({ baselineMs }) => baselineMs !== null);
  return (
    <ScrollX label="The nodes, sideways">
      <table className="tbl node-table">
        <thead>
          <tr>
            <th className="cw-80">Node</th><th>Class</th><th>Title</th><th className="cw-110">State</th><th className="r cw-90">Start</th><th className="r cw-90">Took</th>
            {anyBaseline && <><th className="r cw-90">Like runs</th><th className="r cw-80">Against</th></>}
            {anyPeak && <th className="r cw-110" title="The most that torch had allocated while the node ran">VRAM peak</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ node, baselineMs, comparison }, index) => (
            <tr key={index}>
              <td className="mono">{node.nodeId}</td><td className="m">{node.classType || 'not told'}</td><td>{node.title}</td><td>{node.state}</td>
              <td className="r">{formatDuration(node.startOffsetMs) ?? 'not told'}</td>
              <td className="r n">{formatSpan(node.durationMs) ?? (node.state === 'cached' ? 'cached' : 'not told')}</td>
              {anyBaseline && <><td className="r">{formatSpan(baselineMs) ?? 'none'}</td><td className="r">{comparison && baselineMs !== null ? deltaText(comparison.deltaRatio, 'ratio') : ''}</td></>}
              {anyPeak && <td className="r">{formatMemory(node.vramPeakBytes) ?? (node.state === 'cached' ? 'cached' : 'not told')}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}

async function savePerfetto(run: Run, timeline: Timeline): Promise<void> {
  const { perfettoTrace, saveText } = await import('./perfetto-trace.ts');
  saveText(`${run.runId}.trace.json`, JSON.stringify(perfettoTrace(run, timeline)));
}
