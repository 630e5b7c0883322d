import { allStatuses } from '@comfytrace/client';
import { useState } from 'react';
import { chartData, kNow, noise, rateData, summary, vramData } from './samples.ts';
import { BarList, DotPlot, Histogram, Sparkline } from '../charts/small-charts.tsx';
import { TelemetryComparisonChart } from '../charts/telemetry-comparison-chart.tsx';
import { durationParts, formatWhen, memoryParts } from '../format.ts';
import { Chip, CheckBox, NumberInput, RangeInputs, Tabs, Toggle } from '../ui/controls.tsx';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { FacetList } from '../ui/facets.tsx';
import { Icon } from '../ui/icon.tsx';
import { KeyValue } from '../ui/key-value.tsx';
import { Menu } from '../ui/menu.tsx';
import { Badge, Measure, Meter, StatusMark } from '../ui/parts.tsx';
import { kReady, StatePanel, type Caveat, type PartState } from '../ui/states.tsx';
import { VerdictClaim, VerdictMark } from '../ui/verdict.tsx';
import { bins, comparison } from './samples.ts';
import { kVerdicts } from './components-part.tsx';
import { Part, State } from './part.tsx';

type Row = ReturnType<typeof summary>;
const retry = () => undefined;
const kAbsences: PartState[] = [
  { is: 'loading' }, { is: 'empty', title: 'No runs yet', next: 'Queue a prompt in ComfyUI.' }, { is: 'error', detail: 'the history was not read', onRetry: retry },
  { is: 'disconnected', detail: 'Refused since 14:26:02, next try in 22 s', onConnect: retry }, { is: 'notEnough', have: '3 of 6 runs', detail: '3 more of the same GPU, model and size' },
];
const kCaveats: Caveat[] = [
  { is: 'stalled', detail: 'no event for 96 s' }, { is: 'stale', ageMs: 41_000 }, { is: 'partial', detail: '2 of 6 scenes told nothing' }, { is: 'tooMuch', detail: 'the newest 2 000 of 12 431 runs' }, { is: 'disconnected', detail: 'from 14:26' },
];
const kColumns: Column<Row>[] = [
  { key: 'status', title: 'Status', width: '104px', cell: (run) => <StatusMark status={run.status} /> },
  { key: 'title', title: 'Title', width: 'minmax(160px, 2fr)', cell: (run) => <b>{run.title}</b> },
  { key: 'workflow', title: 'Workflow', width: 'minmax(100px, 1fr)', from: 620, cell: (run) => run.workflowName },
  { key: 'duration', title: 'Duration', width: '84px', right: true, sorts: ['longest', 'shortest'], cell: (run) => <Measure parts={durationParts(run.durationMs)} missing="not told" /> },
  { key: 'like', title: 'Last 12 like', width: '100px', from: 720, cell: (run) => <Sparkline values={sparks(run.createdAtMs)} label="last 12 like runs" tone="idle" /> },
  { key: 'verdict', title: 'vs like runs', width: '100px', from: 560, cell: (run) => <VerdictMark verdict={run.createdAtMs % 3 === 0 ? 'worse' : 'noEvidence'} delta={(run.createdAtMs % 21) / 100} /> },
  { key: 'vram', title: 'VRAM peak', width: '96px', right: true, sorts: ['vram'], cell: (run) => <Measure parts={memoryParts(run.vramPeakBytes)} missing="no sample" /> },
  { key: 'when', title: 'When', width: '110px', right: true, sorts: ['newest', 'oldest'], cell: (run) => formatWhen(run.createdAtMs, kNow) },
];
function sparks(seed: number): number[] {
  const random = noise(seed % 1000);
  return Array.from({ length: 12 }, () => 40 + random() * 10);
}

