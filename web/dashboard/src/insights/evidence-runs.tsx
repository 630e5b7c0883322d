import { useQueries, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { formatCount, formatDuration, formatWhen } from '../format.ts';
import { Link, comparePath, runPath } from '../router.tsx';
import { useNow, useServices } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { Skeleton, StatusMark } from '../ui/parts.tsx';
import { VerdictMark } from '../ui/verdict.tsx';

const kFirst = 6;
const kMore = 24;

/** The runs that a claim rests on, each to be opened. */
export function EvidenceRuns({ runIds }: { runIds: readonly string[] }) {
  const { api } = useServices();
  const [all, setAll] = useState(false);
  const now = useNow();
  const shown = runIds.slice(0, all ? kMore : kFirst);
  const runs = useQueries({ queries: shown.map((runId) => ({ queryKey: ['run', runId], queryFn: ({ signal }: { signal: AbortSignal }) => api.run(runId, signal), staleTime: 60_000, retry: false })) });
  const ids = runIds.slice(0, 100);
  const baselines = useQuery({ queryKey: ['baselines', ids.join(',')], queryFn: ({ signal }) => api.baselines(ids, signal), enabled: ids.length > 0, staleTime: 60_000, retry: false });
  const against = new Map((baselines.data ?? []).map((each) => [each.runId, each]));
  if (runIds.length === 0) return <p className="t3 s12">It names no run.</p>;
  return (
    <div className="evidence">
      <div className="row g6">
        <h3>Evidence</h3>
        <span className="t3 s12">{formatCount(runIds.length)} {runIds.length === 1 ? 'run' : 'runs'}, newest first</span>
        <span className="sp" />
        {runIds.length > 1 && <Link className="s12" href={comparePath(runIds.slice(0, 8))}>Compare {runIds.length > 8 ? 'the newest 8' : 'them'}</Link>}
      </div>
      <ul className="recent">
        {shown.map((runId, at) => {
          const run = runs[at]!;
          const baseline = against.get(runId);
          return (
            <li key={runId}>
              {run.data ? <StatusMark status={run.data.status} iconOnly size={13} /> : <Icon name="s-nodata" size={13} className="t3" />}
              <Link className="quiet el sp" href={runPath(runId)}>{run.data ? run.data.title || 'Untitled' : run.isError ? <span className="t3">{run.error.message}</span> : <Skeleton width="120px" />}</Link>
              {run.data && <span className="nw">{formatDuration(run.data.durationMs) ?? <span className="t3">no duration</span>}</span>}
              <span className="recent-delta">{baseline && baseline.deltaRatio !== null && run.data?.status === 'success' && baseline.verdict !== 'notEnoughData' ? <VerdictMark verdict={baseline.verdict} delta={baseline.deltaRatio} /> : null}</span>
              <span className="t3 nw evidence-when">{run.data ? formatWhen(run.data.createdAtMs, now) : ''}</span>
            </li>
          );
        })}
      </ul>
      {!all && runIds.length > kFirst && <button type="button" className="text-btn s12" onClick={() => setAll(true)}>{formatCount(Math.min(kMore, runIds.length) - kFirst)} more</button>}
    </div>
  );
}
