import { useQueries, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { plural } from '../format.ts';
import { Frame } from '../frame/frame.tsx';
import { Link, idsOfQuery, navigate, useAddress } from '../router.tsx';
import { useServices } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { useKeys } from '../ui/keys.ts';
import { StatePanel, stateOf, type PartState } from '../ui/states.tsx';
import { ArtifactCompare } from './artifact-compare.tsx';
import { CompareClaim } from './compare-claim.tsx';
import { kMostCompared, pathOfIds, swapped, withRun, withoutRun } from './compared.ts';
import { Differences } from './differences.tsx';
import { NodeDifferences } from './node-differences.tsx';
import { Numbers } from './numbers.tsx';
import { PickRun } from './pick-run.tsx';
import { Subject } from './subject.tsx';
import './compare.css';

/** Chosen runs side by side; the address names them. */
export function CompareView() {
  const ids = [...new Set(idsOfQuery(useAddress().query))].slice(0, kMostCompared);
  const { api } = useServices();
  const [picking, setPicking] = useState<{ at: number | null } | null>(null);
  const [sceneRow, setSceneRow] = useState(0);
  const asked = useQuery({ queryKey: ['compare', ids], queryFn: ({ signal }) => api.compare(ids, signal), enabled: ids.length > 1 });
  const runs = useQueries({ queries: ids.map((id) => ({ queryKey: ['run', id], queryFn: ({ signal }: { signal: AbortSignal }) => api.run(id, signal) })) });
  const found = runs.map((run) => run.data);
  const go = (next: readonly string[]) => navigate(pathOfIds(next), { replace: true });
  useEffect(() => setSceneRow(0), [ids.join()]);
  useKeys({ x: () => (ids.length > 1 ? go(swapped(ids)) : false), n: () => (ids.length < kMostCompared ? setPicking({ at: null }) : false) });
  const answer = asked.data;
  const state: PartState = ids.length === 0
    ? { is: 'empty', icon: 'git-compare-arrows', title: 'Nothing to compare yet', next: <><button type="button" className="btn primary" onClick={() => setPicking({ at: null })}>Choose runs</button> or <Link href="/runs">select two in Runs (x), then compare (c)</Link></> }
    : ids.length === 1
      ? { is: 'empty', icon: 'git-compare-arrows', title: 'One run so far', next: <button type="button" className="btn primary" onClick={() => setPicking({ at: null })}>Choose a run to compare with</button> }
      : stateOf(asked, answer !== undefined);
  const scenes = found.reduce((sum, run) => sum + (run?.scenes.length ?? 0), 0);
  return (
    <Frame
      parent="/runs" title={found[0] ? `Compare ${found.map((run) => run?.title || 'Untitled').join(', ')}` : 'Compare'}
      crumb={<><h1 className="crumb-h">Compare</h1>{ids.length > 0 && <span>{plural(ids.length, 'run')}{scenes > 0 && `, ${plural(scenes, 'scene')}`}</span>}</>}
      actions={(
        <>
          <button type="button" className="btn sm ghost" disabled={ids.length >= kMostCompared} onClick={() => setPicking({ at: null })} title={ids.length >= kMostCompared ? `${kMostCompared} at most` : 'Add a run (n)'}><Icon name="plus" size={13} />Add a run</button>
          <button type="button" className="btn sm ghost" disabled={ids.length < 2} onClick={() => go(swapped(ids))} title="Swap (x)"><Icon name="arrow-down-up" size={13} />Swap</button>
        </>
      )}
    >
      {ids.length > 0 && (
        <div className="subjects" data-count={Math.min(ids.length, 4)}>
          {ids.map((id, at) => (
            <Subject
              key={id} at={at} of={ids.length} runId={id} run={found[at] ?? null} error={runs[at]?.error ?? null}
              onReplace={() => setPicking({ at })} onRemove={() => go(withoutRun(ids, at))}
            />
          ))}
          {ids.length === 1 && <button type="button" className="panel subject-add" onClick={() => setPicking({ at: null })}><Icon name="plus" size={16} />Compare with another run</button>}
        </div>
      )}
      {!answer || ids.length < 2 ? (
        <StatePanel label="Compare" state={state} minHeight={420} lines={12} lineHeight={30}><span /></StatePanel>
      ) : (
        <>
          <CompareClaim answer={answer} caveat={state.is === 'ready' ? state.caveat ?? null : null} />
          <div className="cg">
            <div className="stack">
              <NodeDifferences answer={answer} />
              <ArtifactCompare answer={answer} runs={found} ids={ids} />
            </div>
            <div className="stack">
              <Differences answer={answer} runs={found} row={sceneRow} onRow={setSceneRow} />
              <Numbers answer={answer} />
            </div>
          </div>
        </>
      )}
      {picking && <PickRun ids={ids} runs={found} at={picking.at} onPick={(id) => {
        setPicking(null);
        go(withRun(ids, id, picking.at));
      }} onClose={() => setPicking(null)} />}
    </Frame>
  );
}
