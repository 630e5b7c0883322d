import type { Run } from '@comfytrace/client';
import { durationParts, exitReasonWords, formatMemory, memoryParts } from '../format.ts';
import { useWorkerName } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { Measure, Panel, statusTone } from '../ui/parts.tsx';
import type { Chosen } from './run-view.tsx';

export function ScenesTable({ run, chosen, onChoose }: { run: Run; chosen: Chosen; onChoose: (next: Chosen) => void }) {
  const workerName = useWorkerName();
  const done = run.scenes.filter((scene) => scene.status === 'success').length;
  return (
    <Panel label="Scenes" title="Scenes" about={`${done} of ${run.scenes.length} succeeded`}>
      <div className="scroll-x">
        <table className="tbl sct">
          <thead>
            <tr>
              <th className="cw-num">#</th><th>Scene</th><th className="cw-status">Status</th><th className="r cw-80">Attempts</th>
              <th className="r cw-80">Duration</th><th className="r cw-80">Waited</th><th className="r cw-90">VRAM peak</th><th className="r cw-90">Change</th><th className="cw-110">Worker</th>
            </tr>
          </thead>
          <tbody>
            {run.scenes.map((scene, index) => {
              const last = scene.attempts.at(-1);
              const delta = last?.vramDeltaBytes ?? null;
              return (
                <tr
                  key={scene.sceneId} className={`go ${scene.sceneId === chosen.sceneId ? 'cur' : ''}`} aria-current={scene.sceneId === chosen.sceneId ? 'true' : undefined}
                  onClick={() => onChoose({ sceneId: scene.sceneId, promptId: last?.promptId ?? '' })}
                >
                  <td className="cw-num t3">{index + 1}</td>
                  <td className="m"><button type="button" className="cell-btn el">{scene.title || `Scene ${index + 1}`}</button></td>
                  <td>
                    <span className="st" title={scene.exitReason ?? undefined}>
                      <Icon name={`s-${scene.status}`} className={statusTone(scene.status)} />
                      {scene.status === 'success' ? 'success' : exitReasonWords(scene.exitReason) ?? scene.status}
                    </span>
                  </td>
                  <td className="r n">{scene.attempts.length}</td>
                  <td className="r n"><Measure parts={durationParts(last?.durationMs)} missing="not told" /></td>
                  <td className="r"><Measure parts={durationParts(last?.queueWaitMs)} missing="not told" /></td>
                  <td className="r"><Measure parts={memoryParts(last?.vramPeakBytes)} missing="no sample" /></td>
                  <td className="r">{delta === null ? <span className="t3">no sample</span> : formatMemory(delta)}</td>
                  <td>{last ? workerName(last.workerId) : ''}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
