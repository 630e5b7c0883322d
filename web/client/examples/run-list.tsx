import { ApiClient, type RunFilter } from '@comfytrace/client';
import { useRunHistory } from '@comfytrace/client/react';

/** Failed runs of a history, page after page. `api` is made once: `new ApiClient({ baseUrl: 'http://127.0.0.1:8199' })`. */
export function FailedRuns({ api }: { api: ApiClient }) {
  const history = useRunHistory({ api }, { filter: kFailed });
  if (history.state === 'loading') return <p>reading</p>;
  if (history.state === 'error') return <button onClick={() => void history.refresh()}>{history.error}; try again</button>;
  if (history.state === 'empty') return <p>nothing failed</p>;
  return (
    <>
      <p>{history.runs.length} of {history.total}</p>
      <ul>{history.runs.map((run) => <li key={run.runId}>{run.title}: {run.error ?? 'no reason told'}</li>)}</ul>
      {history.hasMore && <button onClick={history.loadMore}>more</button>}
    </>
  );
}

const kFailed: RunFilter = { status: ['failed', 'timeout'] };
