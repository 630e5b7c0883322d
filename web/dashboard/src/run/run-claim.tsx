import { isOpen, type ExitReason, type LiveState, type Run, type RunComparison, type Status } from '@comfytrace/client';
import { capitalised, formatDuration, joinParts, plural, tickingParts } from '../format.ts';
import { EtaClaim, useServerNow } from '../live/eta-claim.tsx';
import { useLive } from '../services.tsx';
import { DotPlot } from '../charts/small-charts.tsx';
import { Icon } from '../ui/icon.tsx';
import { Skeleton, statusTone } from '../ui/parts.tsx';
import { AbsenceBody, isAbsent, CaveatMark, type PartState } from '../ui/states.tsx';
import { Prose } from '../ui/prose.tsx';
import { Held, VerdictClaim } from '../ui/verdict.tsx';
import type { LikeRuns } from './like-runs.ts';

/**
 * What is to be said of the run first, with what it rests on. Of the same height in every state. An interval that the
 * server's sentence names is not said twice.
 */
export function RunClaim({ run, state, comparison, like }: { run: Run; state: PartState; comparison: RunComparison | null; like: LikeRuns | null }) {
  const live = useLive();
  if (isOpen(run.status)) return <div className="run-claim"><OpenClaim run={run} live={live} /></div>;
  if (run.status !== 'success') return <div className="run-claim ended"><EndClaim run={run} comparison={comparison} /></div>;
  if (isAbsent(state) || !comparison) {
    return (
      <div className="run-claim" data-state={state.is}>
        {state.is === 'loading'
          ? <div className="claim" role="group" aria-busy="true" aria-label="Comparing"><div className="col claim-say"><Skeleton width="46%" height={16} /><Skeleton width="70%" height={11} /></div></div>
          : isAbsent(state) && <AbsenceBody state={state.is === 'error' ? { ...state, title: 'Not compared with like runs' } : state} />}
      </div>
    );
  }
  const { duration, cohort, explanation } = comparison;
  const drawn = like?.runs.flatMap((each) => (each.durationMs === null ? [] : [each.durationMs])) ?? [];
  return (
    <div className="run-claim" data-state="ready">
      <div className="col rc-say">
        <VerdictClaim
          heading verdict={comparison.verdict} sentence={comparison.sentence} delta={duration.deltaRatio} interval={/interval/.test(comparison.sentence) ? null : duration.deltaRatioInterval}
          n={duration.n} needed={duration.needed}
        />
        <div className="col rc-why">
          {explanation && <p className="s12 t2">{explanation}</p>}
          <Held cohort={cohort} />
          {state.is === 'ready' && state.caveat && <CaveatMark caveat={state.caveat} />}
        </div>
      </div>
      {drawn.length > 0 && (
        <figure className="rc-dots">
          <DotPlot values={drawn} subject={run.durationMs} unit="ms" width={340} height={70} label={`${plural(drawn.length, 'like run')} and this one, by duration`} />
          <figcaption className="t3 s11">{plural(drawn.length, 'like run')}{like!.missing > 0 && `, ${like!.missing} more not found any more`}; dashed: their median</figcaption>
        </figure>
      )}
    </div>
  );
}

const kWhat: Partial<Record<ExitReason, string>> = {
  outOfMemory: 'ran out of memory', executionError: 'failed', maxWait: 'ran out of time (max wait)', attemptLimit: 'reached the attempt limit', postExecution: 'waited in vain for its files',
  validationError: 'was refused', interrupted: 'was interrupted', deleted: 'was taken from the queue', workerLost: 'lost its worker',
};

function whatHappened(reason: ExitReason | null, status: Status): string {
  return (reason && kWhat[reason]) ?? `ended as ${status}`;
}

/** Of a run that did not end well: what happened, in one sentence. */
export function endSentence(run: Run): string {
  const bad = run.scenes.filter((scene) => scene.status !== 'success');
  const scene = bad[0];
  const attempt = scene?.attempts.at(-1);
  const what = whatHappened(scene?.exitReason ?? run.exitReason, scene?.status ?? run.status);
  const node = attempt?.failure?.nodeType ? ` in ${attempt.failure.nodeType}` : '';
  const after = attempt?.durationMs !== null && attempt?.durationMs !== undefined ? ` after ${formatDuration(attempt.durationMs)}` : '';
  const tries = scene && scene.attempts.length > 1 ? `, ${scene.attempts.length === 2 ? 'twice' : `${scene.attempts.length} times`}` : '';
  if (run.scenes.length <= 1) return `${what.replace(/^./, (first) => first.toUpperCase())}${node}${after}${tries}`;
  const kept = run.scenes.length - bad.length;
  const which = bad.length === 1 ? `Scene ${run.scenes.indexOf(scene!) + 1}` : `${plural(bad.length, 'scene')}, first scene ${run.scenes.indexOf(scene!) + 1},`;
  return `${which} ${what}${node}${tries}; ${kept === 0 ? 'no scene is complete' : `${plural(kept, 'scene')} ${kept === 1 ? 'is' : 'are'} complete`}`;
}

/** What is known of the end where no error was told: one that was stands right below, whole. '' for nothing to add. */
function knownOfEnd(run: Run): string | null {
  if (run.scenes.some((scene) => scene.attempts.some((attempt) => attempt.failure || attempt.validationErrors.length > 0))) return '';
  const last = run.scenes.findLast((scene) => scene.status !== 'success')?.attempts.at(-1)?.explanations.at(-1);
  return last && run.status !== 'partial' ? capitalised(last.because) : null;
}

function EndClaim({ run, comparison }: { run: Run; comparison: RunComparison | null }) {
  const known = knownOfEnd(run);
  return (
    <div className="claim" data-verdict="notEnoughData">
      <Icon name={`s-${run.status}`} size={18} className={statusTone(run.status)} />
      <div className="col claim-say">
        <h2 className="say">{endSentence(run)}</h2>
        {known !== '' && <p className="t2 s12"><Prose text={known ?? comparison?.sentence ?? 'Not compared: only successful runs say how long the work takes'} /></p>}
      </div>
    </div>
  );
}

function OpenClaim({ run, live }: { run: Run; live: LiveState }) {
  const scenes = live.scenes.filter((scene) => scene.runId === run.runId);
  const running = scenes.find((scene) => scene.status === 'executing') ?? scenes[0];
  const now = useServerNow();
  const done = run.scenes.filter((scene) => !isOpen(scene.status)).length;
  return (
    <div className="claim">
      <Icon name={`s-${run.status}`} size={18} className={statusTone(run.status)} />
      <div className="col claim-say">
        <h2 className="say">
          {run.status === 'queued' ? 'Waits in the queue' : `Executes${run.startedAtMs === null ? '' : ` for ${joinParts(tickingParts(now - run.startedAtMs))}`}`}
          {running?.node && <span className="t2 light"> {running.node.classType || `node ${running.node.nodeId}`}{running.node.progressMax ? `, step ${running.node.progressValue ?? 0} of ${running.node.progressMax}` : ''}</span>}
          {run.scenes.length > 1 && <span className="t2 light"> {done} of {plural(run.scenes.length, 'scene')} done</span>}
        </h2>
        {running ? <EtaClaim scene={running} /> : <p className="t3 s12">The live stream does not tell of it just now</p>}
      </div>
    </div>
  );
}
