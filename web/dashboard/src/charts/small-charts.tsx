import type { ReactNode } from 'react';
import { formatCount } from '../format.ts';
import { textOf, type AnyUnit } from '../measure.ts';
import { quantile } from './chart-data.ts';

// Small charts in SVG, each with a sentence for those who do not see it.

/** The last like runs: line, band of their middle half, and the newest as a dot in the verdict's hue. */
export function Sparkline({ values, label, tone = 'idle', width = 84, height = 18, needed = 0 }: { values: readonly (number | null)[]; label: string; tone?: string; width?: number; height?: number; needed?: number }) {
  const known = values.filter((value): value is number => value !== null);
  if (known.length === 0 || needed > 0) {
    return <span className="badge b-dash spark-few">{formatCount(known.length)} of {formatCount(known.length + Math.max(needed, 1))} runs</span>;
  }
  const sorted = [...known].sort((a, b) => a - b);
  const [low, high] = [sorted[0]!, sorted.at(-1)!];
  const x = (at: number) => 3 + (at / Math.max(1, values.length - 1)) * (width - 7);
  const y = (value: number) => (high === low ? height / 2 : 3 + (1 - (value - low) / (high - low)) * (height - 6));
  const last = values.findLastIndex((value) => value !== null);
  const line = values.map((value, at) => (value === null ? null : `${x(at).toFixed(1)},${y(value).toFixed(1)}`)).filter(Boolean).join(' ');
  const band = [y(quantile(sorted, 0.75)), y(quantile(sorted, 0.25))] as const;
  return (
    <svg className="spark" width={width} height={height} role="img" aria-label={label}>
      <rect x={1} y={band[0]} width={width - 2} height={Math.max(1.5, band[1] - band[0])} className="c-band" />
      <polyline points={line} className="c-line" />
      <circle cx={x(last)} cy={y(values[last]!)} r={2.4} className={`c-dot ${tone}`} />
    </svg>
  );
}

/** Each dot a run; the dashed line the median, the pin the run in question. Many runs stack in columns. */
export function DotPlot({ values, subject, unit, label, width = 300, height = 64, most = 200 }: { values: readonly number[]; subject: number | null; unit: AnyUnit; label: string; width?: number; height?: number; most?: number }) {
  const all = subject === null ? values : [...values, subject];
  if (all.length === 0) return null;
  const low = Math.min(...all);
  const high = Math.max(...all);
  const pad = (high - low || Math.abs(high) || 1) * 0.06;
  const x = (value: number) => 6 + ((value - low + pad) / (high - low + 2 * pad)) * (width - 12);
  const base = height - 18;
  const columns = new Map<number, number>();
  const shown = values.length <= most ? values : Array.from({ length: most }, (_, at) => quantile([...values].sort((a, b) => a - b), (at + 0.5) / most));
  const column = (value: number) => Math.round(x(value) / 4.6);
  const tallest = Math.max(...shown.map((value) => {
    const at = column(value);
    columns.set(at, (columns.get(at) ?? 0) + 1);
    return columns.get(at)!;
  }));
  const step = Math.min(4.6, (base - 14) / Math.max(1, tallest));
  columns.clear();
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted.length > 0 ? quantile(sorted, 0.5) : null;
  const pinLeft = subject !== null && x(subject) > width - 60;
  return (
    <svg className="dots" width={width} height={height} role="img" aria-label={label}>
      {shown.map((value, at) => {
        const mine = column(value);
        const stacked = columns.get(mine) ?? 0;
        columns.set(mine, stacked + 1);
        return <circle key={at} cx={mine * 4.6} cy={base - 3 - stacked * step} r={1.9} className="c-ref" />;
      })}
      <line x1={0} x2={width} y1={base} y2={base} className="al" />
      {median !== null && <line x1={x(median)} x2={x(median)} y1={10} y2={base} className="c-median" />}
      {subject !== null && (
        <g className="acc-pin">
          <line x1={x(subject)} x2={x(subject)} y1={12} y2={base} />
          <circle cx={x(subject)} cy={12} r={3.5} />
          <text x={x(subject) + (pinLeft ? -7 : 7)} y={11} textAnchor={pinLeft ? 'end' : 'start'} className="ax1">this run</text>
        </g>
      )}
      <text x={2} y={height - 4} className="ax">{textOf(low, unit)}</text>
      <text x={width - 2} y={height - 4} textAnchor="end" className="ax">{textOf(high, unit)}</text>
    </svg>
  );
}

