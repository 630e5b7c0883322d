// Words and numbers as the page shows them. A missing value gives null: the caller says what is missing.

/** Narrow no-break space: between thousands, and before a unit that is set smaller and lighter. */
export const kThin = '\u202f';
/** No-break space: before a unit in plain text, where the narrow one runs together. */
export const kGap = '\u00a0';
const kMinus = '\u2212';

export interface Part {
  value: string;
  unit: string;
  /** Whether a thin space stands between value and unit. */
  apart: boolean;
}

export function joinParts(parts: readonly Part[]): string {
  return parts.map((part) => part.value + (part.apart ? kGap : '') + part.unit).join(kGap);
}

/** `8.3 s`, `48 s`, `5m 57s`, `1h 03m`; below a tenth of a second `42 ms`. */
export function durationParts(ms: number | null | undefined): Part[] | null {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return null;
  const sign = ms < 0 ? kMinus : '';
  const size = Math.abs(ms);
  if (size === 0) return [{ value: '0', unit: 's', apart: true }];
  if (size < 99.5) return [{ value: sign + String(Math.max(1, Math.round(size))), unit: 'ms', apart: true }];
  if (size < 9_950) return [{ value: sign + (size / 1000).toFixed(1), unit: 's', apart: true }];
  const seconds = Math.round(size / 1000);
  if (seconds < 60) return [{ value: sign + String(seconds), unit: 's', apart: true }];
  if (seconds < 3_600) {
    return [
      { value: sign + String(Math.floor(seconds / 60)), unit: 'm', apart: false },
      { value: two(seconds % 60), unit: 's', apart: false },
    ];
  }
  const minutes = Math.round(seconds / 60);
  return [
    { value: sign + grouped(Math.floor(minutes / 60)), unit: 'h', apart: false },
    { value: two(minutes % 60), unit: 'm', apart: false },
  ];
}

/** With a decimal up to a minute: where two are held against each other, 15 s and 15 s that differ by 1.5 % say nothing. */
export function fineDurationParts(ms: number | null | undefined): Part[] | null {
  const size = Math.abs(ms ?? 0);
  return ms === null || ms === undefined || size < 9_950 || size >= 59_950 || !Number.isFinite(ms) ? durationParts(ms)
    : [{ value: signed((ms / 1000).toFixed(1)), unit: 's', apart: true }];
}

export function formatDuration(ms: number | null | undefined): string | null {
  const parts = durationParts(ms);
  return parts && joinParts(parts);
}

/** How long something took: a stamp of whole milliseconds never shows that it took none. */
export function formatSpan(ms: number | null | undefined): string | null {
  return ms === 0 ? `< 1${kThin}ms` : formatDuration(ms);
}

/** Whole seconds for clocks that tick: `0 s`, `9 s`, `2m 13s`. */
export function tickingParts(ms: number): Part[] {
  return durationParts(Math.floor(Math.max(0, ms) / 1000) * 1000 || 0)!.map((part) => ({
    ...part, value: part.value.replace(/\.0$/, ''),
  }));
}

/** Memory of devices: GiB with one decimal, always. */
export function memoryParts(bytes: number | null | undefined): Part[] | null {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return null;
  return [{ value: signed((bytes / 2 ** 30).toFixed(1)), unit: 'GiB', apart: true }];
}

export function formatMemory(bytes: number | null | undefined): string | null {
  const parts = memoryParts(bytes);
  return parts && joinParts(parts);
}

/** Sizes of files and processes: the unit that gives one to four digits. */
export function bytesParts(bytes: number | null | undefined): Part[] | null {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return null;
  if (bytes >= 2 ** 30) return memoryParts(bytes);
  if (bytes >= 2 ** 20) return [{ value: String(Math.round(bytes / 2 ** 20)), unit: 'MiB', apart: true }];
  if (bytes >= 1024) return [{ value: String(Math.round(bytes / 1024)), unit: 'KiB', apart: true }];
  return [{ value: String(Math.round(bytes)), unit: 'B', apart: true }];
}

export function formatBytes(bytes: number | null | undefined): string | null {
  const parts = bytesParts(bytes);
  return parts && joinParts(parts);
}

