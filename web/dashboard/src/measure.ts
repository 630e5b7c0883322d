import type { Metric, Unit } from '@comfytrace/client';
import { bytesParts, durationParts, formatCount, kGap, kThin, memoryParts, joinParts, type Part } from './format.ts';

// One way to write every number, whatever its unit. Missing is null: the caller says in words what is missing.

export type AnyUnit = Unit | 'count' | 'memory' | 'percent' | 'celsius' | 'watts';

const kMinus = '\u2212';

/** `bytes` takes the unit that suits, `memory` is always GiB; `rate` and `ratio` are shown in percent of 1. */
export function partsOf(value: number | null | undefined, unit: AnyUnit): Part[] | null {
  if (value === null || value === undefined || !Number.isFinite(value)) return null;
  switch (unit) {
    case 'ms':
      return durationParts(value);
    case 'bytes':
      return value < 0 ? negated(bytesParts(-value)) : bytesParts(value);
    case 'memory':
      return memoryParts(value);
    case 'count':
      return [{ value: formatCount(Math.round(value))!, unit: '', apart: false }];
    case 'rate':
      return percentParts(value, true);
    case 'ratio':
      return percentParts(value);
    case 'percent':
      return percentParts(value / 100);
    case 'celsius':
      return [{ value: signed(Math.round(value).toString()), unit: '°C', apart: true }];
    case 'watts':
      return [{ value: signed(Math.round(value).toString()), unit: 'W', apart: true }];
  }
}

export function textOf(value: number | null | undefined, unit: AnyUnit): string | null {
  const parts = partsOf(value, unit);
  return parts && joinParts(parts).trim();
}

/** `+18 %`, `−6 %`, `0 %`; a difference of `ms` or bytes with its sign. */
export function deltaText(value: number | null | undefined, unit: AnyUnit): string | null {
  const text = textOf(value, unit);
  if (text === null) return null;
  return value! > 0 && !/^0(\.0+)?[^\d.]/.test(text) ? `+${text}` : text;
}

/** `14 to 22 %`: the unit once where both have the same. */
export function rangeText(low: number | null | undefined, high: number | null | undefined, unit: AnyUnit): string | null {
  const from = partsOf(low, unit);
  const to = partsOf(high, unit);
  if (!from || !to) return null;
  const once = from.length === 1 && to.length === 1 && from[0]!.unit === to[0]!.unit;
  // A range that spans zero tells the sign of both ends.
  const plus = low! < 0 && high! > 0 && (unit === 'ratio' || unit === 'ms') ? '+' : '';
  return `${once ? from[0]!.value : joinParts(from).trim()} to ${plus}${joinParts(to).trim()}`;
}

/** `95 % 14 to 22 %`, the level before the interval, so that none stands without it. */
export function intervalText(interval: { low: number; high: number; level: number } | null | undefined, unit: AnyUnit): string | null {
  const range = interval ? rangeText(interval.low, interval.high, unit) : null;
  return range && `${Math.round(interval!.level * 100)}${kGap}% ${range}`;
}

/** `3 of 6 runs`: how far the data is from being enough. */
export function enoughText(n: number, needed: number, noun = 'runs'): string {
  return `${formatCount(n)} of ${formatCount(n + needed)}${kGap}${noun}`;
}

export const kMetricWords: Record<Metric, { title: string; unit: AnyUnit; lowIsBetter: boolean }> = {
  duration: { title: 'Duration', unit: 'ms', lowIsBetter: true },
  vramPeak: { title: 'VRAM peak', unit: 'memory', lowIsBetter: true },
  queueWait: { title: 'Queue wait', unit: 'ms', lowIsBetter: true },
  successRate: { title: 'Success rate', unit: 'rate', lowIsBetter: false },
};

/** `fine`: one decimal, as a rate needs it that comes near 1. */
function percentParts(ratio: number, fine = false): Part[] {
  const percent = ratio * 100;
  const size = Math.abs(percent);
  // 99.96 is not 100, and something is not nothing.
  const digits = size === 0 || size >= 100 || (!fine && size >= 10 && size < 99) || (!fine && Number.isInteger(percent)) ? 0 : size < 0.1 ? 2 : 1;
  const text = signed(percent.toFixed(digits));
  const value = /^0(\.0+)?$/.test(text) && percent !== 0 ? `<${kThin}0.01` : text === '100.0' ? '99.9' : text;
  return [{ value, unit: '%', apart: true }];
}

function signed(text: string): string {
  if (/^-0(\.0+)?$/.test(text)) return text.slice(1);
  return text.startsWith('-') ? kMinus + text.slice(1) : text;
}

function negated(parts: Part[] | null): Part[] | null {
  return parts && parts.map((part, at) => (at === 0 ? { ...part, value: kMinus + part.value } : part));
}