export interface HistogramBin {
  from: number;
  to: number;
  count: number;
}

/** Counts by value, with lines at the median and p95. */
export function Histogram({ bins, marks = [], unit, label, width = 300, height = 76 }: { bins: readonly HistogramBin[]; marks?: readonly { value: number; word: string }[]; unit: AnyUnit; label: string; width?: number; height?: number }) {
  if (bins.length === 0) return null;
  const low = bins[0]!.from;
  const high = bins.at(-1)!.to;
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const base = height - 16;
  // Bins that grow are drawn alike wide: the axis is then logarithmic.
  const grows = low > 0 && bins.length > 2 && high - bins.at(-1)!.from > 3 * (bins[0]!.to - low);
  const place = (value: number) => (grows ? Math.log(value) : value);
  const x = (value: number) => ((place(value) - place(low)) / (place(high) - place(low) || 1)) * width;
  const leftOf = (value: number, at: number) => (at === 0 ? x(value) > 44 : x(value) > width - 28);
  return (
    <svg className="hist" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {bins.map((bin) => {
        const tall = (bin.count / most) * (base - 14);
        return bin.count === 0 ? null : <rect key={bin.from} x={x(bin.from) + 0.5} y={base - Math.max(1.5, tall)} width={Math.max(1, x(bin.to) - x(bin.from) - 1)} height={Math.max(1.5, tall)} className="c-ref" />;
      })}
      <line x1={0} x2={width} y1={base} y2={base} className="al" />
      {marks.filter((mark) => mark.value >= low && mark.value <= high).map((mark, at) => (
        <g key={mark.word}>
          <line x1={x(mark.value)} x2={x(mark.value)} y1={4} y2={base} className={at === 0 ? 'c-main-line' : 'c-median'} />
          <text x={x(mark.value) + (leftOf(mark.value, at) ? -4 : 4)} y={11} textAnchor={leftOf(mark.value, at) ? 'end' : 'start'} className="ax">{mark.word}</text>
        </g>
      ))}
      <text x={0} y={height - 3} className="ax">{textOf(low, unit)}</text>
      <text x={width} y={height - 3} textAnchor="end" className="ax">{textOf(high, unit)}</text>
    </svg>
  );
}

export interface BarItem {
  key: string;
  name: ReactNode;
  about?: ReactNode;
  /** 0 or more; the longest bar is the largest. */
  value: number;
  text: ReactNode;
  note?: ReactNode;
  className?: string;
  href?: string;
}

/** Bars from zero, with name and number as text. */
export function BarList({ items, label }: { items: readonly BarItem[]; label: string }) {
  const most = Math.max(Number.MIN_VALUE, ...items.map((item) => item.value));
  return (
    <ul className="bars" aria-label={label}>
      {items.map((item) => (
        <li key={item.key}>
          <span className="row g6"><span className="el">{item.name} {item.about !== undefined && <span className="t3">{item.about}</span>}</span><span className="sp" /><span className="nw">{item.text}</span></span>
          <span className="row g6"><span className="meter" aria-hidden="true"><i className={item.className} style={{ width: `${(item.value / most) * 100}%` }} /></span>{item.note !== undefined && <span className="bar-note t3 s11">{item.note}</span>}</span>
        </li>
      ))}
    </ul>
  );
}
