import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatClock, formatDay, formatWhen } from '../format.ts';
import { useNow } from '../services.tsx';
import { useTheme } from '../theme.ts';
import { useWidth } from '../ui/media.ts';
import { axisWidth, binned, gridSteps, gridWords, kMostDots, timeRange, valueWords, yRange, type ComparisonChartData } from './chart-data.ts';
import { ChartTable } from './chart-table.tsx';
import { labelPlaces } from './label-places.ts';
import { inksOf, paintBefore, paintBehind, paintBins, toneOf } from './plot-paint.ts';

export interface ComparisonPlotProps {
  title: string;
  sentence: string;
  data: ComparisonChartData;
  height: number;
  full: boolean;
  zero: boolean;
  syncKey: string | undefined;
  onOpen: ((runId: string) => void) | undefined;
}

interface Frame {
  left: number;
  width: number;
  from: number;
  to: number;
}

const canDraw = (() => {
  try {
    return !!document.createElement('canvas').getContext('2d');
  } catch {
    return false;
  }
})();

/** The plot itself, in a chunk of its own with uPlot. Without a canvas the numbers stand there as a table. */
export function ComparisonPlot(props: ComparisonPlotProps) {
  if (!canDraw) return <ChartTable data={props.data} title={props.title} maxHeight={props.height} onOpen={props.onOpen} />;
  return <DrawnPlot {...props} />;
}

