import type { Run } from '@comfytrace/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { plural } from '../format.ts';
import { navigate } from '../router.tsx';
import { useServices } from '../services.tsx';
import { Dialog } from '../ui/parts.tsx';

/** Says what goes and what stays before it is done. */
export function DeleteDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const { api } = useServices();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.deleteRun(run.runId),
    onSuccess: () => {
      navigate('/runs');
      void client.invalidateQueries({ queryKey: ['runs'] });
      void client.invalidateQueries({ queryKey: ['health'] });
      client.removeQueries({ queryKey: ['run', run.runId] });
    },
  });
  const attempts = run.scenes.reduce((sum, scene) => sum + scene.attempts.length, 0);
  return (
    <Dialog
      title="Delete this run?" icon="trash-2" onClose={onClose}
      footer={(
        <>
          {remove.isError && <span className="bad s12 el" role="alert">{remove.error.message}</span>}
          <span className="sp" />
          <button type="button" className="btn" onClick={onClose}>Keep</button>
          <button type="button" className="btn danger" onClick={() => remove.mutate()} disabled={remove.isPending}>Delete 1 run</button>
        </>
      )}
    >
      <p><b>{run.title || 'Untitled'}</b> goes from the history with {plural(run.scenes.length, 'scene')} and {plural(attempts, 'attempt')}, its notes and tags.</p>
      <p className="t2 s12">The files on the worker stay where they are: {plural(run.artifacts.length, 'artifact')}. This cannot be undone.</p>
    </Dialog>
  );
}
