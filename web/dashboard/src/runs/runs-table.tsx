import { ApiError, isOpen, type RunSummary } from '@comfytrace/client';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { durationParts, exitReasonWords, formatCount, formatWhen, memoryParts } from '../format.ts';
import { Link, navigate, runPath } from '../router.tsx';
import { useNow, useServices, useWorkerName } from '../services.tsx';
import { useKeys } from '../ui/keys.ts';
import { Empty, Measure, Skeleton, StatusMark, statusTone } from '../ui/parts.tsx';
import type { useRunList } from './use-run-list.ts';

const kPhone = '(max-width: 719.98px)';
const kRowPx = 30;
const kPhoneRowPx = 60;

export function usePhone(): boolean {
  return useSyncExternalStore(
    (reader) => {
      const media = window.matchMedia(kPhone);
      media.addEventListener('change', reader);
      return () => media.removeEventListener('change', reader);
    },
    () => window.matchMedia(kPhone).matches,
  );
}

const kColumns = ['Status', 'Picture', 'Title', 'Workflow', 'Model', 'Scenes', 'Duration', 'VRAM peak', 'Worker', 'Attempts', 'When'];

export function RunsTable({ list, filtered, onReset }: { list: ReturnType<typeof useRunList>; filtered: boolean; onReset: () => void }) {
  if (list.isError && list.runs.length === 0) return <Refused error={list.error} onRetry={() => void list.refetch()} onReset={filtered ? onReset : null} />;
  if (list.isPending) return <LoadingRows />;
  if (list.runs.length === 0) {
    return (
      <div className="runs-void">
        {filtered ? (
          <Empty icon="list-filter" title="No run matches">
            <span>Words match the beginnings of words in titles, prompts, errors, notes and tags.</span>
            <button type="button" className="btn sm" onClick={onReset}>Reset filter</button>
          </Empty>
        ) : (
          <Empty icon="rows-3" title="No runs yet">
            <span>Queue a prompt in ComfyUI. It is listed here at once and kept for good.</span>
            <Link href="/">See whether a worker is connected</Link>
          </Empty>
        )}
      </div>
    );
  }
  return <Rows list={list} />;
}

// Mounted with its rows: a virtual list that outlives its scroller keeps a place that is gone.
function Rows({ list }: { list: ReturnType<typeof useRunList> }) {
  const { runs, total, hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const scroller = useRef<HTMLDivElement>(null);
  const phone = usePhone();
  const [at, setAt] = useState<string | null>(null);
  const rows = useVirtualizer({
    count: runs.length + (hasNextPage ? 1 : 0),
    getScrollElement: () => scroller.current,
    estimateSize: () => (phone ? kPhoneRowPx : kRowPx),
    getItemKey: (index) => runs[index]?.runId ?? 'more',
    overscan: 12,
    initialRect: { width: 1000, height: 700 },
  });
  useEffect(() => rows.measure(), [phone, rows]);
  const items = rows.getVirtualItems();
  const lastIndex = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && lastIndex >= runs.length - 20) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, lastIndex, runs.length]);

  const move = (by: number) => {
    const here = runs.findIndex((run) => run.runId === at);
    const next = Math.max(0, Math.min(runs.length - 1, here < 0 ? 0 : here + by));
    const run = runs[next];
    if (!run) return;
    setAt(run.runId);
    rows.scrollToIndex(next);
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => {
      const focused = document.activeElement;
      if (focused instanceof HTMLAnchorElement || focused instanceof HTMLButtonElement) focused.click();
      else if (at) navigate(runPath(at));
    },
  });

  return (
    <div className="vt" role="table" aria-label="Runs, newest first" aria-rowcount={(total ?? runs.length) + 1}>
      <div role="rowgroup" className="vt-head">
        <div role="row" className="vr" aria-rowindex={1}>
          {kColumns.map((name) => (
            <span role="columnheader" key={name} className={`c-${name.split(' ')[0]!.toLowerCase()}`}>{name === 'Picture' ? <span className="sr">Picture</span> : name}</span>
          ))}
        </div>
      </div>
      <div ref={scroller} className="vt-body" role="rowgroup" tabIndex={0} aria-label="Rows">
        <div className="vt-all" role="presentation" style={{ height: rows.getTotalSize() }}>
          {items.map((item) => {
            const run = runs[item.index];
            const place = { transform: `translateY(${item.start}px)`, height: item.size };
            if (!run) {
              return (
                <div role="row" className="vr" key="more" style={place}>
                  <span role="cell" className="t3 more-cell">
                    {list.isFetchNextPageError ? <button type="button" className="text-btn" onClick={() => void fetchNextPage()}>not read; retry</button> : `reading the next of ${formatCount(total)}`}
                  </span>
                </div>
              );
            }
            return <RunRow key={run.runId} run={run} index={item.index} current={run.runId === at} style={place} />;
          })}
        </div>
      </div>
    </div>
  );
}