function DrawnPlot({ title, sentence, data, height, full, zero, syncKey, onOpen }: ComparisonPlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const width = useWidth(box, 600);
  const theme = useTheme();
  const now = useNow();
  const [at, setAt] = useState<number | null>(null);
  const [frame, setFrame] = useState<Frame | null>(null);
  const { series } = data;
  const bins = useMemo(() => (series.x.length > kMostDots ? binned(series.x, series.y, 400) : null), [series]);

  useEffect(() => {
    const place = host.current!;
    const inks = inksOf(place);
    const shownX = bins ? bins.x : series.x;
    const shownY = bins ? bins.median : series.y;
    const axis = { stroke: inks.text3, font: `11px ${inks.font}`, grid: { stroke: inks.grid, width: 1 }, ticks: { show: false } };
    const options: uPlot.Options = {
      width, height,
      padding: [full ? 10 : 8, 24, 0, 0],
      legend: { show: false },
      cursor: {
        points: { size: 9, fill: inks.main, stroke: inks.surface, width: 1.5 }, y: false, drag: { x: true, y: false, uni: 12 }, focus: { prox: -1 },
        ...(syncKey ? { sync: { key: syncKey, setSeries: false } } : {}),
      },
      select: { show: true, left: 0, top: 0, width: 0, height: 0 },
      scales: { x: { time: true, range: (u, min, max) => timeRange(u.data[0].length, min, max) }, y: { range: () => yRange(data, zero) } },
      axes: [
        {
          ...axis, size: 22, gap: 4, space: full ? 90 : 110,
          values: (u, splits) => {
            const shown = (u.scales.x!.max! - u.scales.x!.min!) * 1000;
            return splits.map((second) => (shown < 36 * 3_600_000 ? formatClock(second * 1000) : formatDay(second * 1000, Date.now())));
          },
        },
        { ...axis, size: (_, words) => axisWidth(words, full), gap: 6, space: full ? 46 : 34, incrs: gridSteps(series.unit), values: (_, splits) => gridWords(splits, series.unit) },
      ],
      series: [{}, {
        stroke: inks.main, paths: series.lower ? undefined : () => null, width: 1.6,
        points: { show: true, size: series.lower ? 7 : bins ? 3 : shownX.length > 600 ? 3.5 : 5, fill: series.lower ? inks.surface : `color-mix(in srgb, ${inks.main} ${data.subject === null || data.subject === undefined ? 75 : 0}%, ${inks.ref})`, stroke: series.lower ? inks.main : 'transparent', width: 1.6 },
      }],
      hooks: {
        drawAxes: [(u) => {
          paintBehind(u, data, inks);
          if (bins) paintBins(u, bins, inks);
        }],
        draw: [(u) => paintBefore(u, data, inks, full)],
        setCursor: [(u) => setAt(u.cursor.idx ?? null)],
        setScale: [(u) => setFrame(frameOf(u))],
        ready: [(u) => setFrame(frameOf(u))],
        setSize: [(u) => setFrame(frameOf(u))],
      },
    };
    const seconds = shownX.map((ms) => ms / 1000);
    const made = new uPlot(options, [seconds, shownY as (number | null)[]], place);
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
    // The width is taken up below without making the plot anew.
  }, [data, bins, theme, full, zero, syncKey, height]);

  useEffect(() => plot.current?.setSize({ width, height }), [width, height]);

  const shownCount = bins ? bins.x.length : series.x.length;
  const moveTo = (index: number) => {
    const u = plot.current;
    if (!u || shownCount === 0) return;
    const next = Math.max(0, Math.min(shownCount - 1, index));
    const value = u.data[1]![next];
    u.setCursor({ left: u.valToPos(u.data[0]![next]!, 'x'), top: value === null || value === undefined ? 10 : Math.max(0, u.valToPos(value, 'y')) });
    setAt(next);
  };
  const runAt = (index: number | null) => (bins || index === null ? undefined : series.runIds?.[index]);
  const hear = (event: KeyboardEvent) => {
    const here = at ?? (event.key === 'ArrowLeft' ? shownCount : -1);
    const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: shownCount - 1, PageDown: here + 10, PageUp: here - 10 }[event.key];
    if (next !== undefined) moveTo(next);
    else if (event.key === 'Enter' && runAt(at) && onOpen) onOpen(runAt(at)!);
    else if (event.key === 'Escape' && at !== null) {
      plot.current?.setCursor({ left: -10, top: -10 });
      setAt(null);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const words = at === null || at >= shownCount ? null : bins
    ? { when: formatDay(bins.x[at]!, now), ...valueWords({ unit: series.unit, x: bins.x, y: bins.median, n: bins.n }, at) }
    : { when: formatWhen(series.x[at]!, now), ...valueWords(series, at) };
  const level = words && data.segments?.find((segment) => { const x = (bins ? bins.x : series.x)[at!]!; return x >= segment.fromMs && x <= segment.toMs; });
  return (
    <div ref={box} className="cmp">
      {full && <Changes data={data} frame={frame} />}
      <div className="cmp-plot" onDoubleClick={() => plot.current?.setData(plot.current.data)}>
        <div ref={host} role="img" aria-label={sentence} onClick={() => runAt(at) && onOpen?.(runAt(at)!)} className={runAt(at) && onOpen ? 'opens' : undefined} />
        <div
          className="cmp-keys" role="slider" tabIndex={0} aria-label={`${title}, value by value`} aria-valuemin={1} aria-valuemax={Math.max(1, shownCount)} aria-valuenow={(at ?? -1) + 1 || 1}
          aria-valuetext={words ? [words.when, words.value, words.interval, words.n].filter(Boolean).join(', ') : 'arrows go from value to value'} onKeyDown={hear}
          onBlur={() => setAt(null)}
        />
        {words && frame && <Tip words={words} level={level?.label} x={plot.current?.cursor.left ?? 0} frame={frame} opens={!!runAt(at) && !!onOpen} />}
      </div>
      {full && <Lanes data={data} frame={frame} />}
    </div>
  );
}

function frameOf(u: uPlot): Frame {
  const px = devicePixelRatio;
  return { left: u.bbox.left / px, width: u.bbox.width / px, from: (u.scales.x!.min ?? 0) * 1000, to: (u.scales.x!.max ?? 1) * 1000 };
}

function Tip({ words, level, x, frame, opens }: { words: { when: string; value: string; interval: string | null; n: string | null }; level: string | undefined; x: number; frame: Frame; opens: boolean }) {
  const right = x > frame.width * 0.4; // so that it also fits beside where the chart is narrow
  return (
    <div className="tip float cmp-tip" style={right ? { right: `calc(100% - ${frame.left + x - 10}px)` } : { left: frame.left + x + 10 }}>
      <b>{words.value}</b> {[words.interval, words.n].filter(Boolean).join(', ')}
      <br />{words.when}
      {level && <><br /><span className="t3">{level}</span></>}
      {opens && <><br /><span className="t3">Enter opens the run</span></>}
    </div>
  );
}

/** Three lines a change point: what, evidence, what changed. Where there is no room for two, the newer one speaks. */
function Changes({ data, frame }: { data: ComparisonChartData; frame: Frame | null }) {
  const changes = (data.changes ?? []).filter((change) => frame && change.atMs >= frame.from && change.atMs <= frame.to);
  if ((data.changes?.length ?? 0) === 0) return null;
  const places = frame ? labelPlaces(changes.map((change) => frame.left + ((change.atMs - frame.from) / (frame.to - frame.from)) * frame.width), frame.left, frame.left + frame.width) : [];
  return (
    <div className="cmp-changes">
      {places.map(({ x, before, room }, index) => {
        const change = changes[index]!;
        if (room === 0) return null;
        return (
          <div key={change.atMs} className={`cmp-change ${before ? 'before' : ''}`} style={{ ...(before ? { right: `calc(100% - ${x - 8}px)` } : { left: x + 8 }), maxWidth: Math.min(360, room) }}>
            <b className={toneOf(change.verdict) === 'text3' ? 't2' : toneOf(change.verdict)}>{change.what}</b>
            <span title={change.evidence}>{change.evidence}</span>
            <span className="t3" title={change.because}>{change.because}</span>
          </div>
        );
      })}
    </div>
  );
}

/** What the runs ran on, on the same x: the cause of a step is seen beneath it. */
function Lanes({ data, frame }: { data: ComparisonChartData; frame: Frame | null }) {
  if (!frame || !data.lanes?.length) return null;
  return (
    <dl className="lanes">
      {data.lanes.map((lane) => (
        <div key={lane.name}>
          <dt style={{ width: frame.left - 8 }}>{lane.name}</dt>
          <dd style={{ left: frame.left, width: frame.width }}>
            {lane.spans.map((span) => {
              const left = Math.max(0, (span.fromMs - frame.from) / (frame.to - frame.from));
              const right = Math.min(1, (span.toMs - frame.from) / (frame.to - frame.from));
              if (right <= left) return null;
              const fits = (right - left) * frame.width >= Math.min(64, 16 + span.value.length * 6);
              return <span key={span.fromMs} title={`${lane.name} ${span.value}`} style={{ left: `${left * 100}%`, width: `calc(${(right - left) * 100}% - 2px)` }}>{fits && span.value}</span>;
            })}
          </dd>
        </div>
      ))}
    </dl>
  );
}
