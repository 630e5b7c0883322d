import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { Icon } from './icon.tsx';

export function Toggle({ label, on, onChange, hint, disabled = false }: { label: string; on: boolean; onChange: (on: boolean) => void; hint?: string; disabled?: boolean }) {
  const id = useId();
  return (
    <div className="toggle">
      <button
        type="button" role="switch" aria-checked={on} aria-label={label} aria-describedby={hint ? id : undefined} className={`sw ${on ? 'on' : ''}`}
        disabled={disabled} onClick={() => onChange(!on)}
      />
      <span className="col">
        <span aria-hidden="true" onClick={() => !disabled && onChange(!on)}>{label}</span>
        {hint && <span id={id} className="t3 s11">{hint}</span>}
      </span>
    </div>
  );
}

export function CheckBox({ label, checked, onChange, children, mixed = false }: { label: string; checked: boolean; onChange: (checked: boolean, event: { shiftKey: boolean }) => void; children?: ReactNode; mixed?: boolean }) {
  const shift = useRef(false);
  return (
    <label className="check">
      <input
        type="checkbox" checked={checked} aria-label={children === undefined ? label : undefined} className={mixed ? 'mixed' : undefined}
        ref={(box) => {
          if (box) box.indeterminate = mixed && !checked;
        }}
        onClick={(event) => (shift.current = event.shiftKey)} onChange={(event) => onChange(event.target.checked, { shiftKey: shift.current })}
      />
      {children}
    </label>
  );
}

export interface Choice<T extends string> {
  value: T;
  word: ReactNode;
  /** Beside the word, as a count. */
  note?: string | undefined;
  disabled?: boolean;
}

function step(event: KeyboardEvent, at: number, count: number): number | null {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (by !== undefined) return (at + by + count) % count;
  return event.key === 'Home' ? 0 : event.key === 'End' ? count - 1 : null;
}

/** One of a few, side by side; arrows choose. `tabs`: each shows another panel, whose id is `${panels}-${value}`. */
export function Tabs<T extends string>({ label, value, choices, onChange, panels }: { label: string; value: T; choices: readonly Choice<T>[]; onChange: (value: T) => void; panels?: string }) {
  const box = useRef<HTMLDivElement>(null);
  const isTabs = panels !== undefined;
  const at = Math.max(0, choices.findIndex((choice) => choice.value === value));
  return (
    <div
      ref={box} className="seg" role={isTabs ? 'tablist' : 'radiogroup'} aria-label={label}
      onKeyDown={(event) => {
        const next = step(event, at, choices.length);
        if (next === null || choices[next]!.disabled) return;
        event.preventDefault();
        onChange(choices[next]!.value);
        box.current?.querySelectorAll<HTMLElement>('button')[next]?.focus();
      }}
    >
      {choices.map((choice) => {
        const on = choice.value === value;
        return (
          <button
            key={choice.value} type="button" className={on ? 'on' : ''} role={isTabs ? 'tab' : 'radio'} tabIndex={on ? 0 : -1} disabled={choice.disabled}
            {...(isTabs ? { 'aria-selected': on, id: `${panels}-tab-${choice.value}`, 'aria-controls': on ? `${panels}-${choice.value}` : undefined } : { 'aria-checked': on })}
            onClick={() => onChange(choice.value)}
          >
            {choice.word}{choice.note !== undefined && <span className="t3"> {choice.note}</span>}
          </button>
        );
      })}
    </div>
  );
}

/** An active criterion that can be taken away, or a thing to choose. */
export function Chip({ name, children, onRemove, onClick, pressed, dashed = false, icon }: {
  name?: string | undefined; children: ReactNode; onRemove?: () => void; onClick?: () => void; pressed?: boolean; dashed?: boolean; icon?: string;
}) {
  const inside = <>{icon && <Icon name={icon} size={12} />}{name && <span className="k">{name}</span>}<span className="el">{children}</span></>;
  if (onClick) {
    return <button type="button" className={`chip ${dashed ? 'dash' : 'plain'} ${pressed ? 'on' : ''}`} aria-pressed={pressed} onClick={onClick}>{inside}</button>;
  }
  return (
    <span className={`chip ${onRemove ? '' : 'plain'}`}>
      {inside}
      {onRemove && <button type="button" className="x" aria-label={`Remove ${name ?? 'filter'}`} onClick={onRemove}><Icon name="x" size={12} /></button>}
    </span>
  );
}

/** A number that may be left empty. Told when it is whole: on Enter or when the field is left. */
export function NumberInput({ label, value, onChange, unit, min = 0, placeholder }: { label: string; value: number | undefined; onChange: (value: number | undefined) => void; unit?: string; min?: number; placeholder?: string }) {
  const [text, setText] = useState(value === undefined ? '' : String(value));
  const id = useId();
  useEffect(() => setText(value === undefined ? '' : String(value)), [value]);
  const number = Number(text.trim().replace(',', '.'));
  const bad = text.trim() !== '' && (!Number.isFinite(number) || number < min);
  const tell = () => {
    if (bad) return;
    const next = text.trim() === '' ? undefined : number;
    if (next !== value) onChange(next);
  };
  return (
    <span className="col">
      <span className={`inp ${bad ? 'bad-in' : ''}`}>
        <input
          inputMode="decimal" value={text} aria-label={label} aria-invalid={bad} aria-describedby={bad ? id : undefined} placeholder={placeholder}
          onChange={(event) => setText(event.target.value)} onBlur={tell} onKeyDown={(event) => event.key === 'Enter' && tell()}
        />
        {unit && <span className="t3">{unit}</span>}
      </span>
      {bad && <span id={id} className="bad s11">{Number.isFinite(number) ? `at least ${min}` : `"${text.trim()}" is no number`}</span>}
    </span>
  );
}

/** From and to, in the unit that people think in; `scale` is how many of the filter's units one of it is. */
export function RangeInputs({ label, unit, scale = 1, min, max, onChange }: { label: string; unit: string; scale?: number; min: number | undefined; max: number | undefined; onChange: (min: number | undefined, max: number | undefined) => void }) {
  const shown = (value: number | undefined) => (value === undefined ? undefined : Math.round((value / scale) * 1000) / 1000);
  const kept = (value: number | undefined) => (value === undefined ? undefined : Math.round(value * scale));
  const crossed = min !== undefined && max !== undefined && min > max;
  return (
    <div role="group" aria-label={label} className="col">
      <div className="range">
        <NumberInput label={`${label} from, ${unit}`} unit={unit} value={shown(min)} onChange={(value) => onChange(kept(value), max)} />
        <span className="t3">to</span>
        <NumberInput label={`${label} to, ${unit}`} unit={unit} value={shown(max)} onChange={(value) => onChange(min, kept(value))} />
      </div>
      {crossed && <span className="bad s11" role="alert">from is more than to: nothing matches</span>}
    </div>
  );
}
