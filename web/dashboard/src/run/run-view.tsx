import { ApiError } from '@comfytrace/client';
import { Frame } from '../frame/frame.tsx';
import { Link, navigate, runPath } from '../router.tsx';
import { Icon } from '../ui/icon.tsx';
import { useKeys } from '../ui/keys.ts';
import { Empty, Skeleton } from '../ui/parts.tsx';
import { ArtifactViewer } from './artifact-viewer.tsx';
import { useNeighbours } from './neighbours.ts';
import { useRun } from './run-questions.ts';
import { useLiveRun } from './use-live-run.ts';
import './run.css';

/** One run: its record is read here and kept current; `ArtifactViewer` shows it. */
export function RunView({ runId }: { runId: string }) {
  const query = useRun(runId);
  const { before, after } = useNeighbours(runId, query.data);
  useLiveRun(runId);
  const go = (to: string | null) => (to === null ? false : navigate(runPath(to), { replace: true }));
  useKeys({ j: () => go(after), k: () => go(before) });
  if (query.data) {
    return (
      <ArtifactViewer
        run={query.data} staleSince={query.isError ? query.dataUpdatedAt : null} staleWhy={query.error?.message ?? null} onRetry={() => void query.refetch()}
        steps={(before !== null || after !== null) && (
          <span className="row g4 t3 s12 jk">
            <button type="button" className="btn ghost sm" disabled={after === null} onClick={() => go(after)} aria-label="Next run"><kbd className="kbd">J</kbd></button>
            <button type="button" className="btn ghost sm" disabled={before === null} onClick={() => go(before)} aria-label="Previous run"><kbd className="kbd">K</kbd></button>
            <span className="jk-word">next, previous</span>
          </span>
        )}
      />
    );
  }
  return (
    <Frame parent="/runs" crumb={<><Link href="/runs" className="crumb-up">Runs</Link><Icon name="chevron-right" size={13} className="crumb-sep" /><h1 className="crumb-h mono">{runId.slice(0, 8)}</h1></>}>
      {query.isError ? <NotRead error={query.error} onRetry={() => void query.refetch()} /> : <Bones />}
    </Frame>
  );
}

function NotRead({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const gone = error instanceof ApiError && error.status === 404;
  return (
    <div className="panel fill">
      <Empty icon={gone ? 's-nodata' : 's-failed'} tone={gone ? '' : 'bad'} title={gone ? 'There is no such run' : 'The run was not read'}>
        <span>{gone ? 'It was deleted, or the address is mistyped.' : error.message}</span>
        {gone ? <Link href="/runs">All runs</Link> : <button type="button" className="btn sm" onClick={onRetry}>Retry</button>}
      </Empty>
    </div>
  );
}

function Bones() {
  return (
    <div role="group" aria-busy="true" aria-label="Reading the run" className="run-bones">
      <Skeleton width="320px" height={24} />
      <Skeleton width="480px" height={18} />
      <Skeleton width="560px" height={18} />
      <div className="rgd">
        <div className="stack">
          <div className="panel pb"><Skeleton width="100%" height={120} /></div>
          <div className="panel pb"><Skeleton width="100%" height={180} /></div>
          <div className="panel pb"><Skeleton width="100%" height={360} /></div>
        </div>
        <div className="stack">
          <div className="panel pb"><Skeleton width="100%" height={140} /></div>
          <div className="panel pb"><Skeleton width="100%" height={220} /></div>
        </div>
      </div>
    </div>
  );
}
