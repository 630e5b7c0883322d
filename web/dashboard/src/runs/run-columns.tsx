import type { RunSummary } from '@comfytrace/client';
import { formatDuration, formatWhen } from '../format.ts';
import { usePref } from '../prefs.ts';
import type { Column } from '../ui/data-table.tsx';
import { Icon } from '../ui/icon.tsx';
import { Menu } from '../ui/menu.tsx';
import { StatusMark } from '../ui/parts.tsx';
import { AgainstLike, RecentLike } from './baseline-cells.tsx';
import { DurationCell, GpuCell, ModelCell, PictureCell, ScenesCell, TitleCell, VramCell, WorkerCell, WorkflowCell } from './run-cells.tsx';

interface RunColumn extends Column<RunSummary> {
  /** Shown unless a person chose otherwise. */
  first: boolean;
}

/** Every column there is, in order. Those with `from` give way where the table is narrow. */
export const kRunColumns: readonly RunColumn[] = [
  { key: 'status', title: 'Status', width: '92px', fits: true, first: true, cell: (run) => <StatusMark status={run.status} /> },
  { key: 'picture', title: 'Picture', hiddenTitle: true, width: '46px', fits: true, from: 760, first: false, cell: (run) => <PictureCell key={run.runId} run={run} /> },
  { key: 'title', title: 'Title', width: 'minmax(160px, 2.6fr)', fits: true, first: true, cell: (run) => <TitleCell run={run} /> },
  { key: 'workflow', title: 'Workflow', width: 'minmax(88px, 1.3fr)', from: 656, first: true, cell: (run) => <WorkflowCell run={run} /> },
  { key: 'model', title: 'Model', width: 'minmax(100px, 1.3fr)', from: 900, first: false, cell: (run) => <ModelCell run={run} /> },
  { key: 'scenes', title: 'Scenes', width: '56px', fits: true, right: true, from: 1014, first: true, cell: (run) => <ScenesCell run={run} /> },
  { key: 'duration', title: 'Duration', width: '80px', fits: true, right: true, first: true, sorts: ['longest', 'shortest'], cell: (run) => <span className="t1"><DurationCell run={run} /></span> },
  { key: 'wait', title: 'Waited', width: '78px', fits: true, right: true, from: 1000, first: false, cell: (run) => formatDuration(run.queueWaitMs) ?? <span className="t3">not told</span> },
  { key: 'recent', title: 'Last 12 like', width: '92px', fits: true, from: 864, first: true, cell: (run) => <RecentLike run={run} /> },
  { key: 'like', title: 'vs like runs', width: '104px', fits: true, from: 568, first: true, cell: (run) => <AgainstLike run={run} /> },
  { key: 'vram', title: 'VRAM peak', width: '116px', fits: true, right: true, from: 772, first: true, sorts: ['vram'], cell: (run) => <VramCell run={run} /> },
  { key: 'worker', title: 'Worker', width: 'minmax(96px, 1.1fr)', from: 980, first: true, cell: (run) => <WorkerCell run={run} /> },
  { key: 'gpu', title: 'GPU', width: 'minmax(84px, 1.1fr)', from: 1220, first: true, cell: (run) => <GpuCell run={run} /> },
  { key: 'attempts', title: 'Attempts', width: '66px', fits: true, right: true, from: 1080, first: true, cell: (run) => run.attemptCount },
  { key: 'when', title: 'When', width: '98px', fits: true, right: true, first: true, sorts: ['newest', 'oldest'], cell: (run) => formatWhen(run.createdAtMs, Date.now()) },
];

const kChosen: string[] = kRunColumns.filter((column) => column.first).map((column) => column.key);
const kFixed = ['status', 'title'];

/** The keys of the columns shown, in this browser. */
export function useRunColumns() {
  const [chosen, setChosen] = usePref('runColumns', kChosen);
  const toggle = (key: string) => setChosen(chosen.includes(key) ? chosen.filter((each) => each !== key) : [...chosen, key]);
  return { chosen, toggle, reset: () => setChosen(kChosen) };
}

export function columnsOf(chosen: readonly string[]): RunColumn[] {
  return kRunColumns.filter((column) => kFixed.includes(column.key) || chosen.includes(column.key));
}

export function ColumnChooser({ chosen, onToggle, onReset }: { chosen: readonly string[]; onToggle: (key: string) => void; onReset: () => void }) {
  return (
    <Menu
      label="Choose columns" className="btn ghost icon sm"
      items={[
        ...kRunColumns.filter((column) => !kFixed.includes(column.key)).map((column) => ({ word: column.title, checked: chosen.includes(column.key), onSelect: () => onToggle(column.key) })),
        { word: 'As at first', icon: 'rotate-ccw', onSelect: onReset },
      ]}
    >
      <Icon name="columns-3" size={14} />
    </Menu>
  );
}
