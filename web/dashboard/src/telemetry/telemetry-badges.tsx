import type { Freshness } from '@comfytrace/client';
import { useState, type ReactNode } from 'react';
import { exitReasonWords, formatDuration } from '../format.ts';
import { enoughText, partsOf } from '../measure.ts';
import { usePref } from '../prefs.ts';
import { Icon } from '../ui/icon.tsx';
import { usePhone } from '../ui/media.ts';
import { Menu } from '../ui/menu.tsx';
import { Badge, Measure, Skeleton, StatusBadge } from '../ui/parts.tsx';
import { isAbsent, type PartState } from '../ui/states.tsx';
import { VerdictMark } from '../ui/verdict.tsx';
import type { BadgeFacts } from './badge-facts.ts';

const kNone: string[] = [];
const kStream = {
  connecting: { icon: 's-connecting', tone: '', word: 'connecting' },
  connected: { icon: 's-streaming', tone: 'b-acc', word: 'connected' },
  streaming: { icon: null, tone: 'b-acc', word: 'streaming' },
  stalled: { icon: 's-stalled', tone: 'b-warn', word: 'stalled' },
  stale: { icon: 's-stale', tone: 'b-warn', word: 'stale' },
  polling: { icon: 'refresh-cw', tone: '', word: 'polling' },
  disconnected: { icon: 's-off', tone: 'b-warn', word: 'disconnected' },
} as const;

/** How current the page is: shape, word and age. It pulses only while data streams. */
export function StreamBadge({ freshness, showAge = true }: { freshness: Freshness; showAge?: boolean }) {
  const { icon, tone, word } = kStream[freshness.state];
  const age = freshness.ageMs === null ? 'nothing received yet' : freshness.ageMs < 1_000 ? 'now' : `${formatDuration(Math.floor(freshness.ageMs / 1_000) * 1_000)!.replace(/\.0/, '')} ago`;
  return (
    <span className="row g6 stream" data-stream={freshness.state}>
      <span className={`badge ${tone}`} role="status">
        {icon ? <Icon name={icon} size={13} /> : <span className="pulse" aria-hidden="true" />}
        <span>{word}</span>
      </span>
      {showAge && <span className="badge upd" aria-hidden={freshness.state === 'streaming' || undefined}><span className="k">last update</span> {age}</span>}
    </span>
  );
}

interface Shown {
  key: string;
  name: string;
  node: ReactNode;
}

function badgesOf(facts: BadgeFacts): Shown[] {
  const { verdict } = facts;
  const why = facts.status === 'success' ? null : exitReasonWords(facts.exitReason);
  const list: (Shown | null)[] = [
    { key: 'status', name: 'status', node: <StatusBadge status={facts.status} more={why ?? undefined} /> },
    verdict ? {
      key: 'verdict', name: 'against like runs',
      node: verdict.verdict === 'notEnoughData'
        ? <Badge icon="s-nodata" tone="b-dash">{enoughText(verdict.n, verdict.needed, 'like runs')}</Badge>
        : <span className="badge"><VerdictMark verdict={verdict.verdict} delta={verdict.deltaRatio} /></span>,
    } : null,
    measured('took', 'clock', 'took', facts.durationMs, 'ms', facts.status === 'queued' || facts.status === 'executing' ? 'not over' : 'not told'),
    { key: 'attempts', name: 'attempts', node: <Badge icon="rotate-ccw"><span className="k">attempts</span> {facts.attempts}</Badge> },
    { key: 'gpu', name: 'GPU', node: <Badge icon="cpu">{facts.gpu ?? <span className="missing">GPU not told</span>}</Badge> },
    measured('vram', 'memory-stick', 'VRAM peak', facts.vramPeakBytes, 'memory', 'no sample'),
    measured('change', null, 'change', facts.vramDeltaBytes, 'memory', 'no sample', 'VRAM free after minus before'),
    facts.postExecutionHit === null ? null : {
      key: 'post', name: 'post-execution',
      node: <Badge tone={facts.postExecutionHit ? 'b-warn' : ''} icon={facts.postExecutionHit ? 's-timeout' : undefined}><span className="k">post-exec</span> {facts.postExecutionHit ? 'hit' : 'clear'}</Badge>,
    },
    measured('waited', 'hourglass', 'waited', facts.queueWaitMs, 'ms', 'not told'),
    facts.fallbacks === 0 ? null : { key: 'fallbacks', name: 'fallbacks', node: <Badge icon="s-warn" tone="b-warn">{facts.fallbacks} {facts.fallbacks === 1 ? 'fallback' : 'fallbacks'}</Badge> },
  ];
  return list.filter((each) => each !== null);
}

function measured(key: string, icon: string | null, name: string, value: number | null, unit: 'ms' | 'memory', missing: string, title?: string): Shown {
  const parts = partsOf(value, unit);
  const sign = key === 'change' && parts && value! > 0 && parts[0]!.value !== '0.0' ? '+' : '';
  return { key, name, node: <Badge icon={icon ?? undefined} title={title}><span className="k">{name}</span> {sign}<Measure parts={parts} missing={missing} /></Badge> };
}

/** Status and verdict first, then what was measured. Each can be hidden; the choice is kept for this browser. */
export function TelemetryBadges({ facts, state = { is: 'ready' }, freshness, hideable = true }: { facts: BadgeFacts | null; state?: PartState; freshness?: Freshness; hideable?: boolean }) {
  const [hidden, setHidden] = usePref('hiddenBadges', kNone);
  const phone = usePhone();
  const [unfolded, setUnfolded] = useState(false);
  if (state.is === 'loading') return <span className="badges" role="group" aria-busy="true" aria-label="Loading">{[70, 84, 96, 74, 110].map((width) => <Skeleton key={width} width={`${width}px`} height={20} />)}</span>;
  if (isAbsent(state) || !facts) {
    return <span className="badges"><Badge icon={state.is === 'error' ? 's-failed' : 's-nodata'} tone={state.is === 'error' ? 'b-bad' : 'b-none'}>{state.is === 'error' ? `no telemetry: ${state.detail}` : 'no telemetry recorded'}</Badge></span>;
  }
  const all = badgesOf(facts);
  const folds = phone && !unfolded;
  const shown = all.filter((badge) => !hidden.includes(badge.key));
  const front = folds ? shown.slice(0, 4) : shown;
  return (
    <span className="badges">
      {freshness && <StreamBadge freshness={freshness} />}
      {front.map((badge) => <span key={badge.key} data-badge={badge.key}>{badge.node}</span>)}
      {folds && shown.length > 4 && <button type="button" className="badge b-dash badges-more" aria-expanded="false" onClick={() => setUnfolded(true)}>{shown.length - 4} more</button>}
      {hideable && (
        <Menu
          label={hidden.length > 0 ? `Choose badges, ${hidden.length} hidden` : 'Choose badges'} align="start" className="btn ghost icon sm badges-eye"
          items={all.map((badge) => ({ word: badge.name, checked: !hidden.includes(badge.key), onSelect: () => setHidden(hidden.includes(badge.key) ? hidden.filter((key) => key !== badge.key) : [...hidden, badge.key]) }))}
        >
          <Icon name={hidden.length > 0 ? 'eye-off' : 'eye'} size={13} />
        </Menu>
      )}
    </span>
  );
}
