import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useServices } from '../services.tsx';

const kGatherMs = 400;

/** Reads a run anew when the stream tells of it, in place, however often it does. */
export function useLiveRun(runId: string): void {
  const { live } = useServices();
  const client = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void client.invalidateQueries({ queryKey: ['run', runId] });
        void client.invalidateQueries({ queryKey: ['timeline', runId] });
      }, kGatherMs);
    };
    const offUpdates = live.manager.on('updates', (updates) => {
      const mine = updates.some((update) => (update.kind === 'run' && update.run.runId === runId) || (update.kind === 'scene' && update.runId === runId));
      if (mine) again();
    });
    const offSnapshot = live.manager.on('snapshot', again);
    return () => {
      offUpdates();
      offSnapshot();
      clearTimeout(timer);
    };
  }, [client, live, runId]);
}