function RunRow({ run, index, current, style }: { run: RunSummary; index: number; current: boolean; style: { transform: string; height: number } }) {
  const { api } = useServices();
  const workerName = useWorkerName();
  const now = useNow();
  const workers = run.workerIds.map(workerName).join(', ');
  const open = isOpen(run.status);
  const why = run.status === 'success' ? null : run.error ?? exitReasonWords(run.exitReason);
  return (
    <div
      role="row" aria-rowindex={index + 2} className={`vr go ${current ? 'cur' : ''} ${run.archived ? 'arch' : ''}`} style={style}
      onClick={() => navigate(runPath(run.runId))}
    >
      <span role="cell" className="c-status"><StatusMark status={run.status} /></span>
      <span role="cell" className="c-picture">
        {run.thumbnail !== null && <Thumb src={api.artifactUrl(run.runId, run.thumbnail)} />}
      </span>
      <span role="cell" className="c-title">
        <Link className="quiet" href={runPath(run.runId)} onClick={(event) => event.stopPropagation()}>{run.title || 'Untitled'}</Link>
        {why && <span className={`why ${statusTone(run.status)}`} title={why}>{why}</span>}
        {run.tags.map((tag) => <span className="tag" key={tag}>{tag}</span>)}
      </span>
      <span role="cell" className="c-workflow" title={run.workflowName ?? undefined}>
        {run.workflowName ?? (run.workflowFingerprint ? <span className="mono t3">{run.workflowFingerprint.slice(0, 8)}</span> : <span className="t3">not told</span>)}
      </span>
      <span role="cell" className="c-model" title={run.model ?? undefined}>{run.model ? stem(run.model) : <span className="t3">none found</span>}</span>
      <span role="cell" className="c-scenes">{run.status === 'partial' ? <span className="warn">{run.scenesSucceeded} of {run.sceneCount}</span> : run.sceneCount}</span>
      <span role="cell" className="c-duration">
        {run.durationMs === null && open ? <span className="t3">{run.status === 'queued' ? 'waits' : 'runs'}</span> : <Measure parts={durationParts(run.durationMs)} missing="not told" />}
      </span>
      <span role="cell" className="c-vram"><Measure parts={memoryParts(run.vramPeakBytes)} missing="no sample" /></span>
      <span role="cell" className="c-worker" title={workers}>{workers || <span className="t3">not told</span>}</span>
      <span role="cell" className="c-attempts">{run.attemptCount}</span>
      <span role="cell" className="c-when">{formatWhen(run.createdAtMs, now)}</span>
    </div>
  );
}

function Thumb({ src }: { src: string }) {
  const [gone, setGone] = useState(false);
  if (gone) return null;
  return <img src={src} alt="" loading="lazy" decoding="async" width={34} height={22} onError={() => setGone(true)} />;
}

function stem(file: string): string {
  return file.replace(/^.*[\\/]/, '').replace(/\.(safetensors|ckpt|gguf|pt|pth|sft|bin)$/i, '');
}

function Refused({ error, onRetry, onReset }: { error: Error | null; onRetry: () => void; onReset: (() => void) | null }) {
  const refused = error instanceof ApiError && error.status === 400;
  return (
    <div className="runs-void">
      <Empty icon="s-failed" tone="bad" title={refused ? 'Filter not understood' : 'The history was not read'}>
        <span>{error?.message}</span>
        {error instanceof ApiError && error.mend && <span>{error.mend}</span>}
        <span className="row">
          <button type="button" className="btn sm" onClick={onRetry}>Retry</button>
          {onReset && <button type="button" className="btn sm ghost" onClick={onReset}>Reset filter</button>}
        </span>
      </Empty>
    </div>
  );
}

function LoadingRows() {
  return (
    <div className="vt-bones" aria-busy="true" aria-label="Reading the history">
      {Array.from({ length: 16 }, (_, at) => (
        <div className="vr" key={at}>
          <Skeleton width="70px" />
          <Skeleton width="34px" height={20} />
          <Skeleton width={`${45 + ((at * 17) % 40)}%`} />
          <Skeleton width="60%" />
          <Skeleton width="70%" />
        </div>
      ))}
    </div>
  );
}
