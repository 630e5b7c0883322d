import type { WorkerState } from '@comfytrace/client';
import { FirstRun } from '../frame/first-run.tsx';
import { capitalised, deviceName, formatWhen } from '../format.ts';
import { useLive, useNow, useServices } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { Badge, CopyButton, Panel } from '../ui/parts.tsx';
import { AbsenceBody } from '../ui/states.tsx';

const kStates = { connecting: ['s-connecting', ''], connected: ['s-streaming', 'b-ok'], streaming: ['s-streaming', 'b-acc'], stalled: ['s-stalled', 'b-warn'], disconnected: ['s-off', 'b-warn'] } as const;

/** A sentence cut at the command in it that mends what it says, if it names one. */
export function mendOf(missing: string): { sentence: string; command: string | null; rest: string } {
  const [before, command, after] = missing.split('`');
  if (!command) return { sentence: capitalised(missing), command: null, rest: '' };
  return { sentence: capitalised(before!.trim().replace(/[;:,]$/, '')), command, rest: after?.trim() ?? '' };
}

/** The watched ComfyUI servers: who tells of each, what that leaves unseen, and the command that mends it. */
export function WorkersPanel() {
  const { workers, known } = useLive();
  return (
    <Panel label="Watched ComfyUI servers" title="Watched ComfyUI servers" about={known && workers.length > 0 ? 'given when comfytrace is started' : undefined} foot={<>Others are watched by <code className="mono">comfytrace serve --comfyui URL --comfyui URL</code> or in <code className="mono">config.toml</code>.</>}>
      {!known ? <AbsenceBody state={{ is: 'loading' }} lines={4} /> : workers.length === 0 ? <FirstRun place="live" /> : <ul className="worker-lines">{workers.map((state) => <WorkerLine key={state.worker.workerId} state={state} />)}</ul>}
    </Panel>
  );
}

function WorkerLine({ state: { worker, connection } }: { state: WorkerState }) {
  const { api } = useServices();
  const now = useNow();
  const [icon, tone] = kStates[connection.state];
  const { extension } = connection;
  const source = connection.source === 'extension' ? `extension ${extension?.version || 'of unknown version'}` : connection.source === 'stock' ? 'stock, without the extension' : 'nobody tells of it now';
  const missing = connection.missing ? mendOf(connection.missing) : null;
  const versions = [worker.comfyuiVersion && `ComfyUI ${worker.comfyuiVersion}`, worker.pytorchVersion && `torch ${worker.pytorchVersion}`, ...worker.devices.map((device) => deviceName(device.name))].filter(Boolean);
  const off = connection.state === 'disconnected';
  return (
    <li>
      <div className="row g6 wrap">
        <b>{worker.name}</b>
        <span className="mono t3 s12 el">{worker.url}</span>
        <Badge icon={icon} tone={tone}>{connection.state}</Badge>
        <Badge icon={connection.source === 'extension' ? 'puzzle' : undefined} tone={extension?.outdated ? 'b-warn' : 'b-none'}>{source}{extension?.outdated && ', outdated'}</Badge>
        <span className="sp" />
        {off && <button type="button" className="btn sm" onClick={() => void api.connectWorker(worker.workerId).catch(() => undefined)}><Icon name="plug" size={13} />Connect now</button>}
      </div>
      <p className="t2 s12">{versions.length > 0 ? versions.join(', ') : 'Not seen yet'}{off && worker.lastSeenAtMs !== null && `; last seen ${formatWhen(worker.lastSeenAtMs, now)}`}{connection.lastError && off && <span className="warn">; {connection.lastError}</span>}</p>
      {missing && <p className="note"><Icon name="s-info" size={13} className="acc" /><span>{missing.sentence}</span></p>}
      {missing?.command && <span className="row g4 wrap"><code className="cmd mono">{missing.command}</code><CopyButton text={missing.command} />{missing.rest && <span className="t2 s12">{missing.rest}</span>}</span>}
    </li>
  );
}
