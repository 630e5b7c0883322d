import type { Run } from '@comfytrace/client';
import { exitReasonWords, fineDurationParts, formatWhen, plural } from '../format.ts';
import { Link, runPath } from '../router.tsx';
import { useNow, useWorkerName } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { Measure, Skeleton, StatusMark } from '../ui/parts.tsx';
import { letterOf } from './compared.ts';

/** The letter by which a run is called on the page. A is grey, the last the accent, those between are outlined. */
export function Key({ at, of }: { at: number; of: number }) {
  return <span className={`key ${at === of - 1 && of > 1 ? 'kb' : at > 0 ? 'km' : 'ka'}`}>{letterOf(at)}</span>;
}

/** One of the compared runs: what it is, how it ended, how long it took. */
export function Subject({ at, of, runId, run, error, onReplace, onRemove }: {
  at: number; of: number; runId: string; run: Run | null; error: Error | null; onReplace: () => void; onRemove: () => void;
}) {
  const now = useNow();
  const workerName = useWorkerName();
  const places = run ? [...new Set(run.scenes.flatMap((scene) => scene.attempts.map((attempt) => workerName(attempt.workerId))))] : [];
  return (
    <section className="panel side" aria-label={`Run ${letterOf(at)}`}>
      <Key at={at} of={of} />
      <div className="col sp side-what">
        {run ? (
          <>
            <div className="row g6"><Link className="quiet el" href={runPath(runId)}><b>{run.title || 'Untitled'}</b></Link><span className="t3 s12 el">{[formatWhen(run.createdAtMs, now), ...places].join(', ')}</span><span className="mono t3 s11 side-id" title={run.runId}>{run.runId.slice(0, 8)}</span></div>
            <div className="row g6 s12 t2"><StatusMark status={run.status} />{exitReasonWords(run.exitReason) && run.status !== 'success' && <span className="el">{exitReasonWords(run.exitReason)}</span>}<span className="t3 el">{[plural(run.scenes.length, 'scene'), ...run.tags].join(', ')}</span></div>
          </>
        ) : error ? (
          <span className="s12"><Icon name="s-failed" className="bad" /> <span className="mono">{runId.slice(0, 8)}</span>: {error.message}</span>
        ) : (
          <span className="col side-bones" role="group" aria-busy="true" aria-label="Loading"><Skeleton width="60%" /><Skeleton width="40%" /></span>
        )}
      </div>
      <div className="kv r">
        <span className="l">Took</span>
        <span className="v side-took">{run ? <Measure parts={fineDurationParts(run.durationMs)} missing={run.finishedAtMs === null ? 'not over' : 'not told'} /> : ' '}</span>
      </div>
      <span className="col side-acts">
        <button type="button" className="btn sm ghost icon" aria-label={`Choose another run for ${letterOf(at)}`} title="Choose another" onClick={onReplace}><Icon name="chevrons-up-down" size={13} /></button>
        <button type="button" className="btn sm ghost icon" aria-label={`Remove run ${letterOf(at)}`} title="Remove" onClick={onRemove}><Icon name="x" size={13} /></button>
      </span>
    </section>
  );
}
