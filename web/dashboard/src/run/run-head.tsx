import { isOpen, type Attempt, type Run, type RunPatch } from '@comfytrace/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { deviceName, durationParts, exitReasonWords, formatClock, formatCount, formatMemory, memoryParts, plural } from '../format.ts';
import { navigate } from '../router.tsx';
import { useLive, useNow, useServices, useWorkerName } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { Badge, Dialog, Measure, StatusBadge, statusTone } from '../ui/parts.tsx';

export function RunHead({ run, onChange, saving, failed }: { run: Run; onChange: (patch: RunPatch) => void; saving: boolean; failed: string | null }) {
  const [asking, setAsking] = useState(false);
  return (
    <header className="rh">
      <div className="col rh-main">
        <div className="row wrap">
          <Icon name={`s-${run.status}`} size={20} className={statusTone(run.status)} />
          <Title title={run.title} onChange={(title) => onChange({ title })} />
          {run.storyTitle && <span className="tag">{run.storyTitle}</span>}
          <Tags tags={run.tags} onChange={(tags) => onChange({ tags })} />
          {run.archived && <Badge icon="archive">archived</Badge>}
          {saving && <span className="t3 s11" role="status">saving</span>}
          {failed && <span className="bad s12" role="alert">not saved: {failed}</span>}
        </div>
        <TelemetryBadges run={run} />
      </div>
      <div className="row rh-acts">
        <button type="button" className="btn" onClick={() => onChange({ archived: !run.archived })}>
          <Icon name="archive" size={13} />
          {run.archived ? 'Unarchive' : 'Archive'}
        </button>
        <button type="button" className="btn danger" onClick={() => setAsking(true)} disabled={isOpen(run.status)} title={isOpen(run.status) ? 'An open run cannot be deleted' : undefined}>
          <Icon name="trash-2" size={13} />
          Delete
        </button>
      </div>
      {asking && <DeleteDialog run={run} onClose={() => setAsking(false)} />}
    </header>
  );
}

/** The run's key facts, each icon and words. What is not known is not shown as a number. */
export function TelemetryBadges({ run }: { run: Run }) {
  const workerName = useWorkerName();
  const { workers, link } = useLive();
  const now = useNow() + link.serverOffsetMs;
  const attempts: Attempt[] = run.scenes.flatMap((scene) => scene.attempts);
  const ids = [...new Set(attempts.map((attempt) => attempt.workerId))];
  const devices = [...new Set(ids.flatMap((id) => {
    const device = workers.find((state) => state.worker.workerId === id)?.worker.devices[0];
    return device ? [device.type === 'cpu' ? 'CPU' : deviceName(device.name)] : [];
  }))];
  const peaks = attempts.flatMap((attempt) => (attempt.vramPeakBytes === null ? [] : [attempt.vramPeakBytes]));
  const last = attempts.at(-1);
  const delta = attempts.length === 1 ? last!.vramDeltaBytes : null;
  const succeeded = run.scenes.filter((scene) => scene.status === 'success').length;
  const why = exitReasonWords(run.exitReason);
  const open = isOpen(run.status);
  const origins = [...new Set(attempts.map((attempt) => attempt.origin))];
  return (
    <div className="badges" aria-label="Facts of the run" role="group">
      <StatusBadge status={run.status} more={run.status === 'partial' ? `${succeeded} of ${run.scenes.length}` : undefined} />
      {why && <Badge icon={`s-${run.status}`} tone={{ bad: 'b-bad', warn: 'b-warn' }[statusTone(run.status)] ?? ''} title={run.exitReason ?? undefined}><span className="k">exit</span> {why}</Badge>}
      <Badge icon="clock">
        <span className="k">{open ? 'so far' : 'took'}</span>{' '}
        <Measure parts={durationParts(open && run.startedAtMs !== null ? Math.max(0, Math.floor((now - run.startedAtMs) / 1000) * 1000) : run.durationMs)} missing={open ? 'not started' : 'not told'} />
      </Badge>
      <Badge icon="hourglass"><span className="k">waited</span> <Measure parts={durationParts(run.queueWaitMs)} missing={run.startedAtMs === null && open ? 'still' : 'not told'} /></Badge>
      <Badge icon="rotate-ccw"><span className="k">attempts</span> {formatCount(attempts.length)}</Badge>
      {ids.length > 0 && <Badge icon="server"><span className="k">{ids.length === 1 ? 'worker' : 'workers'}</span> {ids.map(workerName).join(', ')}</Badge>}
      {devices.length > 0 && <Badge icon="cpu">{devices.join(', ')}</Badge>}
      <Badge icon="memory-stick"><span className="k">VRAM peak</span> <Measure parts={memoryParts(peaks.length ? Math.max(...peaks) : null)} missing="no sample" /></Badge>
      {delta !== null && <Badge title="VRAM free after minus before"><span className="k">change</span> {delta > 0 ? '+' : ''}{formatMemory(delta)}</Badge>}
      {run.startedAtMs !== null && <Badge icon="calendar"><span className="k">started</span> {formatClock(run.startedAtMs, true)}{run.finishedAtMs !== null && <> <span className="k">ended</span> {formatClock(run.finishedAtMs, true)}</>}</Badge>}
      {origins.includes('backfilled') && <Badge icon="history" title="Found in the worker's history afterwards: some times are not known">backfilled</Badge>}
    </div>
  );
}

function Title({ title, onChange }: { title: string; onChange: (title: string) => void }) {
  const [draft, setDraft] = useState<string | null>(null);
  if (draft === null) {
    return (
      <h1 className="title-h">
        <button type="button" className="title-btn" onClick={() => setDraft(title)} title="Rename">{title || 'Untitled'}</button>
      </h1>
    );
  }
  const done = () => {
    if (draft.trim() && draft.trim() !== title) onChange(draft.trim());
    setDraft(null);
  };
  return (
    <input
      className="inp title-inp" aria-label="Title" value={draft} autoFocus onChange={(event) => setDraft(event.target.value)} onBlur={done}
      onKeyDown={(event) => {
        if (event.key === 'Enter') done();
        if (event.key === 'Escape') setDraft(null);
      }}
    />
  );
}

function Tags({ tags, onChange }: { tags: string[]; onChange: (tags: string[]) => void }) {
  const [draft, setDraft] = useState<string | null>(null);
  const add = () => {
    const word = draft?.trim();
    if (word && !tags.includes(word)) onChange([...tags, word]);
    setDraft(null);
  };
  return (
    <>
      {tags.map((tag) => (
        <span className="tag" key={tag}>
          {tag}
          <button type="button" className="tag-x" aria-label={`Remove tag ${tag}`} onClick={() => onChange(tags.filter((each) => each !== tag))}><Icon name="x" size={11} /></button>
        </span>
      ))}
      {draft === null ? (
        <button type="button" className="btn ghost sm" onClick={() => setDraft('')}><Icon name="plus" size={12} />tag</button>
      ) : (
        <input
          className="inp tag-inp" aria-label="New tag" value={draft} autoFocus maxLength={64} onChange={(event) => setDraft(event.target.value)} onBlur={add}
          onKeyDown={(event) => {
            if (event.key === 'Enter') add();
            if (event.key === 'Escape') setDraft(null);
          }}
        />
      )}
    </>
  );
}

function DeleteDialog({ run, onClose }: { run: Run; onClose: () => void }) {
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
