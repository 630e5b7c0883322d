import { useQuery } from '@tanstack/react-query';
import { formatWhen } from '../format.ts';
import { Frame } from '../frame/frame.tsx';
import { Link, idsOfQuery, runPath, useAddress } from '../router.tsx';
import { useNow, useServices } from '../services.tsx';
import { StatePanel, stateOf } from '../ui/states.tsx';

/** Chosen runs side by side; the address names them. */
export function CompareView() {
  const ids = idsOfQuery(useAddress().query);
  const { api } = useServices();
  const now = useNow();
  const asked = useQuery({ queryKey: ['compare', ids], queryFn: ({ signal }) => api.compare(ids, signal), enabled: ids.length > 1 });
  const state = ids.length < 2
    ? ({ is: 'empty', icon: 'git-compare-arrows', title: 'Nothing to compare yet', next: <Link href="/runs">Select two runs or more in Runs (x), then compare (c)</Link> } as const)
    : stateOf(asked, asked.data !== undefined);
  return (
    <Frame crumb={<><b>Compare</b>{ids.length > 1 && <span>{ids.length} runs</span>}</>} parent="/runs">
      <StatePanel label="Compare" state={state} minHeight={300} lines={8}>
        <div className="pb stack">
          <h1>{asked.data?.sentence}</h1>
          <ul className="recent">
            {asked.data?.runs.map((run) => <li key={run.runId}><Link href={runPath(run.runId)}>{run.title || 'Untitled'}</Link><span className="t3">{formatWhen(run.createdAtMs, now)}</span></li>)}
          </ul>
        </div>
      </StatePanel>
    </Frame>
  );
}
