import type { ReactNode } from 'react';
import { plural } from '../format.ts';
import { Link } from '../router.tsx';
import { useLive, useServices } from '../services.tsx';
import { CopyButton, Empty, Skeleton } from '../ui/parts.tsx';
import './first-run.css';

const kServe = 'comfytrace serve --comfyui http://127.0.0.1:8188';

/** What stands where nothing was recorded yet: how far one is, and the next step. */
export function FirstRun({ place }: { place: 'live' | 'runs' }) {
  const { workers, known } = useLive();
  const { api } = useServices();
  const lost = workers.filter(({ connection }) => connection.state === 'disconnected' || connection.state === 'connecting');
  const inRuns = place === 'runs';
  if (!known) return inRuns ? <Step icon="rows-3" title="No runs yet"><span>Whether a ComfyUI is watched is not known yet.</span></Step> : <div className="first-run" aria-busy="true" role="group" aria-label="Looking for ComfyUI"><Skeleton width="180px" height={14} /><Skeleton width="280px" /></div>;
  if (workers.length === 0) {
    return (
      <Step icon={inRuns ? 'rows-3' : 'server'} title={inRuns ? 'No runs yet' : 'No ComfyUI is being watched'}>
        <span>{inRuns && 'No ComfyUI is being watched. '}Start comfytrace with the address of a ComfyUI server, or of several:</span>
        <Command text={kServe} />
        <span>Nothing has to be installed there; what a stock ComfyUI does not tell is said beside its name.</span>
      </Step>
    );
  }
  if (lost.length === workers.length) {
    const error = lost[0]!.connection.lastError?.replace(/\.$/, '');
    return (
      <Step icon={inRuns ? 'rows-3' : 's-off'} tone={inRuns ? '' : 'warn'} title={inRuns ? 'No runs yet' : 'No ComfyUI found'}>
        <span>{inRuns && 'No ComfyUI found. '}Looked at {lost.map(({ worker }) => worker.url).join(', ')}{error && `: ${error}`}.</span>
        <span>Start ComfyUI, and it is found by itself. Does it listen elsewhere? Then say where:</span>
        <Command text={kServe} />
        <button type="button" className="btn sm" onClick={() => lost.forEach(({ worker }) => void api.connectWorker(worker.workerId).catch(() => undefined))}>Look again now</button>
      </Step>
    );
  }
  const found = workers.length - lost.length;
  return (
    <Step icon={inRuns ? 'rows-3' : 'play'} title="No runs yet">
      <span>{plural(found, 'ComfyUI server')} {found === 1 ? 'is' : 'are'} watched. Queue a prompt there: it is listed here at once and kept for good.</span>
      {inRuns && <Link href="/">Watch it live</Link>}
    </Step>
  );
}

function Step({ icon, tone = '', title, children }: { icon: string; tone?: string; title: string; children: ReactNode }) {
  return <div className="first-run"><Empty icon={icon} tone={tone} title={title}>{children}</Empty></div>;
}

function Command({ text }: { text: string }) {
  return <span className="row g4"><code className="cmd mono">{text}</code><CopyButton text={text} /></span>;
}
