import type uPlot from 'uplot';
import type { ComparisonChartData } from './chart-data.ts';

// What is painted on the plot beside its dots. Colours come from the tokens, so that both themes are right.

export interface Inks {
  main: string; ref: string; band: string; grid: string; axis: string; text: string; text3: string; ok: string; warn: string; bad: string; surface: string; font: string;
}

export function inksOf(element: Element): Inks {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    main: of('--c-main'), ref: of('--c-ref'), band: of('--c-band'), grid: of('--c-grid'), axis: of('--c-axis'), text: of('--text'), text3: of('--text-3'),
    ok: of('--ok'), warn: of('--warn'), bad: of('--bad'), surface: of('--surface'), font: of('--font') || 'sans-serif',
  };
}

export function toneOf(verdict: string): 'ok' | 'warn' | 'text3' {
  return verdict === 'better' ? 'ok' : verdict === 'worse' ? 'warn' : 'text3';
}

/** Levels with their bands, and the limit: behind the dots. */
export function paintBehind(plot: uPlot, data: ComparisonChartData, inks: Inks): void {
  const { ctx } = plot;
  const px = devicePixelRatio;
  inside(plot, () => {
    for (const segment of data.segments ?? []) {
      const left = plot.valToPos(segment.fromMs / 1000, 'x', true);
      const right = plot.valToPos(segment.toMs / 1000, 'x', true);
      if (typeof segment.low === 'number' && typeof segment.high === 'number') {
        const top = plot.valToPos(segment.high, 'y', true);
        ctx.fillStyle = inks.band;
        ctx.fillRect(left, top, Math.max(2 * px, right - left), plot.valToPos(segment.low, 'y', true) - top);
      }
    }
    if (data.limit) {
      const at = plot.valToPos(data.limit.value, 'y', true);
      stroke(ctx, inks.bad, 1 * px, [4 * px, 3 * px], [plot.bbox.left, at], [plot.bbox.left + plot.bbox.width, at]);
      ctx.fillStyle = inks.bad;
      ctx.font = `${11 * px}px ${inks.font}`;
      ctx.textAlign = 'right';
      ctx.textBaseline = 'alphabetic';
      const roomAbove = at - plot.bbox.top > 14 * px;
      ctx.fillText(data.limit.word, plot.bbox.left + plot.bbox.width - 4 * px, roomAbove ? at - 4 * px : at + 12 * px);
    }
  });
}

/** Medians, whiskers, change points, failures and the run in question: before the dots. */
export function paintBefore(plot: uPlot, data: ComparisonChartData, inks: Inks, labels: boolean): void {
  const { ctx } = plot;
  const px = devicePixelRatio;
  const { series } = data;
  const x = (ms: number) => plot.valToPos(ms / 1000, 'x', true);
  const y = (value: number) => plot.valToPos(value, 'y', true);
  const bottom = plot.bbox.top + plot.bbox.height;
  inside(plot, () => {
    series.lower?.forEach((low, at) => {
      const high = series.upper?.[at];
      if (low === null || high === null || high === undefined) return;
      stroke(ctx, inks.ref, 1.5 * px, [], [x(series.x[at]!), y(low)], [x(series.x[at]!), y(high)]);
    });
    for (const segment of data.segments ?? []) {
      const [left, right] = [x(segment.fromMs), x(segment.toMs)];
      const at = y(segment.median);
      stroke(ctx, inks.text, 1.6 * px, [], [left, at], [Math.max(right, left + 2 * px), at]);
      if (!labels || !segment.label) continue;
      ctx.font = `500 ${11 * px}px ${inks.font}`;
      const wide = ctx.measureText(segment.label).width;
      if (wide > right - left - 8 * px) continue;
      const above = Math.min(at - 6 * px, typeof segment.high === 'number' ? y(segment.high) - 6 * px : at);
      ctx.lineWidth = 3 * px;
      ctx.lineJoin = 'round';
      ctx.strokeStyle = inks.surface;
      ctx.textAlign = 'center';
      ctx.textBaseline = 'alphabetic';
      ctx.strokeText(segment.label, (left + right) / 2, above);
      ctx.fillStyle = inks.text;
      ctx.fillText(segment.label, (left + right) / 2, above);
    }
    const most = plot.scales.y?.max ?? Number.POSITIVE_INFINITY;
    series.y.forEach((value, at) => {
      if (value !== null && value > most) point(ctx, inks.main, x(series.x[at]!), plot.bbox.top + px, 4 * px);
    });
    for (const failure of data.failures ?? []) {
      const [at, arm] = [x(failure.atMs), 3 * px];
      const mid = bottom - 6 * px;
      stroke(ctx, inks.bad, 1.5 * px, [], [at - arm, mid - arm], [at + arm, mid + arm]);
      stroke(ctx, inks.bad, 1.5 * px, [], [at - arm, mid + arm], [at + arm, mid - arm]);
    }
    if (data.subject !== null && data.subject !== undefined) {
      const value = series.y[data.subject];
      if (typeof value === 'number') {
        ctx.beginPath();
        ctx.arc(x(series.x[data.subject]!), y(value), 4.5 * px, 0, 2 * Math.PI);
        ctx.fillStyle = inks.main;
        ctx.fill();
        ctx.lineWidth = 1.5 * px;
        ctx.strokeStyle = inks.surface;
        ctx.stroke();
      }
    }
  });
  for (const change of data.changes ?? []) {
    const at = x(change.atMs);
    if (at < plot.bbox.left || at > plot.bbox.left + plot.bbox.width) continue;
    const ink = inks[toneOf(change.verdict)];
    stroke(ctx, ink, 1.5 * px, [3 * px, 3 * px], [at, plot.bbox.top], [at, bottom]);
    ctx.fillStyle = ink;
    ctx.beginPath();
    const top = plot.bbox.top;
    ctx.moveTo(at, top - 5 * px);
    ctx.lineTo(at + 5 * px, top);
    ctx.lineTo(at, top + 5 * px);
    ctx.lineTo(at - 5 * px, top);
    ctx.fill();
  }
}

/** The middle half of each bin, where dots would be too many. */
export function paintBins(plot: uPlot, bins: { x: number[]; low: (number | null)[]; high: (number | null)[] }, inks: Inks): void {
  const px = devicePixelRatio;
  inside(plot, () => bins.x.forEach((at, index) => {
    const [low, high] = [bins.low[index], bins.high[index]];
    if (typeof low !== 'number' || typeof high !== 'number') return;
    stroke(plot.ctx, inks.band, 2 * px, [], [plot.valToPos(at / 1000, 'x', true), plot.valToPos(low, 'y', true)], [plot.valToPos(at / 1000, 'x', true), plot.valToPos(high, 'y', true)]);
  }));
}

function inside(plot: uPlot, paint: () => void): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  paint();
  ctx.restore();
}

/** A small arrow head up, its tip at `top`: what lies beyond the scale. */
function point(ctx: CanvasRenderingContext2D, ink: string, at: number, top: number, arm: number): void {
  ctx.fillStyle = ink;
  ctx.beginPath();
  ctx.moveTo(at, top);
  ctx.lineTo(at + arm, top + 1.6 * arm);
  ctx.lineTo(at - arm, top + 1.6 * arm);
  ctx.fill();
}

function stroke(ctx: CanvasRenderingContext2D, ink: string, width: number, dash: number[], from: [number, number], to: [number, number]): void {
  ctx.save();
  ctx.strokeStyle = ink;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
  ctx.restore();
}
