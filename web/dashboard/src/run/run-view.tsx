import { ApiError, isOpen, type Run, type RunPatch } from '@comfytrace/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { formatClock, formatDay } from '../format.ts';
import { Frame } from '../frame/frame.tsx';
import { Link, navigate, runPath } from '../router.tsx';
import { neighbours } from '../runs/neighbours.ts';
import { useNow, useServices, useWorkerName } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { useKeys } from '../ui/keys.ts';
import { CopyButton, Empty, Skeleton } from '../ui/parts.tsx';
import { Artifacts } from './artifacts.tsx';
import { FailurePanels } from './failure-panel.tsx';
import { RunHead } from './run-head.tsx';
import { ExplanationsPanel, NotesPanel, ParametersPanel, PolicyPanel, WarningsPanel } from './side-panels.tsx';
import { ScenesTable } from './scenes-table.tsx';
import { TimelinePanel } from './timeline-panel.tsx';

/** Which attempt the timeline and the parameters are about. */
export interface Chosen {
  sceneId: string;
  promptId: string;
}

export function RunView({ runId }: { runId: string }) {
  const { api, live } = useServices();
  const client = useQueryClient();
  const query = useQuery({ queryKey: ['run', runId], queryFn: ({ signal }) => api.run(runId, signal) });
  const { before, after } = neighbours(runId);
  useKeys({
    j: () => after && navigate(runPath(after), { replace: true }),
    k: () => before && navigate(runPath(before), { replace: true }),
  });

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void client.invalidateQueries({ queryKey: ['run', runId] });
        void client.invalidateQueries({ queryKey: ['timeline', runId] });
      }, 400);
    };
    const offUpdates = live.manager.on('updates', (updates) => {
      const mine = updates.some((update) =>
        (update.kind === 'run' && update.run.runId === runId) || (update.kind === 'scene' && update.runId === runId));
      if (mine) again();
    });
    const offSnapshot = live.manager.on('snapshot', again);
    return () => {
      offUpdates();
      offSnapshot();
      clearTimeout(timer);
    };
  }, [client, live, runId]);

  if (query.data) return <Loaded run={query.data} hasNeighbours={before !== null || after !== null} />;
  return (
    <Frame parent="/runs" crumb={<><Link href="/runs" className="crumb-up">Runs</Link><Icon name="chevron-right" size={13} /><h1 className="crumb-h mono">{runId.slice(0, 8)}</h1></>}>
      {query.isError ? <NotRead error={query.error} onRetry={() => void query.refetch()} /> : <Bones />}
    </Frame>
  );
}

function Loaded({ run, hasNeighbours }: { run: Run; hasNeighbours: boolean }) {
  const { api } = useServices();
  const client = useQueryClient();
  const now = useNow();
  const workerName = useWorkerName();
  const [chosen, setChosen] = useState<Chosen>(() => firstChoice(run));
  const timeline = useQuery({
    queryKey: ['timeline', run.runId], queryFn: ({ signal }) => api.timeline(run.runId, signal),
    refetchInterval: isOpen(run.status) ? 2_000 : false,
  });
  const change = useMutation({
    mutationFn: (patch: RunPatch) => api.changeRun(run.runId, patch),
    onSuccess: (next) => {
      client.setQueryData(['run', run.runId], next);
      void client.invalidateQueries({ queryKey: ['runs'] });
    },
  });
  useEffect(() => {
    document.title = `${run.title || 'Untitled'} · comfytrace`;
  }, [run.title]);
  const scene = run.scenes.find((each) => each.sceneId === chosen.sceneId) ?? run.scenes[0];
  const attempt = scene?.attempts.find((each) => each.promptId === chosen.promptId) ?? scene?.attempts.at(-1);
  const places = [...new Set(run.scenes.flatMap((each) => each.attempts.map((one) => workerName(one.workerId))))];
  return (
    <Frame
      parent="/runs"
      crumb={(
        <>
          <Link href="/runs" className="crumb-up">Runs</Link>
          <Icon name="chevron-right" size={13} className="crumb-sep" />
          <b className="el">{run.title || 'Untitled'}</b>
          <span className="el crumb-more">{spanWords(run, now)}{places.length > 0 && `, ${places.join(', ')}`}</span>
          <span className="mono crumb-more">{run.runId.slice(0, 8)}</span>
          <span className="crumb-more"><CopyButton text={run.runId} /></span>
        </>
      )}
      actions={hasNeighbours ? <span className="row g4 t3 s12 jk"><kbd className="kbd">J</kbd><kbd className="kbd">K</kbd> next, previous</span> : undefined}
    >
      <RunHead run={run} onChange={change.mutate} saving={change.isPending} failed={change.isError ? change.error.message : null} />
      <div className="rgd">
        <div className="stack">
          <FailurePanels run={run} />
          <Artifacts run={run} />
          {run.scenes.length > 1 && <ScenesTable run={run} chosen={chosen} onChoose={setChosen} />}
          {scene && attempt && (
            <TimelinePanel
              run={run} scene={scene} attempt={attempt} timeline={timeline.data ?? null} error={timeline.isError ? timeline.error.message : null}
              onRetry={() => void timeline.refetch()} onChoose={setChosen}
            />
          )}
        </div>
        <div className="stack">
          {scene && <ParametersPanel scene={scene} many={run.scenes.length > 1} />}
          {attempt && <WarningsPanel attempt={attempt} />}
          {run.policy && <PolicyPanel policy={run.policy} />}
          {attempt && <ExplanationsPanel attempt={attempt} />}
          <NotesPanel run={run} onChange={change.mutate} />
        </div>
      </div>
    </Frame>
  );
}

function firstChoice(run: Run): Chosen {
  const scene = run.scenes.find((each) => each.status === 'failed' || each.status === 'timeout') ?? run.scenes[0];
  return { sceneId: scene?.sceneId ?? '', promptId: scene?.attempts.at(-1)?.promptId ?? '' };
}

function spanWords(run: Run, now: number): string {
  const from = run.startedAtMs ?? run.createdAtMs;
  const day = formatDay(from, now);
  if (run.finishedAtMs === null) return `${day} ${formatClock(from)}, open`;
  return `${day} ${formatClock(from)} to ${formatClock(run.finishedAtMs)}`;
}

function NotRead({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const gone = error instanceof ApiError && error.status === 404;
  return (
    <div className="panel fill">
      <Empty icon={gone ? 's-nodata' : 's-failed'} tone={gone ? '' : 'bad'} title={gone ? 'There is no such run' : 'The run was not read'}>
        <span>{gone ? 'It was deleted, or the address is mistyped.' : error.message}</span>
        {gone ? <Link href="/runs">All runs</Link> : <button type="button" className="btn sm" onClick={onRetry}>Retry</button>}
      </Empty>
    </div>
  );
}

function Bones() {
  return (
    <div aria-busy="true" aria-label="Reading the run" className="run-bones">
      <Skeleton width="320px" height={24} />
      <Skeleton width="480px" height={18} />
      <div className="rgd">
        <div className="stack">
          <div className="panel pb"><Skeleton width="100%" height={140} /></div>
          <div className="panel pb"><Skeleton width="100%" height={300} /></div>
        </div>
        <div className="stack"><div className="panel pb"><Skeleton width="100%" height={220} /></div></div>
      </div>
    </div>
  );
}
