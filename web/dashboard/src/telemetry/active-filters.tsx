import type { ListKey, RunFilter } from '@comfytrace/client';
import type { ReactNode } from 'react';
import { exitReasonWords, formatCount, kGap } from '../format.ts';
import { rangeText, textOf, type AnyUnit } from '../measure.ts';
import { Chip } from '../ui/controls.tsx';

export interface ActiveCriterion {
  key: string;
  name: string;
  words: string;
  /** The filter without it. */
  without: RunFilter;
}

const kListNames: Record<ListKey, string> = { status: 'status', exitReason: 'ended by', worker: 'worker', gpu: 'GPU', workflow: 'workflow', model: 'model', tag: 'tag' };
const kBack: Record<string, string> = { w: 'weeks', d: 'days', h: 'hours', m: 'minutes' };

/** Each criterion that restricts, in words. */
export function activeCriteria(filter: RunFilter, workerName: (id: string) => string = (id) => id): ActiveCriterion[] {
  const list: ActiveCriterion[] = [];
  const add = (keys: (keyof RunFilter)[], name: string, words: string | null) => {
    if (!words) return;
    const without = { ...filter };
    for (const key of keys) delete without[key];
    list.push({ key: keys[0]!, name, words, without });
  };
  const back = /^-(\d+)([wdhm])$/.exec(filter.from ?? '');
  if (back && !filter.to) add(['from'], 'last', `${back[1]}${kGap}${kBack[back[2]!]}`);
  else if (filter.from || filter.to) add(['from', 'to'], 'when', filter.from && filter.to ? `${filter.from} to ${filter.to}` : filter.from ? `since ${filter.from}` : `before ${filter.to}`);
  for (const key of Object.keys(kListNames) as ListKey[]) {
    const items = filter[key];
    if (!items?.length) continue;
    const words = items.map((item) => (key === 'worker' ? workerName(item) : key === 'exitReason' ? (exitReasonWords(item) ?? item) : item));
    add([key], kListNames[key], words.length > 3 ? `${words.slice(0, 2).join(', ')} and ${words.length - 2} more` : words.join(', '));
  }
  const range = (keys: [keyof RunFilter & `${string}`, keyof RunFilter & `${string}`], name: string, unit: AnyUnit) => {
    const [low, high] = [filter[keys[0]] as number | undefined, filter[keys[1]] as number | undefined];
    add(keys, name, low !== undefined && high !== undefined ? rangeText(low, high, unit) : low !== undefined ? `at least ${textOf(low, unit)}` : high !== undefined ? `at most ${textOf(high, unit)}` : null);
  };
  range(['durationMinMs', 'durationMaxMs'], 'duration', 'ms');
  range(['attemptsMin', 'attemptsMax'], 'attempts', 'count');
  range(['vramPeakMinBytes', 'vramPeakMaxBytes'], 'VRAM peak', 'memory');
  add(['story'], 'story', filter.story ?? null);
  add(['text'], 'words', filter.text ?? null);
  add(['regex'], 'matches', filter.regex ?? null);
  add(['archived'], 'archived', filter.archived === undefined ? null : filter.archived ? 'only' : 'not');
  return list;
}

/** Above a list: every criterion as a chip to take away, and how much is shown. */
export function ActiveFilters({ filter, onChange, matched, total, tookMs, workerName, children }: {
  filter: RunFilter; onChange: (filter: RunFilter) => void; matched: number | null; total: number | null; tookMs: number | null; workerName?: (id: string) => string; children?: ReactNode;
}) {
  return (
    <div className="active-filters">
      <div className="spans">{activeCriteria(filter, workerName).map((each) => <Chip key={each.key} name={each.name} onRemove={() => onChange(each.without)}>{each.words}</Chip>)}</div>
      <span className="sp" />
      <span className="t2 s12 nw" role="status">
        {matched === null ? 'counting' : <>showing <b>{formatCount(matched)}</b>{total !== null && <> of {formatCount(Math.max(total, matched))}</>}{tookMs !== null && ` in ${Math.max(1, Math.round(tookMs))}${kGap}ms`}</>}
      </span>
      {children}
    </div>
  );
}