export function PrimitiveParts() {
  return (
    <>
      <Part name="Panel in every state" min={230}>
        {kAbsences.map((state) => <State key={state.is} name={state.is}><StatePanel label="Sample" title="Sample" state={state} minHeight={132}>{null}</StatePanel></State>)}
        {kCaveats.map((caveat) => <State key={caveat.is} name={`shown, ${caveat.is}`}><StatePanel label="Sample" title="Sample" state={{ is: 'ready', caveat }} minHeight={132}><dl className="kv-row gal-pad"><KeyValue label="VRAM" value={21.4 * 2 ** 30} unit="memory" evidence="of 24.0 GiB" /><KeyValue label="GPU" value={0} unit="rate" /></dl></StatePanel></State>)}
        <State name="ready"><StatePanel label="Sample" title="Sample" about="with all it has" state={kReady} minHeight={132} foot="evidence at the foot"><dl className="kv-row gal-pad"><KeyValue label="VRAM" value={21.4 * 2 ** 30} unit="memory" evidence="of 24.0 GiB" /><KeyValue label="GPU" value={null} unit="rate" missing="no sensor" /></dl></StatePanel></State>
      </Part>
      <Part name="Claims and verdicts" min={420}>
        <State name="claim"><VerdictClaim verdict="worse" sentence="18 % slower than 42 like runs" delta={0.18} interval={{ low: 0.14, high: 0.22, level: 0.95 }} n={42} cohort={comparison.cohort} /></State>
        <State name="others">
          <div className="stack">
            <VerdictClaim verdict="better" sentence="6 % faster than 42 like runs" delta={-0.06} interval={{ low: -0.08, high: -0.04, level: 0.95 }} n={42} />
            <VerdictClaim verdict="noEvidence" sentence="No evidence of a difference" delta={0.01} interval={{ low: -0.02, high: 0.03, level: 0.95 }} n={128} />
            <VerdictClaim verdict="notEnoughData" sentence="Not enough data" n={3} needed={3} />
          </div>
        </State>
        <State name="marks"><span className="row g16">{kVerdicts.map((verdict) => <VerdictMark key={verdict} verdict={verdict} delta={verdict === 'better' ? -0.06 : 0.18} n={3} needed={3} />)}</span></State>
        <State name="status"><span className="row wrap g12">{allStatuses.map((status) => <StatusMark key={status} status={status} />)}</span></State>
      </Part>
      <Part name="Controls" min={300}><Controls /></Part>
      <Part name="DataTable" min={620}><Tables /></Part>
      <Part name="TelemetryComparisonChart" min={360}>
        <State name="full" wide><TelemetryComparisonChart title="Duration" about="206 runs; noise: CV 1.2 %, smallest step we can see: 1.6 % within 8 runs" state={kReady} data={chartData()} onOpen={retry} /></State>
        <State name="20 000 runs" wide><TelemetryComparisonChart title="Duration, all runs" state={{ is: 'ready', caveat: { is: 'tooMuch', detail: 'the newest 20 000 of 1 003 441 runs' } }} data={chartData(20_000, { failures: [], changes: [], lanes: [] })} /></State>
        <State name="rate by week"><TelemetryComparisonChart title="Success rate" about="by week" state={kReady} data={rateData()} size="small" /></State>
        <State name="this run and a limit"><TelemetryComparisonChart title="VRAM peak" state={kReady} data={vramData()} size="small" foot="95 % 1.4 to 1.6 GiB more; red: 24.0 GiB limit" /></State>
        <State name="stale"><TelemetryComparisonChart title="Duration" state={{ is: 'ready', caveat: { is: 'stale', ageMs: 68_400_000 } }} data={chartData(40, { changes: [], lanes: [], failures: [] })} size="small" /></State>
        <State name="loading"><TelemetryComparisonChart title="Duration" state={{ is: 'loading' }} data={null} size="small" /></State>
        <State name="empty"><TelemetryComparisonChart title="Duration" state={{ is: 'empty', icon: 'chart-spline', title: 'Nothing to compare', next: 'This is the first run of its kind.' }} data={null} size="small" /></State>
        <State name="error"><TelemetryComparisonChart title="Duration" state={{ is: 'error', detail: 'timed out after 10 s', onRetry: retry }} data={null} size="small" /></State>
        <State name="partial"><TelemetryComparisonChart title="Duration" state={{ is: 'ready', caveat: { is: 'partial', detail: '12 runs without a value' } }} data={chartData(40, { changes: [], lanes: [], failures: [] })} size="small" /></State>
        <State name="disconnected"><TelemetryComparisonChart title="Duration" state={{ is: 'disconnected', detail: 'comfytrace was not reached', onConnect: retry }} data={null} size="small" /></State>
        <State name="one run alone"><TelemetryComparisonChart title="Success rate" state={kReady} data={chartData(1, { changes: [], lanes: [], failures: [], segments: [] })} size="small" /></State>
        <State name="not enough data"><TelemetryComparisonChart title="Duration" state={{ is: 'notEnough', have: '4 of 6 like runs', detail: 'Range so far 31.2 to 34.0 s' }} data={null} size="small" /></State>
        <State name="spark"><TelemetryComparisonChart title="Duration" state={kReady} data={chartData(12)} size="spark" tone="warn" /></State>
      </Part>
      <Part name="Small charts" min={300}>
        <State name="sparklines"><span className="row wrap g12"><Sparkline values={sparks(1)} label="no evidence" /><Sparkline values={[...sparks(2).map((value) => value / 4), 40]} label="worse" tone="warn" /><Sparkline values={[...sparks(3), 20]} label="better" tone="ok" /><Sparkline values={[1, 2, 3]} needed={3} label="few" /></span></State>
        <State name="dots"><DotPlot values={chartData(60).series.y.slice(18, 58) as number[]} subject={2_119_000} unit="ms" label="40 like runs, this run is slowest" /></State>
        <State name="histogram"><Histogram bins={bins} unit="ms" label="durations" marks={[{ value: 47_200, word: 'median' }, { value: 71_400, word: 'p95' }]} /></State>
        <State name="bars"><BarList label="Where the time goes" items={[{ key: 'k', name: 'KSampler', about: 'motion', value: 261, text: '4m 21s', note: '71 %', className: 'k-sample' }, { key: 'v', name: 'VAEDecode', about: '81 frames', value: 82, text: '1m 22s', note: '22 %', className: 'k-vae' }, { key: 'l', name: 'UNETLoader', value: 6.2, text: '6.2 s', note: '1.7 %', className: 'k-load' }]} /></State>
        <State name="meters"><div className="row"><Meter ratio={0.75} label="VRAM used" /><Meter ratio={0.96} tone="w" label="near capacity" /><Meter ratio={null} label="not known" /></div></State>
      </Part>
    </>
  );
}

