import type { Status } from '@comfytrace/client';
import { createContext, useContext, useEffect, useRef, useState, type ReactNode } from 'react';
import { joinParts, kThin, type Part } from '../format.ts';
import { Icon } from './icon.tsx';
import { useModal } from './modal.ts';

/** A number whose units stand back; `missing` is what is said when it is not known. */
export function Measure({ parts, missing }: { parts: readonly Part[] | null; missing: string }) {
  if (!parts) return <span className="t3 missing">{missing}</span>;
  return (
    <span className="nw">
      {parts.map((part, at) => (
        <span key={at}>
          {at > 0 && kThin}
          {part.value}
          <span className="u">{part.apart ? kThin + part.unit : part.unit}</span>
        </span>
      ))}
    </span>
  );
}

export function partsText(parts: readonly Part[] | null, missing: string): string {
  return parts ? joinParts(parts) : missing;
}

const kTone: Record<Status, 'ok' | 'warn' | 'bad' | 'acc' | 'idle'> = {
  queued: 'idle', executing: 'acc', success: 'ok', failed: 'bad', timeout: 'warn', cancelled: 'idle', skipped: 'idle',
  partial: 'warn',
};

/** A status always has its shape and its word; the hue only helps. */
export function StatusMark({ status, iconOnly = false, size = 14 }: { status: Status; iconOnly?: boolean; size?: number }) {
  return (
    <span className="st" title={iconOnly ? status : undefined}>
      <Icon name={`s-${status}`} size={size} className={kTone[status]} />
      {iconOnly ? <span className="sr">{status}</span> : status}
    </span>
  );
}

export function StatusBadge({ status, more }: { status: Status; more?: string | undefined }) {
  const tone = { ok: 'b-ok', warn: 'b-warn', bad: 'b-bad', acc: 'b-acc', idle: 'b-none' }[kTone[status]];
  return (
    <span className={`badge ${tone}`}>
      <Icon name={`s-${status}`} size={13} />
      {more ? `${status}, ${more}` : status}
    </span>
  );
}

export function statusTone(status: Status): string {
  return kTone[status];
}

export function Badge({ icon, tone = '', title, children }: { icon?: string; tone?: string; title?: string | undefined; children: ReactNode }) {
  return (
    <span className={`badge ${tone}`} title={title}>
      {icon && <Icon name={icon} size={13} />}
      <span>{children}</span>
    </span>
  );
}

export function Panel({
  title, about, actions, children, className = '', label, foot,
}: {
  title?: ReactNode; about?: ReactNode; actions?: ReactNode; children: ReactNode; className?: string; label: string; foot?: ReactNode;
}) {
  return (
    <section className={`panel ${className}`} aria-label={label}>
      {title !== undefined && (
        <div className="ph">
          <h2>{title}</h2>
          {about !== undefined && <span className="t3 el">{about}</span>}
          <span className="sp" />
          {actions}
        </div>
      )}
      {children}
      {foot && <div className="pf">{foot}</div>}
    </section>
  );
}

export function Empty({ icon, tone = '', title, children }: { icon: string; tone?: string; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} size={18} className={tone} />
      <b>{title}</b>
      {children}
    </div>
  );
}

export function Skeleton({ width, height = 9 }: { width: string; height?: number }) {
  return <span className="sk bone" style={{ width, height }} />;
}

export function Meter({ ratio, tone = 'a', label }: { ratio: number | null; tone?: string; label: string }) {
  const percent = ratio === null ? 0 : Math.max(0, Math.min(1, ratio)) * 100;
  return (
    <span
      className="meter" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100}
      aria-valuenow={Math.round(percent)} aria-valuetext={ratio === null ? 'not known' : `${Math.round(percent)} %`}
    >
      {ratio !== null && <i className={tone} style={{ width: `${percent}%` }} />}
    </span>
  );
}

export function CopyButton({ text, label, small = true }: { text: string; label?: string; small?: boolean }) {
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(null), 1600);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () => {
    const done = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'));
    done.then(() => setSaid('Copied'), () => setSaid('Not copied'));
  };
  return (
    <button
      type="button" className={`btn ${small ? 'sm' : ''} ${label ? '' : 'ghost icon'}`} onClick={copy}
      aria-label={label ? undefined : 'Copy'} title={said ?? (label ? undefined : 'Copy')}
    >
      <Icon name={said === 'Copied' ? 'check' : 'copy'} size={13} />
      {label && (said ?? label)}
      {!label && <span className="sr" aria-live="polite">{said}</span>}
    </button>
  );
}

/** Within it dialogs stand in the page instead of over it, for the gallery. */
export const InlineDialogs = createContext(false);

/** A native modal dialog: it keeps focus inside, closes with Esc and gives the focus back. */
export function Dialog({ title, icon, onClose, children, footer, className = '' }: {
  title: string; icon?: string; onClose: () => void; children: ReactNode; footer?: ReactNode; className?: string;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const inline = useContext(InlineDialogs);
  useModal(box, inline);
  return (
    <dialog
      ref={box} className={`dlg ${className}`} aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === box.current) onClose();
      }}
    >
      <header>
        {icon && <Icon name={icon} size={16} />}
        <h2 className="dlg-title">{title}</h2>
        <span className="sp" />
        <button type="button" className="btn ghost icon sm" aria-label="Close" onClick={onClose}>
          <Icon name="x" />
        </button>
      </header>
      <div className="b">{children}</div>
      {footer && <footer>{footer}</footer>}
    </dialog>
  );
}
