import { allStatuses, type RunFilter, type Status } from '@comfytrace/client';
import { useState } from 'react';
import { useLive } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { statusTone } from '../ui/parts.tsx';

const kSpans: [string, string | undefined][] = [['any time', undefined], ['last 24 h', '-24h'], ['last 7 days', '-7d'], ['last 30 days', '-30d']];

export function FilterPanel({ filter, onChange }: { filter: RunFilter; onChange: (next: RunFilter) => void }) {
  const { workers } = useLive();
  const [open, setOpen] = useState(false);
  const active = Object.keys(filter).filter((key) => key !== 'text').length;
  const toggle = (key: 'status' | 'worker', word: string) => {
    const had = (filter[key] ?? []) as string[];
    const next = had.includes(word) ? had.filter((each) => each !== word) : [...had, word];
    const rest = { ...filter };
    if (next.length === 0) delete rest[key];
    else if (key === 'status') rest.status = next as Status[];
    else rest.worker = next;
    onChange(rest);
  };
  return (
    <section className="panel flt" aria-label="Filter" data-open={open}>
      <div className="ph">
        <h2>Filter</h2>
        <span className="sp" />
        {active > 0 && <button type="button" className="btn ghost sm" onClick={() => onChange(filter.text ? { text: filter.text } : {})}>Reset</button>}
        <button type="button" className="btn sm flt-more" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="list-filter" size={13} />
          {active > 0 ? `${active} active` : 'Show'}
        </button>
      </div>
      <div className="flt-body">
        <fieldset className="fc">
          <legend>When</legend>
          <div className="spans">
            {kSpans.map(([word, from]) => (
              <button
                key={word} type="button" className={`chip plain ${filter.from === from ? 'on' : ''}`} aria-pressed={filter.from === from}
                onClick={() => {
                  const { from: _gone, ...rest } = filter;
                  onChange(from ? { ...rest, from } : rest);
                }}
              >
                {word}
              </button>
            ))}
          </div>
        </fieldset>
        <fieldset className="fc">
          <legend>Status</legend>
          {allStatuses.map((status) => (
            <label className="fo" key={status}>
              <input type="checkbox" checked={filter.status?.includes(status) ?? false} onChange={() => toggle('status', status)} />
              <Icon name={`s-${status}`} size={13} className={statusTone(status)} />
              {status}
            </label>
          ))}
        </fieldset>
        <fieldset className="fc">
          <legend>Worker</legend>
          {workers.length === 0 && <p className="t3 s12">none is watched</p>}
          {workers.map(({ worker }) => (
            <label className="fo" key={worker.workerId}>
              <input type="checkbox" checked={filter.worker?.includes(worker.workerId) ?? false} onChange={() => toggle('worker', worker.workerId)} />
              <span className="el">{worker.name}</span>
            </label>
          ))}
        </fieldset>
      </div>
    </section>
  );
}
