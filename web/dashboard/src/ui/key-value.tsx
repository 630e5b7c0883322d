import type { ReactNode } from 'react';
import { kThin } from '../format.ts';
import { partsOf, type AnyUnit } from '../measure.ts';
import { Measure } from './parts.tsx';

/** A number with its unit and, beneath, what it rests on. Missing is said, never 0. In a `dl`. */
export function KeyValue({ label, value, unit = 'count', per, missing = 'not known', evidence, tone = '', title }: {
  label: string; value: number | ReactNode; unit?: AnyUnit; per?: string | undefined; missing?: string; evidence?: ReactNode; tone?: string; title?: string | undefined;
}) {
  return (
    <div className="kv" title={title}>
      <dt>{label}</dt>
      <dd className={tone}>
        {typeof value === 'number' || value === null || value === undefined
          ? <Measure parts={partsOf(value as number | null, unit)} missing={missing} />
          : value}
        {per && value !== null && <span className="u">{kThin}{per}</span>}
      </dd>
      {evidence !== undefined && <dd className="e">{evidence}</dd>}
    </div>
  );
}