function Controls() {
  const [on, setOn] = useState(true);
  const [tab, setTab] = useState<'all' | 'atlas' | 'cinder'>('all');
  const [ticks, setTicks] = useState(['success']);
  return (
    <>
      <State name="buttons"><span className="row wrap"><button type="button" className="btn primary">Primary</button><button type="button" className="btn">Default</button><button type="button" className="btn ghost">Ghost</button><button type="button" className="btn danger">Remove</button><button type="button" className="btn" disabled>Off</button><button type="button" className="btn sm"><Icon name="download" size={13} />Small</button></span></State>
      <State name="toggle, tabs"><div className="stack"><Toggle label="Only with warnings" on={on} onChange={setOn} hint="A hint beneath it" /><Tabs label="Worker" value={tab} onChange={setTab} choices={[{ value: 'all', word: 'All' }, { value: 'atlas', word: 'atlas', note: '901' }, { value: 'cinder', word: 'cinder' }]} /></div></State>
      <State name="inputs"><div className="stack"><NumberInput label="Duration" unit="s" value={20} onChange={retry} /><RangeInputs label="Duration" unit="s" scale={1000} min={300_000} max={10_000} onChange={retry} /></div></State>
      <State name="chips and badges"><span className="row wrap"><Chip name="model" onRemove={retry}>flux1-dev</Chip><Chip pressed={on} onClick={() => setOn(!on)}>Failed today</Chip><Chip dashed icon="plus" onClick={retry}>Filter</Chip><Badge tone="b-ok" icon="s-success">success</Badge><Badge tone="b-dash">3 of 6 runs</Badge></span></State>
      <State name="menu and box"><span className="row"><Menu label="More" align="start" items={[{ word: 'Open', icon: 'external-link', onSelect: retry }, { word: 'Archive', icon: 'archive', hint: 'e', onSelect: retry }, { word: 'Pinned', checked: on, onSelect: () => setOn(!on) }, { word: 'Delete', icon: 'trash-2', danger: true, onSelect: retry }]}><Icon name="ellipsis" /></Menu><CheckBox label="On" checked={on} onChange={setOn}>On</CheckBox><CheckBox label="Some" checked={false} mixed onChange={retry}>Some</CheckBox></span></State>
      <State name="facet"><div className="panel"><FacetList title="Status" options={[{ value: 'success', count: 1_238, icon: 's-success', tone: 'ok' }, { value: 'failed', count: 31, icon: 's-failed', tone: 'bad' }, { value: 'timeout', count: 0, icon: 's-timeout', tone: 'warn' }]} chosen={ticks} onChange={setTicks} /></div></State>
    </>
  );
}

function Tables() {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set(['run-2', 'run-3']));
  const [sort, setSort] = useState('newest');
  const rows = (at: number) => (at > 400 && at < 990_000 ? undefined : summary(at, at % 7 === 3 ? { status: 'failed', exitReason: 'outOfMemory', vramPeakBytes: null } : {}));
  const table = (state: PartState, count: number) => (
    <div className="panel gal-table"><DataTable label={`Runs, ${state.is}`} columns={kColumns} count={count} rowAt={rows} keyOf={(run) => run.runId} state={state} selected={selected} onSelect={setSelected} sort={sort} onSort={setSort} onOpen={retry} keys="focus" /></div>
  );
  return (
    <>
      <State name="1 003 441 rows" wide>{table(kReady, 1_003_441)}</State>
      <State name="loading">{table({ is: 'loading' }, 0)}</State>
      <State name="no run matches">{table({ is: 'empty', icon: 'list-filter', title: 'No run matches', next: '0 of 1 003 441' }, 0)}</State>
      <State name="error">{table({ is: 'error', title: 'Filter not understood', detail: 'durationMinMs: "abc" is no number', onRetry: retry }, 0)}</State>
    </>
  );
}
