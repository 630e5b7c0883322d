import { formatDuration, kGap } from '../format.ts';
import type { TimeWindow } from './time-window.ts';

const kSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000];

export interface Tick {
  ms: number;
  word: string;
}

/** Round times from 0 to `spanMs`, of those that `shown` holds, at most about `most`. */
export function ticks(spanMs: number, shown: TimeWindow | number, most = 0): Tick[] {
  const window = typeof shown === 'number' ? { from: 0, to: spanMs } : shown;
  const many = typeof shown === 'number' ? shown : most;
  const step = kSteps.find((each) => (window.to - window.from) / each <= many) ?? kSteps.at(-1)!;
  const found: Tick[] = [];
  for (let ms = Math.ceil(window.from / step) * step; ms <= window.to; ms += step) found.push({ ms, word: wordOf(ms, step) });
  return found;
}

function wordOf(ms: number, step: number): string {
  if (ms === 0) return `0${kGap}s`;
  if (step < 1000 && ms < 60_000) return step < 100 && ms < 1000 ? `${ms}${kGap}ms` : `${Math.round(ms / 10) / 100}${kGap}s`;
  if (step < 1000) return `${Math.floor(ms / 60_000)}m${kGap}${((ms % 60_000) / 1000).toFixed(step < 100 ? 2 : 1)}s`;
  if (ms % 60_000 === 0 && ms < 3_600_000) return `${ms / 60_000}${kGap}min`;
  if (ms < 60_000) return `${ms / 1000}${kGap}s`;
  return formatDuration(ms)!;
}
