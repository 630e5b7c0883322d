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
  if (!known) return <div className="first-run" aria-busy="true" role="group" aria-label="Looking for ComfyUI"><Skeleton width="180px" height={14} /><Skeleton width="280px" /><Skeleton width="220px" /></div>;
  const lost = workers.filter(({ connection }) => connection.state === 'disconnected' || connection.state === 'connecting');
  if (workers.length === 0) {
    return (
      <div className="first-run">
        <Empty icon="server" title="No ComfyUI is being watched">
          <span>Start comfytrace with the address of a ComfyUI server, or of several:</span>
          <Command text={kServe} />
          <span>Nothing has to be installed there; what a stock ComfyUI does not tell is said beside its name.</span>
        </Empty>
      </div>
    );
  }
  if (lost.length === workers.length) {
    return (
      <div className="first-run">
        <Empty icon="s-off" tone="warn" title="No ComfyUI found">
          <span>Looked at {lost.map(({ worker }) => worker.url).join(', ')}{lost[0]!.connection.lastError && `: ${lost[0]!.connection.lastError}`}.</span>
          <span>Start ComfyUI, and it is found by itself. Does it listen elsewhere? Then say where:</span>
          <Command text={kServe} />
          <span className="row"><button type="button" className="btn sm" onClick={() => lost.forEach(({ worker }) => void api.connectWorker(worker.workerId).catch(() => undefined))}>Look again now</button></span>
        </Empty>
      </div>
    );
  }
  return (
    <div className="first-run">
      <Empty icon={place === 'runs' ? 'rows-3' : 'play'} title="No runs yet">
        <span>{plural(workers.length - lost.length, 'ComfyUI', 'ComfyUI servers')} {workers.length - lost.length === 1 ? 'is' : 'are'} watched. Queue a prompt there: it is listed here at once and kept for good.</span>
        {place === 'runs' && <Link href="/">Watch it live</Link>}
      </Empty>
    </div>
  );
}

function Command({ text }: { text: string }) {
  return <span className="row g4"><code className="cmd mono">{text}</code><CopyButton text={text} /></span>;
}
