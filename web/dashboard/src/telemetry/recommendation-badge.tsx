import type { Recommendation } from '@comfytrace/client';
import { formatWhen, plural, unbroken } from '../format.ts';
import { useNow } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { Menu } from '../ui/menu.tsx';
import { Skeleton } from '../ui/parts.tsx';
import { ActionText } from './action-text.tsx';
import { titleOf } from './message-title.ts';

const kSeverity = {
  critical: { tone: 'bad', icon: 's-failed', word: 'critical' },
  warning: { tone: 'warn', icon: 's-warn', word: 'warning' },
  info: { tone: 'acc', icon: 's-info', word: 'suggestion' },
} as const;

export function confidenceWord(confidence: number): string {
  return confidence >= 0.8 ? 'high' : confidence >= 0.5 ? 'medium' : 'low';
}

const kDay = 86_400_000;

export interface RecommendationBadgeProps {
  /** null: being read. */
  recommendation: Recommendation | null;
  compact?: boolean;
  /** A change is on its way to the server. */
  pending?: boolean;
  /** Why the last change was taken back. */
  error?: string | null;
  onDismiss?: (id: string) => void;
  onDefer?: (id: string, untilMs: number) => void;
  /** Given where it can be applied: what it changes, in words. */
  apply?: { word: string; onApply: (id: string) => void } | null;
  onReopen?: (id: string) => void;
  onShow?: (recommendation: Recommendation) => void;
}

/** A suggestion with severity, evidence and confidence, and what a person can do with it. */
export function RecommendationBadge({ recommendation, compact = false, pending = false, error, onDismiss, onDefer, apply, onReopen, onShow }: RecommendationBadgeProps) {
  const now = useNow();
  if (!recommendation) {
    return <article className="rec" aria-busy="true" aria-label="Loading"><span className="sev" /><div className="col rec-body"><Skeleton width="60%" /><Skeleton width="90%" /><Skeleton width="40%" /></div></article>;
  }
  const { tone, icon, word } = kSeverity[recommendation.severity];
  const [title, rest] = titleOf(recommendation.message);
  const { id, state, evidenceRunIds } = recommendation;
  if (compact) {
    return (
      <button type="button" className={`badge b-${tone} rec-compact`} onClick={() => onShow?.(recommendation)} title={recommendation.message}>
        <Icon name={icon} size={13} /><span className="el">{title}</span><span className="sr">, {word}</span>
      </button>
    );
  }
  const done = { dismissed: 'dismissed', applied: 'applied', resolved: 'resolved by itself', deferred: recommendation.deferredUntilMs === null ? 'deferred' : `deferred until ${formatWhen(recommendation.deferredUntilMs, now)}`, open: '' }[state];
  return (
    <article className={`rec ${pending ? 'pending' : ''}`} aria-label={`${word}: ${title}`} aria-busy={pending}>
      <span className={`sev ${state === 'open' ? tone : ''}`} />
      <div className="col rec-body">
        <span className="row g6"><Icon name={icon} size={14} className={state === 'open' ? tone : 't3'} /><span className="sr">{word}: </span><b className="rec-title">{unbroken(title)}</b></span>
        {rest && <p className="t2 s12">{unbroken(rest)}</p>}
        {recommendation.suggestedAction && <p className="s12 rec-do"><Icon name="corner-down-right" size={12} className="t3" /><span><ActionText text={recommendation.suggestedAction} runIds={evidenceRunIds} /></span></p>}
        {error && <p className="bad s12" role="alert">Taken back: {error}</p>}
        <span className="row g6 wrap">
          {state === 'open' && apply && <button type="button" className="btn sm" disabled={pending} onClick={() => apply.onApply(id)}><Icon name="check" size={12} />{apply.word}</button>}
          {onShow && evidenceRunIds.length > 0 && <button type="button" className="btn sm" onClick={() => onShow(recommendation)}>Show {evidenceRunIds.length}</button>}
          {state === 'open' && onDefer && (
            <Menu
              label="Defer" className="btn ghost sm" align="start"
              items={[['until tomorrow', kDay], ['for a week', 7 * kDay], ['for a month', 30 * kDay]].map(([name, ms]) => ({ word: String(name), onSelect: () => onDefer(id, Date.now() + Number(ms)) }))}
            >
              Defer
            </Menu>
          )}
          {state === 'open' && onDismiss && <button type="button" className="btn ghost sm" disabled={pending} onClick={() => onDismiss(id)}>Dismiss</button>}
          {state !== 'open' && state !== 'resolved' && onReopen && <button type="button" className="btn ghost sm" disabled={pending} onClick={() => onReopen(id)}>Reopen</button>}
          <span className="sp" />
          <span className="t3 s11 nw">{[done, `confidence ${confidenceWord(recommendation.confidence)}`, evidenceRunIds.length > 0 ? plural(evidenceRunIds.length, 'run') : ''].filter(Boolean).join(', ')}</span>
        </span>
      </div>
    </article>
  );
}
