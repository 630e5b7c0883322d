import type { ReactNode } from 'react';
import { formatDuration } from '../format.ts';
import { Icon } from './icon.tsx';
import { Empty, Panel, Skeleton } from './parts.tsx';

// Every component is in one of these states, and has the outer size of its full state in each: the page never jumps.

/** Instead of the content. */
export type Absence =
  | { is: 'loading' }
  | { is: 'empty'; title: string; next?: ReactNode; icon?: string }
  | { is: 'error'; title?: string; detail: string; onRetry?: () => void }
  | { is: 'disconnected'; detail?: string; onConnect?: () => void }
  | { is: 'notEnough'; have: string; detail?: string };

/** Beside the content: it is shown, and this is what is the matter with it. */
export type Caveat =
  | { is: 'stalled'; detail?: string }
  | { is: 'stale'; ageMs?: number | null; detail?: string }
  | { is: 'partial'; detail: string }
  | { is: 'tooMuch'; detail: string }
  | { is: 'disconnected'; detail?: string };

export type PartState = { is: 'ready'; caveat?: Caveat | null } | Absence;
export const kReady: PartState = { is: 'ready' };

export function isAbsent(state: PartState): state is Absence {
  return state.is !== 'ready';
}

const kBones = [62, 88, 74, 46, 80, 55, 70, 38];

/** What stands where the content will be. `lines` bones of the content's height keep its place. */
export function AbsenceBody({ state, lines = 4, lineHeight = 20 }: { state: Absence; lines?: number; lineHeight?: number }) {
  switch (state.is) {
    case 'loading':
      return (
        <div className="bones-box" role="group" aria-busy="true" aria-label="Loading">
          {Array.from({ length: lines }, (_, at) => (
            <span key={at} className="bone-row" style={{ height: lineHeight }}><Skeleton width={`${kBones[at % kBones.length]}%`} /></span>
          ))}
        </div>
      );
    case 'empty':
      return <Empty icon={state.icon ?? 's-nodata'} title={state.title}>{state.next !== undefined && <span>{state.next}</span>}</Empty>;
    case 'error':
      return (
        <div role="alert">
          <Empty icon="s-failed" tone="bad" title={state.title ?? 'Not read'}>
            <span className="breaks">{state.detail}</span>
            {state.onRetry && <button type="button" className="btn sm" onClick={state.onRetry}>Retry</button>}
          </Empty>
        </div>
      );
    case 'disconnected':
      return (
        <Empty icon="s-off" tone="warn" title="Disconnected">
          {state.detail && <span>{state.detail}</span>}
          {state.onConnect && <button type="button" className="btn sm" onClick={state.onConnect}>Connect now</button>}
        </Empty>
      );
    case 'notEnough':
      return (
        <Empty icon="s-nodata" title="Not enough data">
          <b className="s12">{state.have}</b>
          {state.detail && <span>{state.detail}</span>}
        </Empty>
      );
  }
}

const kCaveats = {
  stalled: { icon: 's-stalled', word: 'stalled' },
  stale: { icon: 's-stale', word: 'stale' },
  partial: { icon: 's-partial', word: 'partial' },
  tooMuch: { icon: 's-warn', word: 'shortened' },
  disconnected: { icon: 's-off', word: 'disconnected' },
} as const;

/** `brief`: the detail only as a tooltip, where there is no room. */
export function CaveatMark({ caveat, brief = false }: { caveat: Caveat; brief?: boolean }) {
  const { icon, word } = kCaveats[caveat.is];
  const age = caveat.is === 'stale' && caveat.ageMs !== null && caveat.ageMs !== undefined ? `${formatDuration(Math.max(1000, caveat.ageMs))} old` : null;
  const detail = [age, caveat.detail].filter(Boolean).join(', ');
  return (
    <span className="caveat" role="status" title={brief ? detail : undefined}>
      <span className="badge b-warn"><Icon name={icon} size={13} />{word}</span>
      {detail && <span className={brief ? 'sr' : 't3 s11 el'}>{detail}</span>}
    </span>
  );
}

/** A panel in any state; what is the matter with it stands in its head. `minHeight` is that of its full state; `lines` bones stand in for it while it loads. */
export function StatePanel({ state, label, title, about, actions, minHeight, lines, lineHeight, foot, className, children }: {
  state: PartState; label: string; title?: ReactNode; about?: ReactNode; actions?: ReactNode; minHeight?: number; lines?: number; lineHeight?: number;
  foot?: ReactNode; className?: string; children: ReactNode;
}) {
  const caveat = state.is === 'ready' ? state.caveat : null;
  return (
    <Panel
      label={label} title={title} about={about} actions={isAbsent(state) ? undefined : <>{caveat && title !== undefined && <CaveatMark caveat={caveat} />}{actions}</>}  className={className} foot={isAbsent(state) ? undefined : foot}
    >
      <div className={`state-box ${isAbsent(state) ? 'absent' : ''} ${(minHeight ?? 200) < 100 ? 'low' : ''}`} style={minHeight ? { minHeight } : undefined} data-state={state.is === 'ready' ? (caveat?.is ?? 'ready') : state.is}>
        {isAbsent(state) ? <AbsenceBody state={state} lines={lines} lineHeight={lineHeight} /> : children}
        {caveat && title === undefined && <div className="caveat-row"><CaveatMark caveat={caveat} /></div>}
      </div>
    </Panel>
  );
}

/** The state of what a query gives. What was had stays when it cannot be read again, and is then stale. */
export function stateOf(query: { isPending: boolean; error: Error | null; dataUpdatedAt?: number; refetch?: () => unknown }, hasData: boolean, empty?: Absence | null): PartState {
  if (!hasData && query.error) return { is: 'error', detail: query.error.message, onRetry: query.refetch && (() => void query.refetch!()) };
  if (!hasData) return { is: 'loading' };
  if (empty) return empty;
  if (query.error) return { is: 'ready', caveat: { is: 'stale', ageMs: query.dataUpdatedAt ? Date.now() - query.dataUpdatedAt : null, detail: query.error.message } };
  return kReady;
}
