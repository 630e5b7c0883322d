import type { RunSummary } from '@comfytrace/client';
import { useMemo, useRef, useState } from 'react';

/** Which runs are selected, with what was last known of each: rows far away are let go, selected ones are not forgotten. */
export function useSelection(held: readonly RunSummary[]) {
  const [ids, setIds] = useState<ReadonlySet<string>>(() => new Set());
  const known = useRef(new Map<string, RunSummary>());
  const runs = useMemo(() => {
    if (ids.size === 0) {
      known.current.clear();
      return [];
    }
    for (const run of held) if (ids.has(run.runId)) known.current.set(run.runId, run);
    return [...ids].flatMap((id) => known.current.get(id) ?? []);
  }, [ids, held]);
  return { ids, runs, set: setIds, clear: () => setIds(new Set()) };
}
