import { allExitReasons, allStatuses, type ListKey, type RunFilter, type Status } from '@comfytrace/client';
import type { TelemetryFilter } from '@comfytrace/client/react';
import { useState } from 'react';
import { exitReasonWords } from '../format.ts';
import { Chip, RangeInputs, Tabs } from '../ui/controls.tsx';
import { FacetBox, FacetList, type FacetOption } from '../ui/facets.tsx';
import { Icon } from '../ui/icon.tsx';
import { CopyButton, Skeleton, statusTone } from '../ui/parts.tsx';
import { PresetBar } from './preset-bar.tsx';
import { WeekBrush, type Week } from './week-brush.tsx';

export interface Facet {
  value: string;
  word?: string;
  /** Runs that the other criteria leave. */
  count: number | null;
}
export type Facets = Partial<Record<ListKey, readonly Facet[]>>;

export interface TelemetryFilterPanelProps {
  /** What `useTelemetryFilter` gives. */
  filter: TelemetryFilter;
  /** The values of each criterion with the counts that the others leave; null: not counted yet. */
  facets: Facets | null;
  /** Runs per week over the whole history, oldest first. */
  weeks?: readonly Week[];
  /** Where the shared link leads. */
  path?: string;
}

const kSpans: readonly [string, string][] = [['24 h', '-24h'], ['7 days', '-7d'], ['30 days', '-30d']];
const kMoreLists: readonly [ListKey, string, string][] = [
  ['workflow', 'Workflow', 'no workflow has a name yet'], ['model', 'Model', 'no model was found'], ['gpu', 'GPU', 'no device is known'], ['worker', 'Worker', 'none is watched'], ['tag', 'Tag', 'nothing is tagged'],
];

/** Every criterion of the history, presets, and a link to share. */
export function TelemetryFilterPanel({ filter: held, facets, weeks, path = '/runs' }: TelemetryFilterPanelProps) {
  const { filter, change, reset, active } = held;
  const [open, setOpen] = useState(false);
  const options = (key: ListKey): FacetOption[] => (facets?.[key] ?? []).map(({ value, word, count }) => ({ value, word, count }));
  const counted = (key: 'status' | 'exitReason', value: string) => facets?.[key]?.find((each) => each.value === value)?.count ?? (facets?.[key] ? 0 : null);
  const statuses: FacetOption[] = allStatuses.map((value) => ({ value, count: counted('status', value), icon: `s-${value}`, tone: statusTone(value) }));
  const reasons: FacetOption[] = allExitReasons.filter((value) => value !== 'success').map((value) => ({ value, word: exitReasonWords(value), count: counted('exitReason', value) }));
  return (
    <section className="panel flt tf" aria-label="TelemetryFilterPanel" data-open={open}>
      <div className="ph">
        <h2>Filter</h2>
        <span className="sp" />
        {active > 0 && <button type="button" className="btn ghost sm" onClick={reset}>Reset</button>}
        <CopyButton label="Link" text={held.shareLink(path)} />
        <button type="button" className="btn sm flt-more" aria-expanded={open} onClick={() => setOpen(!open)}><Icon name="list-filter" size={13} />{active > 0 ? `${active} active` : 'Show'}</button>
      </div>
      <div className="flt-body">
        <PresetBar held={held} />
        <FacetBox title="When" note={filter.from || filter.to ? 'set' : null}>
          <div className="spans">
            {kSpans.map(([word, from]) => <Chip key={from} pressed={filter.from === from && !filter.to} onClick={() => change(filter.from === from ? { from: undefined, to: undefined } : { from, to: undefined })}>{word}</Chip>)}
          </div>
          <div className="range dates">
            <DateInput label="From" value={filter.from} onChange={(from) => change({ from })} />
            <span className="t3">to</span>
            <DateInput label="To" value={filter.to} onChange={(to) => change({ to })} />
          </div>
          {weeks && weeks.length > 1 && <WeekBrush weeks={weeks} from={filter.from} to={filter.to} onChange={(from, to) => change({ from, to })} />}
        </FacetBox>
        {facets === null ? <FacetBones /> : (
          <>
            <FacetList title="Status" options={statuses} chosen={filter.status ?? []} onChange={(next) => change({ status: next as Status[] })} most={8} />
            <FacetList title="Exit reason" options={reasons} chosen={filter.exitReason ?? []} onChange={(next) => change({ exitReason: next as RunFilter['exitReason'] })} most={5} open={(filter.exitReason?.length ?? 0) > 0} />
            {kMoreLists.map(([key, title, empty]) => (
              <FacetList key={key} title={title} options={options(key)} chosen={filter[key] ?? []} onChange={(next) => change({ [key]: next })} empty={facets[key] ? empty : 'not counted'} open={key === 'workflow' || key === 'model' || key === 'gpu' || (filter[key]?.length ?? 0) > 0} />
            ))}
          </>
        )}
        <FacetBox title="Duration" note={filter.durationMinMs ?? filter.durationMaxMs ? 'set' : null}>
          <RangeInputs label="Duration" unit="s" scale={1000} min={filter.durationMinMs} max={filter.durationMaxMs} onChange={(durationMinMs, durationMaxMs) => change({ durationMinMs, durationMaxMs })} />
        </FacetBox>
        <FacetBox title="VRAM peak" open={filter.vramPeakMinBytes !== undefined || filter.vramPeakMaxBytes !== undefined}>
          <RangeInputs label="VRAM peak" unit="GiB" scale={2 ** 30} min={filter.vramPeakMinBytes} max={filter.vramPeakMaxBytes} onChange={(vramPeakMinBytes, vramPeakMaxBytes) => change({ vramPeakMinBytes, vramPeakMaxBytes })} />
        </FacetBox>
        <FacetBox title="Attempts" open={filter.attemptsMin !== undefined || filter.attemptsMax !== undefined}>
          <RangeInputs label="Attempts" unit="" min={filter.attemptsMin} max={filter.attemptsMax} onChange={(attemptsMin, attemptsMax) => change({ attemptsMin, attemptsMax })} />
        </FacetBox>
        <FacetBox title="Words" open={!!(filter.story || filter.regex)}>
          <TextInput label="Story, its id or title" value={filter.story} onChange={(story) => change({ story })} />
          <TextInput label="Regular expression" mono value={filter.regex} onChange={(regex) => change({ regex })} />
        </FacetBox>
        <FacetBox title="Archived" open={filter.archived !== undefined}>
          <Tabs
            label="Archived" value={filter.archived === undefined ? 'any' : String(filter.archived)} onChange={(value) => change({ archived: value === 'any' ? undefined : value === 'true' })}
            choices={[{ value: 'any', word: 'Any' }, { value: 'false', word: 'Not' }, { value: 'true', word: 'Only' }]}
          />
        </FacetBox>
      </div>
    </section>
  );
}

