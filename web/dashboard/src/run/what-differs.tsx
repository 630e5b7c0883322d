import type { Run, RunComparison } from '@comfytrace/client';
import { useQuery } from '@tanstack/react-query';
import { formatWhen, plural } from '../format.ts';
import { Link, comparePath, runPath } from '../router.tsx';
import { useNow, useServices, useWorkerName } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { StatePanel, stateOf, type Absence } from '../ui/states.tsx';
import { differingFacts } from './differing-facts.ts';
import { workFilter } from './like-runs.ts';

/** Of a run that failed: in what it differs from the last one like it that went well. */
export function WhatDiffers({ run, sceneId, comparison }: { run: Run; sceneId: string; comparison: RunComparison | null }) {
  const { api } = useServices();
  const now = useNow();
  const workerName = useWorkerName();
  const known = comparison?.cohort.runIds[0];
  const last = useQuery({
    queryKey: ['lastLike', run.runId, known], enabled: comparison !== null,
    queryFn: async ({ signal }) => known ?? (await api.runs({ ...workFilter(run), status: ['success'] }, { limit: 1 }, signal)).runs[0]?.runId ?? null,
  });
  const likeId = last.data ?? null;
  const difference = useQuery({ queryKey: ['compare', [likeId, run.runId]], enabled: likeId !== null, queryFn: ({ signal }) => api.compare([likeId!, run.runId], signal) });
  const like = useQuery({ queryKey: ['run', likeId], enabled: likeId !== null, queryFn: ({ signal }) => api.run(likeId!, signal) });
  const never: Absence | null = last.data === null
    ? { is: 'empty', icon: 's-nodata', title: 'Nothing to hold it against', next: 'No run of this workflow and model has succeeded before.' } : null;
  const asked = last.error ? last : difference;
  const state = never ?? stateOf(asked, difference.data !== undefined && !like.isPending);
  const { facts, equal } = difference.data ? differingFacts(difference.data, like.data ?? null, run, sceneId, workerName) : { facts: [], equal: [] };
  return (
    <StatePanel
      label="What differs" title="What differs from the last like success" state={state} minHeight={56} lines={2} lineHeight={24} className="what-differs"
      about={like.data && likeId && <><Link href={runPath(likeId)}>{like.data.title || 'Untitled'}</Link>, {formatWhen(like.data.createdAtMs, now)}</>}
      actions={likeId && <Link className="btn sm" href={comparePath([likeId, run.runId])}><Icon name="git-compare-arrows" size={13} />Compare</Link>}
    >
      <div className="pb stack">
        {facts.length === 0 ? <p className="s12">Nothing that is recorded differs: parameters, versions and device are equal.</p> : (
          <ul className="differs" aria-label="Differs">
            {facts.map((fact) => (
              <li key={fact.name} className={fact.mayExplain ? 'may' : ''}>
                <span className="t2">{fact.name}</span> <span className="t3 el" title={fact.like}>{fact.like}</span> <Icon name="arrow-right" size={11} className="t3" /> <b className="el" title={fact.mine}>{fact.mine}</b>
                {fact.mayExplain && <span className="warn s11 nw">may explain it</span>}
              </li>
            ))}
          </ul>
        )}
        {equal.length > 0 && <p className="t3 s11">{plural(equal.length, 'thing')} equal: {equal.join(', ')}.</p>}
      </div>
    </StatePanel>
  );
}