/** 1 003 441 */
export function formatCount(value: number | null | undefined): string | null {
  if (value === null || value === undefined || !Number.isFinite(value)) return null;
  return signed(grouped(Math.trunc(value)));
}

export function formatPercent(ratio: number | null | undefined, digits = 0): string | null {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return null;
  return signed((ratio * 100).toFixed(digits)) + kGap + '%';
}

/** A parameter as typed: no grouping, no trailing zeros, a real minus. */
export function formatNumber(value: number | null | undefined): string | null {
  if (value === null || value === undefined || !Number.isFinite(value)) return null;
  return signed(String(Math.round(value * 10_000) / 10_000));
}

/** `14:31:05` or, without seconds, `14:31`. */
export function formatClock(ms: number, seconds = false): string {
  const at = new Date(ms);
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return seconds ? `${clock}:${two(at.getSeconds())}` : clock;
}

const kMonths = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `today`, `22 Nov`, `3 Mar 2024`. */
export function formatDay(ms: number, nowMs: number): string {
  const at = new Date(ms);
  const now = new Date(nowMs);
  if (at.toDateString() === now.toDateString()) return 'today';
  const day = `${at.getDate()}\u00a0${kMonths[at.getMonth()]}`;
  return at.getFullYear() === now.getFullYear() ? day : `${day}\u00a0${at.getFullYear()}`;
}

/** When, for dense columns: `14:31` today, else `22 Nov 14:31`, else with the year and no time. */
export function formatWhen(ms: number, nowMs: number): string {
  const day = formatDay(ms, nowMs);
  if (day === 'today') return formatClock(ms);
  return new Date(ms).getFullYear() === new Date(nowMs).getFullYear() ? `${day} ${formatClock(ms)}` : day;
}

/** `1 scene`, `3 scenes`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)}\u00a0${count === 1 ? one : many}`;
}

/** `cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync` is `RTX 4090`. */
export function deviceName(raw: string): string {
  return raw
    .replace(/^(cuda|mps|xpu|hip|privateuseone|cpu):\d+\s+/i, '')
    .replace(/\s+:\s+\S+$/, '')
    .replace(/^NVIDIA\s+(GeForce\s+)?/, '')
    .replace(/^AMD\s+Radeon\s+/, 'Radeon ')
    .trim();
}

/** A number and its unit never break: `25 %`, `0 of 5 runs`. */
export function unbroken(text: string): string {
  return text.replace(/(\d) (?=(?:%|[KMG]iB|m?s|runs?|scenes?|attempts?|nodes?)(?![\w-]))/g, `$1${kGap}`);
}

/** `ended as workerLost` is `ended as worker lost`. */
export function spokenReasons(text: string): string {
  return text.replace(/\b(?:outOfMemory|executionError|validationError|maxWait|attemptLimit|postExecution|workerLost)\b/g, (reason) => exitReasonWords(reason)!);
}

export function capitalised(text: string): string {
  return text.replace(/^[a-z]/, (letter) => letter.toUpperCase());
}

/** Exit reasons in words. The record's own word stands in the tooltip. */
export function exitReasonWords(reason: string | null): string | null {
  switch (reason) {
    case null:
    case 'success':
      return null;
    case 'outOfMemory':
      return 'out of memory';
    case 'executionError':
      return 'execution error';
    case 'validationError':
      return 'validation error';
    case 'maxWait':
      return 'max wait';
    case 'attemptLimit':
      return 'attempt limit';
    case 'postExecution':
      return 'post-execution';
    case 'workerLost':
      return 'worker lost';
    case 'unknown':
      return 'reason unknown';
    default:
      return reason;
  }
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, kThin);
}

function signed(text: string): string {
  if (!text.startsWith('-')) return text;
  return /^-0(\.0+)?$/.test(text) ? text.slice(1) : kMinus + text.slice(1);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** The first part of a long id, for where nobody gave it a name. */
export function shortId(id: string): string {
  return /^[0-9a-f]{8}-[0-9a-f-]{20,}$|^[0-9a-f]{32,}$/i.test(id) ? id.slice(0, 8) : id;
}