/** Where the panel will stand. */
export function FilterPanelBones() {
  return (
    <section className="panel flt tf" aria-label="TelemetryFilterPanel" aria-busy="true" data-open={false}>
      <div className="ph"><h2>Filter</h2></div>
      <div className="flt-body"><FacetBones /></div>
    </section>
  );
}

function FacetBones() {
  return (
    <div role="group" aria-busy="true" aria-label="Counting">
      {[5, 4, 2].map((rows, box) => (
        <div className="facet" key={box}><div className="facet-body bone-facet">{Array.from({ length: rows + 1 }, (_, at) => <Skeleton key={at} width={at === 0 ? '34%' : `${78 - ((at * 13) % 30)}%`} />)}</div></div>
      ))}
    </div>
  );
}

function DateInput({ label, value, onChange }: { label: string; value: string | undefined; onChange: (value: string | undefined) => void }) {
  const day = value && /^\d{4}-\d{2}-\d{2}/.exec(value)?.[0];
  return <input className="inp" type="date" aria-label={label} value={day ?? ''} onChange={(event) => onChange(event.target.value || undefined)} />;
}

function TextInput({ label, value, onChange, mono = false }: { label: string; value: string | undefined; onChange: (value: string | undefined) => void; mono?: boolean }) {
  const [text, setText] = useState(value ?? '');
  const tell = () => (text.trim() || undefined) !== value && onChange(text.trim() || undefined);
  return <label><span className="lab">{label}</span><input className={`inp wide ${mono ? 'mono' : ''}`} value={text} spellCheck={false} onChange={(event) => setText(event.target.value)} onBlur={tell} onKeyDown={(event) => event.key === 'Enter' && tell()} key={value} /></label>;
}
