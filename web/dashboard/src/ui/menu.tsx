import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { Icon } from './icon.tsx';

export interface MenuItem {
  word: string;
  icon?: string;
  hint?: string;
  danger?: boolean;
  disabled?: boolean;
  /** Given: it is a tick to set, and the menu stays open. */
  checked?: boolean;
  onSelect: () => void;
}

/** A button and what it opens. Arrows, Home, End and first letters move; Esc gives the focus back. */
export function Menu({ label, items, children, align = 'end', className = 'btn ghost icon' }: { label: string; items: readonly MenuItem[]; children: ReactNode; align?: 'start' | 'end'; className?: string }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const box = useRef<HTMLSpanElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const entries = () => [...(box.current?.querySelectorAll<HTMLElement>('[role^=menuitem]:not([aria-disabled=true])') ?? [])];
  useEffect(() => {
    if (!open) return;
    entries()[0]?.focus();
    const outside = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
    };
  }, [open]);
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  const move = (key: string) => {
    const all = entries();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = key === 'ArrowDown' ? (at + 1) % all.length : key === 'ArrowUp' ? (at - 1 + all.length) % all.length : key === 'Home' ? 0 : key === 'End' ? all.length - 1
      : [...all.keys()].map((by) => (at + 1 + by) % all.length).find((each) => key.length === 1 && all[each]!.textContent!.toLowerCase().startsWith(key.toLowerCase()));
    if (next === undefined) return false;
    all[next]?.focus();
    return true;
  };
  return (
    <span
      ref={box} className="menu-box"
      onKeyDown={(event) => {
        if (!open) return;
        if (event.key === 'Escape' || event.key === 'Tab') {
          if (event.key === 'Escape') event.preventDefault();
          close();
        } else if (move(event.key)) event.preventDefault();
        event.stopPropagation();
      }}
    >
      <button
        ref={opener} type="button" className={className} aria-haspopup="menu" aria-expanded={open} aria-controls={open ? id : undefined} aria-label={label} title={label}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (open || event.key !== 'ArrowDown') return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        {children}
      </button>
      {open && (
        <div id={id} role="menu" aria-label={label} className={`menu ${align}`}>
          {items.map((item) => (
            <button
              key={item.word} type="button" role={item.checked === undefined ? 'menuitem' : 'menuitemcheckbox'} aria-checked={item.checked} aria-disabled={item.disabled || undefined}
              tabIndex={-1} className={`menu-item ${item.danger ? 'bad' : ''}`}
              onClick={() => {
                if (item.disabled) return;
                item.onSelect();
                if (item.checked === undefined) close();
              }}
            >
              {item.checked !== undefined ? <span className={`cb ${item.checked ? 'on' : ''}`}>{item.checked && <Icon name="check" size={10} />}</span> : item.icon && <Icon name={item.icon} />}
              <span className="sp">{item.word}</span>
              {item.hint && <span className="t3 s11">{item.hint}</span>}
            </button>
          ))}
        </div>
      )}
    </span>
  );
}
