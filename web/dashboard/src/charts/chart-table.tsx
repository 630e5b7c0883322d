import { formatWhen } from '../format.ts';
import { useNow } from '../services.tsx';
import { DataTable, type Column } from '../ui/data-table.tsx';
import { valueWords, type ComparisonChartData } from './chart-data.ts';

/** The numbers of a chart, newest first. */
export function ChartTable({ data, title, maxHeight, onOpen }: { data: ComparisonChartData; title: string; maxHeight: number; onOpen?: ((runId: string) => void) | undefined }) {
  const now = useNow();
  const { series } = data;
  const count = series.x.length;
  const columns: Column<number>[] = [
    { key: 'when', title: 'When', width: 'minmax(96px, 1fr)', cell: (at) => formatWhen(series.x[at]!, now) },
    { key: 'value', title: 'Value', width: 'minmax(80px, 1fr)', right: true, cell: (at) => <b>{valueWords(series, at).value}</b> },
    ...(series.lower ? [{ key: 'interval', title: 'Interval', width: 'minmax(120px, 1.4fr)', right: true, cell: (at: number) => valueWords(series, at).interval ?? 'too few' }] : []),
    ...(series.n ? [{ key: 'n', title: 'Runs', width: '64px', right: true, cell: (at: number) => series.n![at] ?? '' }] : []),
  ];
  return (
    <div className="chart-table" style={{ height: maxHeight }}>
      <DataTable
        label={`${title}, the numbers`} columns={columns} count={count} rowAt={(index) => count - 1 - index} keyOf={(at) => String(at)} keys="focus" rowPx={26}
        onOpen={onOpen && series.runIds ? (at) => onOpen(series.runIds![at]!) : undefined}
      />
    </div>
  );
}
