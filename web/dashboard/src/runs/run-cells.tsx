import { isOpen, type RunSummary } from '@comfytrace/client';
import { useState, useSyncExternalStore } from 'react';
import { deviceName, durationParts, exitReasonWords, formatWhen, memoryParts, shortId } from '../format.ts';
import { Link, runPath } from '../router.tsx';
import { useServices } from '../services.tsx';
import { Measure, StatusMark, statusTone } from '../ui/parts.tsx';

// The cells of the list of runs. Each reads no more than it shows, so that a live update draws only what it changes.

/** One word of a worker, as it is now; null: not known. */
function useOfWorker<T extends string | number>(workerId: string | undefined, read: (worker: { name: string; devices: { name: string; vramTotalBytes: number | null }[] }) => T | null): T | null {
  const { live } = useServices();
  return useSyncExternalStore(live.subscribe, () => {
    const found = live.get().workers.find((state) => state.worker.workerId === workerId);
    return found ? read(found.worker) : null;
  });
}

export function WorkerCell({ run }: { run: RunSummary }) {
  const [first, ...others] = run.workerIds;
  const name = useOfWorker(first, (worker) => worker.name);
  if (!first) return <span className="t3">not told</span>;
  return <span>{name ?? shortId(first)}{others.length > 0 && ` and ${others.length} more`}</span>;
}

/** What the run ran on, as its workers told it then. */
export function GpuCell({ run }: { run: RunSummary }) {
  const [first, ...others] = run.deviceNames;
  if (first === undefined) return <span className="t3">not told</span>;
  return <span title={run.deviceNames.join('\n')}>{first === 'cpu' ? 'CPU' : deviceName(first)}{others.length > 0 && ` and ${others.length} more`}</span>;
}

export function VramCell({ run }: { run: RunSummary }) {
  const total = useOfWorker(run.workerIds.length === 1 ? run.workerIds[0] : undefined, (worker) => (worker.devices.length === 1 ? worker.devices[0]!.vramTotalBytes : null));
  if (run.vramPeakBytes === null) return <span className="t3">{isOpen(run.status) ? '' : 'no sample'}</span>;
  const ratio = total ? Math.min(1, run.vramPeakBytes / total) : null;
  return (
    <span className="vram-cell">
      {ratio !== null && <span className="meter" aria-hidden="true" title={`${Math.round(ratio * 100)} % of the device`}><i className={ratio > 0.96 ? 'w' : ''} style={{ width: `${ratio * 100}%` }} /></span>}
      <Measure parts={memoryParts(run.vramPeakBytes)} missing="no sample" />
    </span>
  );
}

export function TitleCell({ run }: { run: RunSummary }) {
  return (
    <span className="title-cell">
      <Link className="quiet el" href={runPath(run.runId)} title={run.title}>{run.title || 'Untitled'}</Link>
      {run.archived && <span className="tag">archived</span>}
      {run.tags.length > 0 && <span className="tag" title={run.tags.join(', ')}>{run.tags[0]}</span>}
      {run.tags.length > 1 && <span className="t3" title={run.tags.join(', ')}>+{run.tags.length - 1}</span>}
    </span>
  );
}

export function DurationCell({ run }: { run: RunSummary }) {
  if (run.durationMs === null && isOpen(run.status)) return <span className="t3">{run.status === 'queued' ? 'waits' : 'runs'}</span>;
  return <Measure parts={durationParts(run.durationMs)} missing="not told" />;
}

export function WorkflowCell({ run }: { run: RunSummary }) {
  if (run.workflowName) return <span title={run.workflowName}>{run.workflowName}</span>;
  return run.workflowFingerprint ? <span className="mono t3" title={`structure ${run.workflowFingerprint}`}>{run.workflowFingerprint.slice(0, 8)}</span> : <span className="t3">not told</span>;
}

export function ModelCell({ run }: { run: RunSummary }) {
  return run.model ? <span title={run.model}>{stem(run.model)}</span> : <span className="t3">none found</span>;
}

export function ScenesCell({ run }: { run: RunSummary }) {
  return run.status === 'partial' ? <span className="warn">{run.scenesSucceeded} of {run.sceneCount}</span> : <>{run.sceneCount}</>;
}

export function PictureCell({ run }: { run: RunSummary }) {
  const { api } = useServices();
  const [gone, setGone] = useState(false);
  if (run.thumbnail === null || gone) return null;
  return <img className="row-pic" src={api.artifactUrl(run.runId, run.thumbnail)} alt="" loading="lazy" decoding="async" width={34} height={22} onError={() => setGone(true)} />;
}

/** Two lines: name and measure, below detail and when. */
export function PhoneRow({ run }: { run: RunSummary }) {
  const why = run.status === 'success' ? null : exitReasonWords(run.exitReason);
  return (
    <span className="phone-run">
      <span className="row g6"><StatusMark status={run.status} iconOnly /><Link className="quiet el sp" href={runPath(run.runId)}><b>{run.title || 'Untitled'}</b></Link><span className="t1"><DurationCell run={run} /></span></span>
      <span className="row g6 s12 t3"><span className="el sp">{why ? <span className={statusTone(run.status)}>{why}</span> : <WorkflowCell run={run} />}</span><span className="nw">{formatWhen(run.createdAtMs, Date.now())}</span></span>
    </span>
  );
}

export function stem(file: string): string {
  return file.replace(/^.*[\\/]/, '').replace(/\.(safetensors|ckpt|gguf|pt|pth|sft|bin)$/i, '');
}
