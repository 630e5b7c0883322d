import type { Run } from '@comfytrace/client';
import { useQuery } from '@tanstack/react-query';
import { useServices } from '../services.tsx';

export interface Neighbours {
  /** Above in the list: newer, as it is sorted. */
  before: string | null;
  after: string | null;
}

let lastSeenIds: readonly string[] = [];

/** The ids of the list last looked at, in its order, so that a run's page goes on in it. */
export function rememberRuns(ids: readonly string[]): void {
  lastSeenIds = ids;
}

export function neighboursIn(ids: readonly string[], runId: string): Neighbours | null {
  const at = ids.indexOf(runId);
  return at < 0 ? null : { before: ids[at - 1] ?? null, after: ids[at + 1] ?? null };
}

/** In the list one came from; of a run that was opened by its address, those next to it in time. */
export function useNeighbours(runId: string, run: Run | undefined): Neighbours {
  const { api } = useServices();
  const listed = neighboursIn(lastSeenIds, runId);
  const asked = useQuery({
    queryKey: ['neighbours', runId, run?.createdAtMs], enabled: listed === null && run !== undefined, staleTime: 60_000,
    queryFn: async ({ signal }): Promise<Neighbours> => {
      const at = run!.createdAtMs;
      const [newer, older] = await Promise.all([
        api.runs({ from: String(at) }, { sort: 'oldest', limit: 2 }, signal),
        api.runs({ to: String(at + 1) }, { limit: 2 }, signal),
      ]);
      const other = (page: { runs: { runId: string }[] }) => page.runs.find((each) => each.runId !== runId)?.runId ?? null;
      return { before: other(newer), after: other(older) };
    },
  });
  return listed ?? asked.data ?? { before: null, after: null };
}
