import type { Run, Scene, SceneComparison, Timeline } from '@comfytrace/client';
import { useState } from 'react';
import { Sparkline } from '../charts/small-charts.tsx';
import { durationParts, exitReasonWords, memoryParts, plural } from '../format.ts';
import { deltaText } from '../measure.ts';
import { Toggle } from '../ui/controls.tsx';
import { Icon } from '../ui/icon.tsx';
import { Measure, Panel, statusTone } from '../ui/parts.tsx';
import { VerdictMark, verdictTone } from '../ui/verdict.tsx';
import { heaviestClasses } from './node-rows.ts';
import { ScrollX } from '../ui/scroll-x.tsx';

const kMostRows = 200;

export interface ScenesTableProps {
  run: Run;
  sceneId: string;
  onChoose: (sceneId: string) => void;
  /** Of the run against like ones; empty while it is not known. */
  comparisons: readonly SceneComparison[];
  leftOut: number;
  /** What like scenes took, oldest first; null: being read. */
  likeDurations: ReadonlyMap<string, readonly number[]> | null;
  timeline: Timeline | null;
}

function warns(scene: Scene, comparison: SceneComparison | undefined): boolean {
  return scene.status !== 'success' || scene.attempts.length > 1 || comparison?.duration.verdict === 'worse'
    || scene.attempts.some((attempt) => attempt.fallbackNotes.length > 0);
}

/** Each scene with its measures inline, and against the scenes like it. */
export function ScenesTable({ run, sceneId, onChoose, comparisons, leftOut, likeDurations, timeline }: ScenesTableProps) {
  const [onlyWarnings, setOnlyWarnings] = useState(false);
  const [all, setAll] = useState(false);
  const byScene = new Map(comparisons.map((each) => [each.sceneId, each]));
  const classes = timeline ? heaviestClasses(timeline.attempts, 2) : [];
  const fitting = run.scenes.map((scene, index) => ({ scene, number: index + 1 })).filter(({ scene }) => !onlyWarnings || warns(scene, byScene.get(scene.sceneId)));
  const shown = all ? fitting : fitting.slice(0, kMostRows);
  const done = run.scenes.filter((scene) => scene.status === 'success').length;
  const likeN = Math.max(0, ...comparisons.map((each) => each.cohort.n));
  return (
    <Panel
      label="Scenes" title="Scenes" about={`${done} of ${run.scenes.length} succeeded${likeN > 0 ? `, each against up to ${plural(likeN, 'like scene')}` : ''}; change: VRAM free after minus before`}
      actions={<Toggle on={onlyWarnings} onChange={setOnlyWarnings} label="Only with warnings" />}
    >
      <ScrollX label="The scenes, sideways">
        <table className="tbl sct">
          <thead>
            <tr>
              <th className="cw-num">#</th><th>Scene</th><th className="cw-status">Status</th><th className="r sc-tries">Attempts</th><th className="r cw-80">Duration</th>
              <th className="sc-last">Last 12 like</th><th className="sc-vs">vs like</th>
              {classes.map((each) => <th key={each.classType} className="r sc-class el" title={`All ${each.classType} of the scene together`}>{each.classType}</th>)}
              <th className="r cw-90">VRAM peak</th><th className="r sc-change">Change</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ scene, number }) => {
              const last = scene.attempts.at(-1);
              const delta = last?.vramDeltaBytes ?? null;
              const comparison = byScene.get(scene.sceneId);
              const durations = likeDurations?.get(scene.sceneId);
              const { duration } = comparison ?? {};
              return (
                <tr key={scene.sceneId} className={`go ${scene.sceneId === sceneId ? 'cur' : ''}`} aria-current={scene.sceneId === sceneId ? 'true' : undefined} onClick={() => onChoose(scene.sceneId)}>
                  <td className="cw-num t3">{number}</td>
                  <td className="m"><button type="button" className="cell-btn el" title={scene.title}>{scene.title || `Scene ${number}`}</button></td>
                  <td className="sc-status">
                    <span className="st" title={scene.exitReason ?? undefined}>
                      <Icon name={`s-${scene.status}`} className={statusTone(scene.status)} />
                      {scene.status === 'success' ? 'success' : exitReasonWords(scene.exitReason) ?? scene.status}
                    </span>
                  </td>
                  <td className={`r sc-tries ${scene.attempts.length > 1 ? 'warn' : 'n'}`}>{scene.attempts.length}<span className="sc-word"> {scene.attempts.length === 1 ? 'attempt' : 'attempts'}</span></td>
                  <td className="r n sc-took"><Measure parts={durationParts(last?.durationMs)} missing={last?.finishedAtMs === null ? 'not over' : 'not told'} /></td>
                  <td className="sc-last">
                    {durations && durations.length > 0
                      ? <Sparkline values={[...durations.slice(-12), scene.status === 'success' ? last?.durationMs ?? null : null]} needed={Math.max(0, 3 - durations.length)} tone={duration ? verdictTone(duration.verdict) : 'idle'} label={`${plural(Math.min(12, durations.length), 'like scene')} before it`} />
                      : <span className="t3">{likeDurations === null ? '' : scene.status === 'success' ? 'none before' : 'ended early'}</span>}
                  </td>
                  <td className="sc-vs">
                    {duration ? <span title={duration.sentence}>{scene.status === 'success' ? <VerdictMark verdict={duration.verdict} delta={duration.deltaRatio} n={duration.n} needed={duration.needed} noun="like" /> : <span className="t3">not compared</span>}</span>
                      : <span className="t3">{comparisons.length === 0 ? '' : 'not looked at'}</span>}
                  </td>
                  {classes.map((each) => <td key={each.classType} className="r sc-class"><Measure parts={durationParts(last ? each.byPromptId.get(last.promptId) : null)} missing={last?.nodeTimesKnown ? 'cached' : 'not told'} /></td>)}
                  <td className="r sc-peak"><Measure parts={memoryParts(last?.vramPeakBytes)} missing="no sample" /></td>
                  <td className="r sc-change">{delta === null ? <span className="t3">no sample</span> : deltaText(delta, 'memory')}</td>
                </tr>
              );
            })}
            {shown.length === 0 && <tr><td colSpan={9 + classes.length} className="t3">No scene has a warning.</td></tr>}
          </tbody>
        </table>
      </ScrollX>
      {(fitting.length > shown.length || leftOut > 0) && (
        <div className="pf row">
          {leftOut > 0 && <span>{plural(leftOut, 'scene')} not compared one by one</span>}
          {fitting.length > shown.length && <button type="button" className="text-btn" onClick={() => setAll(true)}>Show all {fitting.length}</button>}
        </div>
      )}
    </Panel>
  );
}
