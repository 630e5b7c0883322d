import type { ConnectionState, Device, SceneUpdate, WorkerState } from '@comfytrace/client';
import { useState } from 'react';
import { deviceName, formatClock, formatDuration, formatMemory, formatPercent, memoryParts } from '../format.ts';
import { isLinked, useNow, useServices, useLive } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { Badge, Measure, Meter, Skeleton } from '../ui/parts.tsx';
import { SourceLine } from './source-line.tsx';

const kStates: Record<ConnectionState, { icon: string; tone: string }> = {
  connecting: { icon: 's-connecting', tone: '' },
  connected: { icon: 's-streaming', tone: 'b-ok' },
  streaming: { icon: 's-executing', tone: 'b-acc' },
  stalled: { icon: 's-stalled', tone: 'b-warn' },
  disconnected: { icon: 's-off', tone: 'b-warn' },
};

export function ConnectionBadge({ state }: { state: ConnectionState }) {
  const look = kStates[state];
  return <Badge icon={look.icon} tone={look.tone}>{state}</Badge>;
}

export function WorkerCard({ state, scenes }: { state: WorkerState; scenes: readonly SceneUpdate[] }) {
  const { worker, connection } = state;
  const { link } = useLive();
  const now = useNow() + link.serverOffsetMs;
  const device = worker.devices[0];
  const lost = connection.state === 'disconnected';
  const heard = connection.lastEventAtMs ?? worker.lastSeenAtMs;
  const staleMs = lost && heard !== null ? now - heard : null;
  return (
    <section className="panel wk" aria-label={`Worker ${worker.name}, ${connection.state}`}>
      <div className="row">
        <b className="el">{worker.name}</b>
        <span className="t2 s12 el dev" title={device?.name}>
          {device ? deviceText(device.name, device.type, device.vramTotalBytes) : 'device not told yet'}
          {worker.devices.length > 1 && `, ${worker.devices.length - 1} more`}
        </span>
        <span className="sp" />
        {isLinked(link) && staleMs !== null && staleMs > 10_000 && <Badge icon="s-stale" tone="b-warn">stale, {formatDuration(staleMs)}</Badge>}
        {isLinked(link) ? <ConnectionBadge state={connection.state} /> : <Badge icon="s-stale" tone="b-warn">{connection.state} when last told</Badge>}
      </div>
      {lost || connection.state === 'connecting' ? <Unreached state={state} now={now} /> : <Readings state={state} scenes={scenes} now={now} />}
      <SourceLine state={state} />
    </section>
  );
}

function deviceText(name: string, type: string, total: number | null): string {
  const short = type === 'cpu' && name === 'cpu' ? 'CPU' : deviceName(name);
  const size = formatMemory(total);
  return size ? `${short}, ${size}` : short;
}

function Unreached({ state, now }: { state: WorkerState; now: number }) {
  const { api } = useServices();
  const { connection, worker } = state;
  const [asked, setAsked] = useState<'no' | 'asking' | 'failed'>('no');
  const wait = connection.nextTryAtMs === null ? null : Math.ceil((connection.nextTryAtMs - now) / 1000);
  const connect = () => {
    setAsked('asking');
    api.connectWorker(worker.workerId).then(() => setAsked('no'), () => setAsked('failed'));
  };
  return (
    <div className="row gr-off">
      <div className="col">
        <span className="t3 s11 el2">
          {connection.lastError ?? (connection.state === 'connecting' ? 'First contact' : 'Not reachable')}
          {connection.state === 'disconnected' && `, since ${formatClock(connection.sinceMs, true)}`}
        </span>
        <b className="s12">
          {asked === 'failed' ? 'comfytrace did not take the request'
            : wait === null || wait <= 0 ? `Trying now${connection.attempt ? `, try ${connection.attempt + 1}` : ''}`
            : <>Next try in {wait}<span className="u">{'\u202f'}s</span>, try {connection.attempt + 1}</>}
        </b>
      </div>
      <span className="sp" />
      <button type="button" className="btn" onClick={connect} disabled={asked === 'asking'}>
        <Icon name="plug" size={13} />
        Connect now
      </button>
    </div>
  );
}

function Readings({ state, scenes, now }: { state: WorkerState; scenes: readonly SceneUpdate[]; now: number }) {
  const { worker, connection } = state;
  const device = worker.devices[0];
  const total = device?.vramTotalBytes ?? null;
  const free = device?.vramFreeBytes ?? null;
  const used = total !== null && free !== null ? total - free : null;
  const onCpu = device?.type === 'cpu';
  const load = scenes.find((scene) => scene.workerId === worker.workerId)?.gpuUtilization ?? null;
  const ramUsed = worker.ramTotalBytes !== null && worker.ramFreeBytes !== null ? worker.ramTotalBytes - worker.ramFreeBytes : null;
  const quiet = connection.state === 'stalled' && connection.lastEventAtMs !== null ? now - connection.lastEventAtMs : null;
  return (
    <div className="gr">
      <div className="kv">
        <span className="l row g4" title={onCpu ? undefined : torchText(device)}><Icon name="memory-stick" size={12} />{onCpu ? 'Memory' : 'VRAM'}</span>
        <span className="v"><Measure parts={memoryParts(used)} missing="not told" /></span>
        <Meter ratio={used !== null && total ? used / total : null} label={`${onCpu ? 'Memory' : 'VRAM'} used`} />
      </div>
      {onCpu ? (
        <div className="kv">
          <span className="l row g4"><Icon name="cpu" size={12} />GPU</span>
          <span className="v" title="ComfyUI runs on the CPU"><span className="t3 missing">none used</span></span>
        </div>
      ) : (
        <div className="kv">
          <span className="l row g4"><Icon name="cpu" size={12} />GPU</span>
          <span className="v">
            {load === null ? <span className="t3 missing">no sensor</span> : formatPercent(load / 100)}
          </span>
          {load !== null && <Meter ratio={load / 100} tone="" label="GPU load" />}
        </div>
      )}
      {!onCpu && (
        <div className="kv ram">
          <span className="l">RAM</span>
          <span className="v"><Measure parts={memoryParts(ramUsed)} missing="not told" /></span>
          <Meter ratio={ramUsed !== null && worker.ramTotalBytes ? ramUsed / worker.ramTotalBytes : null} tone="" label="RAM used" />
        </div>
      )}
      <div className="kv">
        <span className="l row g4"><Icon name="layers" size={12} />Queue</span>
        <span className="v">{state.queueRunning}<span className="u">{'\u202f'}running</span></span>
        <span className="e">{quiet !== null ? <span className="warn">no event for {formatDuration(quiet)}</span> : `${state.queuePending} pending`}</span>
      </div>
    </div>
  );
}

function torchText(device: Device | undefined): string | undefined {
  const held = device?.torchVramTotalBytes ?? null;
  const free = device?.torchVramFreeBytes ?? null;
  return held === null || free === null ? undefined : `torch holds ${formatMemory(held)}, of which ${formatMemory(held - free)} are in use`;
}

export function WorkerCardSkeleton() {
  return (
    <section className="panel wk" aria-label="Worker, loading" aria-busy="true">
      <Skeleton width="50%" />
      <div className="row gr"><Skeleton width="80px" height={18} /><Skeleton width="60px" height={18} /></div>
      <Skeleton width="70%" />
    </section>
  );
}
