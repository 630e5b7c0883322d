import { useState, type ReactNode } from 'react';
import { formatCount } from '../format.ts';
import { CheckBox } from './controls.tsx';
import { Icon } from './icon.tsx';

export interface FacetOption {
  value: string;
  word?: ReactNode;
  /** Runs that the other criteria leave; null: not counted. */
  count: number | null;
  icon?: string;
  tone?: string;
}

/** The values of one criterion with how many runs each has. Chosen ones never hide behind "more". */
export function FacetList({ title, options, chosen, onChange, most = 5, empty = 'none so far', open = true }: {
  title: string; options: readonly FacetOption[]; chosen: readonly string[]; onChange: (chosen: string[]) => void; most?: number; empty?: string; open?: boolean;
}) {
  const [all, setAll] = useState(false);
  const known = new Set(options.map((option) => option.value));
  const listed = [...options, ...chosen.filter((value) => !known.has(value)).map((value) => ({ value, count: null }) as FacetOption)];
  const visible = all ? listed : listed.filter((option, at) => at < most || chosen.includes(option.value));
  const largest = Math.max(1, ...listed.map((option) => option.count ?? 0));
  return (
    <FacetBox title={title} open={open} note={chosen.length > 0 ? formatCount(chosen.length) : null}>
      {listed.length === 0 && <p className="t3 s12">{empty}</p>}
      <ul>
        {visible.map((option) => (
          <li key={option.value}>
            <CheckBox label={option.value} checked={chosen.includes(option.value)} onChange={(on) => onChange(on ? [...chosen, option.value] : chosen.filter((value) => value !== option.value))}>
              {option.icon && <Icon name={option.icon} size={13} className={option.tone} />}
              <span className="el sp" title={option.value}>{option.word ?? option.value}</span>
              {option.count !== null && (
                <>
                  <span className="facet-bar" aria-hidden="true"><i style={{ width: `${(option.count / largest) * 100}%` }} /></span>
                  <span className="facet-n">{formatCount(option.count)}</span>
                </>
              )}
            </CheckBox>
          </li>
        ))}
      </ul>
      {listed.length > visible.length && <button type="button" className="text-btn s12" onClick={() => setAll(true)}>{formatCount(listed.length - visible.length)} more</button>}
      {all && listed.length > most && <button type="button" className="text-btn s12" onClick={() => setAll(false)}>fewer</button>}
    </FacetBox>
  );
}

/** A part of the filter that folds. */
export function FacetBox({ title, note, open = true, children }: { title: string; note?: string | null; open?: boolean; children: ReactNode }) {
  return (
    <details className="facet" open={open}>
      <summary><h3 className="sp">{title}</h3>{note && <span className="acc s11">{note}</span>}<Icon name="chevron-down" size={13} className="t3" /></summary>
      <div role="group" aria-label={title} className="facet-body">{children}</div>
    </details>
  );
}
