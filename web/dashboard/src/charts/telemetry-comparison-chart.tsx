import { Suspense, lazy, useMemo, useState, type ReactNode } from 'react';
import { formatCount } from '../format.ts';
import { useNow } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { Menu } from '../ui/menu.tsx';
import { isAbsent, StatePanel, type PartState } from '../ui/states.tsx';
import { chartSentence, countBeyond, kMostDots, type ComparisonChartData } from './chart-data.ts';
import { Sparkline } from './small-charts.tsx';

// The table comes with the list that it is made of, only when asked for.
const ChartTable = lazy(async () => ({ default: (await import('./chart-table.tsx')).ChartTable }));
const Plot = lazy(async () => ({ default: (await import('./comparison-plot.tsx')).ComparisonPlot }));

export interface TelemetryComparisonChartProps {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  state: PartState;
  data: ComparisonChartData | null;
  /** `full` with lanes and change points, `small` for rows of charts, `spark` for a cell: no panel, no axis. */
  size?: 'full' | 'small' | 'spark';
  height?: number;
  /** Charts of the same key share crosshair and zoom. */
  syncKey?: string;
  /** Bars and shares begin at zero; lines and dots may not. */
  zero?: boolean;
  foot?: ReactNode;
  tone?: string;
  onOpen?: (runId: string) => void;
}

/** Runs over time: each a dot, levels with their bands, change points, failures, and what they ran on. */
export function TelemetryComparisonChart({ title, about, actions, state, data, size = 'full', height, syncKey, zero = false, foot, tone, onOpen }: TelemetryComparisonChartProps) {
  const [asTable, setAsTable] = useState(false);
  const now = useNow();
  const sentence = data ? chartSentence(title, data, now) : title;
  if (size === 'spark') {
    if (isAbsent(state) || !data) return <span className="t3 s11">{state.is === 'loading' ? '…' : state.is === 'notEnough' ? state.have : 'no data'}</span>;
    return <Sparkline values={data.series.y} label={sentence} tone={tone} />;
  }
  const tall = height ?? (size === 'full' ? 300 : 148);
  const lanes = size === 'full' ? (data?.lanes?.length ?? 0) : 0;
  const hasChanges = size === 'full' && (data?.changes?.length ?? 0) > 0;
  const minHeight = tall + lanes * 19 + (hasChanges ? 52 : 0) + 16;
  const binnedNote = data && data.series.x.length > kMostDots ? `${formatCount(data.series.x.length)} runs as medians and middle halves` : null;
  return (
    <StatePanel
      label={title} title={title} about={about ?? binnedNote ?? undefined} state={state} minHeight={minHeight} lines={Math.floor(minHeight / 40)} lineHeight={34} foot={foot} className="cmp-panel"
      actions={data && (
        <>
          {!asTable && <Legend data={data} />}
          {actions}
          <Menu label={`${title}: more`} items={[{ word: asTable ? 'Chart' : 'Table', icon: asTable ? 'chart-spline' : 'table-2', onSelect: () => setAsTable(!asTable) }]} className="btn ghost icon sm">
            <Icon name="ellipsis" />
          </Menu>
        </>
      )}
    >
      {data && (
        <Suspense fallback={<div style={{ height: minHeight }} role="group" aria-label="Drawing" aria-busy="true" />}>
          {asTable ? <ChartTable data={data} title={title} maxHeight={minHeight} onOpen={onOpen} />
            : <Plot title={title} sentence={sentence} data={data} height={tall} full={size === 'full'} zero={zero} syncKey={syncKey} onOpen={onOpen} />}
        </Suspense>
      )}
    </StatePanel>
  );
}

function Legend({ data }: { data: ComparisonChartData }) {
  const beyond = useMemo(() => countBeyond(data), [data]);
  return (
    <span className="row g12 cmp-legend">
      {beyond > 0 && <span className="lg" title="Drawn at the upper edge; each can be read there and in the table"><Icon name="arrow-up" size={11} className="acc" />{formatCount(beyond)} above the scale</span>}
      {(data.failures?.length ?? 0) > 0 && <span className="lg"><Icon name="x" size={11} className="bad" />failed</span>}
      {data.segments?.some((segment) => segment.low !== null && segment.low !== undefined) && <span className="lg"><i className="lg-band" />{data.bandWord ?? 'middle half'}</span>}
      {data.series.lower && <span className="lg"><i className="lg-whisker" />95 %</span>}
    </span>
  );
}
