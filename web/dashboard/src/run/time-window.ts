/** The stretch of time that a chart shows, in milliseconds from the start. */
export interface TimeWindow {
  from: number;
  to: number;
}

/** Less than this cannot be told apart: times are whole milliseconds. */
const kLeastMs = 20;

export function whole(span: number): TimeWindow {
  return { from: 0, to: span };
}

export function isWhole(window: TimeWindow, span: number): boolean {
  return window.from <= 0 && window.to >= span;
}

function kept(from: number, width: number, span: number): TimeWindow {
  const wide = Math.min(span, Math.max(Math.min(kLeastMs, span), width));
  const start = Math.min(Math.max(0, from), span - wide);
  return { from: start, to: start + wide };
}

/** `factor` above 1 goes in; what lies at `centre` stays where it is. */
export function zoomed(window: TimeWindow, span: number, factor: number, centre = (window.from + window.to) / 2): TimeWindow {
  const width = (window.to - window.from) / factor;
  const part = (centre - window.from) / Math.max(1, window.to - window.from);
  return kept(centre - part * Math.max(Math.min(kLeastMs, span), width), width, span);
}

/** By a part of what is shown. */
export function moved(window: TimeWindow, span: number, part: number): TimeWindow {
  const width = window.to - window.from;
  return kept(window.from + part * width, width, span);
}

/** A stretch with some room on both sides. */
export function around(fromMs: number, toMs: number, span: number): TimeWindow {
  const room = Math.max(kLeastMs / 2, (toMs - fromMs) * 0.25);
  return kept(fromMs - room, toMs - fromMs + 2 * room, span);
}

/** A window that was chosen stays when the span grows, as it does while a run executes; the whole stays the whole. */
export function fitted(window: TimeWindow | null, span: number): TimeWindow {
  return window === null ? whole(span) : kept(window.from, window.to - window.from, span);
}
