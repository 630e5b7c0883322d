import type { ListKey, RunFilter } from '@comfytrace/client';
import { activeCriteria } from '../telemetry/active-filters.tsx';
import { formatCount } from '../format.ts';
import { useWorkerName } from '../services.tsx';
import { without } from '../runs/facet-counts.ts';
import { Chip, Toggle } from '../ui/controls.tsx';
import { Icon } from '../ui/icon.tsx';
import { kSpans } from './trend-question.ts';
import { useGroups } from './use-trend.ts';

const kPicks = ['workflow', 'model', 'gpu', 'worker'] as const;
type PickKey = (typeof kPicks)[number];
const kWords: Record<PickKey, string> = { workflow: 'workflows', model: 'models', gpu: 'GPUs', worker: 'workers' };

/** What is charted: a workflow, model, GPU, worker; other criteria as chips. */
export function TrendPicks({ filter, likeForLike, onChange, onLike }: { filter: RunFilter; likeForLike: boolean; onChange: (filter: RunFilter) => void; onLike: (on: boolean) => void }) {
  const workerName = useWorkerName();
  const rest = without(filter, ...kPicks, 'from', 'to');
  const chips = activeCriteria(rest, workerName);
  return (
    <div className="trend-picks">
      {kPicks.map((key) => <GroupPick key={key} name={key} filter={filter} onChange={onChange} />)}
      {chips.map((chip) => <Chip key={chip.key} name={chip.name} onRemove={() => onChange({ ...filter, ...Object.fromEntries(Object.keys(rest).filter((key) => !(key in chip.without)).map((key) => [key, undefined])) })}>{chip.words}</Chip>)}
      <span className="sp" />
      <Toggle label="Like for like" on={likeForLike} onChange={onLike} />
    </div>
  );
}

function GroupPick({ name, filter, onChange }: { name: PickKey; filter: RunFilter; onChange: (filter: RunFilter) => void }) {
  const workerName = useWorkerName();
  const { data } = useGroups(without(filter, name), name, true, 100);
  const chosen = filter[name] ?? [];
  const known = (data?.groups ?? []).filter((group) => group.key !== '');
  const several = chosen.length > 1;
  const listed = chosen.length === 1 && !known.some((group) => same(group.key, chosen[0]!)) ? [{ key: chosen[0]!, runs: null }, ...known] : known;
  const value = several ? '\u0000several' : (listed.find((group) => chosen[0] !== undefined && same(group.key, chosen[0]))?.key ?? '');
  const word = (key: string) => (name === 'worker' ? workerName(key) : key);
  return (
    <Pick
      label={`Which ${kWords[name]}`} value={value} onChange={(next) => onChange({ ...without(filter, name as ListKey), ...(next ? { [name]: [next] } : {}) })}
      options={[{ value: '', word: `All ${kWords[name]}` }, ...(several ? [{ value: '\u0000several', word: `${chosen.length} ${kWords[name]}` }] : []), ...listed.map((group) => ({ value: group.key, word: group.runs === null ? word(group.key) : `${word(group.key)} (${formatCount(group.runs)})` }))]}
    />
  );
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

export function SpanPick({ filter, onChange }: { filter: RunFilter; onChange: (filter: RunFilter) => void }) {
  const own = (filter.from ?? '') !== '' || (filter.to ?? '') !== '';
  const value = filter.to ? '\u0000own' : (kSpans.find((span) => span.value === (filter.from ?? ''))?.value ?? '\u0000own');
  const words = [filter.from && `since ${filter.from}`, filter.to && `before ${filter.to}`].filter(Boolean).join(', ');
  return (
    <Pick
      label="How far back" value={value} icon="calendar" options={[...kSpans, ...(own && value === '\u0000own' ? [{ value: '\u0000own', word: words }] : [])]}
      onChange={(next) => onChange({ ...without(filter, 'from', 'to'), ...(next ? { from: next } : {}) })}
    />
  );
}

/** A choice of many, by the browser's own list. */
export function Pick({ label, value, options, onChange, icon }: { label: string; value: string; options: readonly { value: string; word: string }[]; onChange: (value: string) => void; icon?: string }) {
  return (
    <span className={`pick ${value ? 'set' : ''}`}>
      {icon && <Icon name={icon} size={13} className="t3" />}
      <select aria-label={label} title={label} value={value} onChange={(event) => !event.target.value.startsWith('\u0000') && onChange(event.target.value)}>
        {options.map((option) => <option key={option.value} value={option.value}>{option.word}</option>)}
      </select>
      <Icon name="chevron-down" size={13} className="t3" />
    </span>
  );
}
