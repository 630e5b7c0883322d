import { filterOfQuery, filterQuery, filterSize, type RunFilter } from '@comfytrace/client';
import { useMemo } from 'react';
import { formatCount, formatDay } from '../format.ts';
import { Frame, useHealth } from '../frame/frame.tsx';
import { navigate, useAddress } from '../router.tsx';
import { useNow, useWorkerName } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { FilterPanel } from './filter-panel.tsx';
import { RunsTable } from './runs-table.tsx';
import { useRunList } from './use-run-list.ts';

export function RunsView() {
  const { query } = useAddress();
  const filter = useMemo(() => filterOfQuery(query), [query]);
  const list = useRunList(filter);
  const health = useHealth().data;
  const now = useNow();
  const change = (next: RunFilter) => {
    const text = filterQuery(next).toString();
    navigate(text ? `/runs?${text}` : '/runs', { replace: true });
  };
  const oldest = health?.history.oldestRunAtMs ?? null;
  const kept = health?.history.runs ?? null;
  return (
    <Frame crumb={<><h1 className="crumb-h">Runs</h1><span className="el">{oldest === null ? 'every run that ended or is under way' : `every run since ${formatDay(oldest, now)}`}</span></>}>
      <div className="rg">
        <FilterPanel filter={filter} onChange={change} />
        <section className="panel runs-panel" aria-label="Runs">
          <div className="ph runs-head">
            <Chips filter={filter} onChange={change} />
            <span className="sp" />
            {list.unseen > 0 && (
              <button type="button" className="btn sm" onClick={list.reload}>
                <Icon name="refresh-cw" size={13} />
                {list.unseen} newer, reload
              </button>
            )}
            <span className="t3 s12 nw" aria-live="polite">
              {list.total === null ? 'reading' : (
                <>
                  showing <b className="t1">{formatCount(list.total)}</b>
                  {' of '}{formatCount(filterSize(filter) > 0 ? (kept ?? list.total) : Math.max(kept ?? 0, list.total))}
                </>
              )}
            </span>
          </div>
          <RunsTable key={filterQuery(filter).toString()} list={list} filtered={filterSize(filter) > 0} onReset={() => change({})} />
        </section>
      </div>
    </Frame>
  );
}

function Chips({ filter, onChange }: { filter: RunFilter; onChange: (next: RunFilter) => void }) {
  const workerName = useWorkerName();
  const chips: [keyof RunFilter, string][] = [];
  if (filter.text) chips.push(['text', filter.text]);
  if (filter.status) chips.push(['status', filter.status.join(', ')]);
  if (filter.worker) chips.push(['worker', filter.worker.map(workerName).join(', ')]);
  if (filter.workflow) chips.push(['workflow', filter.workflow.join(', ')]);
  if (filter.from) chips.push(['from', filter.from]);
  if (filter.to) chips.push(['to', filter.to]);
  if (chips.length === 0) return <h2>All runs</h2>;
  return (
    <>
      {chips.map(([key, words]) => (
        <span className="chip" key={key}>
          <span className="k">{key}</span>
          <span className="el">{words}</span>
          <button
            type="button" className="x" aria-label={`Remove filter ${key}`}
            onClick={() => {
              const { [key]: _gone, ...rest } = filter;
              onChange(rest);
            }}
          >
            <Icon name="x" size={12} />
          </button>
        </span>
      ))}
    </>
  );
}
