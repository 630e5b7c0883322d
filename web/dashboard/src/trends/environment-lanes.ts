import type { TrendStep, WhatChanged } from '@comfytrace/client';
import type { ChartLane } from '../charts/chart-data.ts';

// What the runs ran on, below the chart and on its time. Pure.

/** The versions that ran in a stretch of time, most runs first. */
export interface VersionWindow {
  fromMs: number;
  toMs: number;
  versions: readonly string[];
}

export const kWindows = 24;
/** A change of which at least so much of the runs is explained is a switch. */
const kSwitch = 0.95;
const kEnvironment: Record<string, string> = { 'ComfyUI version': 'ComfyUI', 'PyTorch version': 'torch', GPU: 'GPU', worker: 'worker' };

export function windowsOf(fromMs: number, toMs: number, count = kWindows): { fromMs: number; toMs: number }[] {
  const span = (toMs - fromMs) / count;
  if (span <= 0) return [];
  return Array.from({ length: count }, (_, at) => ({ fromMs: Math.round(fromMs + at * span), toMs: Math.round(fromMs + (at + 1) * span) }));
}

/** One lane of versions. A switch stands where a step tells its moment, else where the window begins that shows it first. */
export function versionLane(windows: readonly VersionWindow[], changes: readonly WhatChanged[]): ChartLane | null {
  const spans: { fromMs: number; toMs: number; value: string }[] = [];
  for (const { fromMs, toMs, versions } of windows) {
    if (versions.length === 0) continue;
    const value = [...versions].sort().join(', ');
    const last = spans.at(-1);
    if (last?.value === value) last.toMs = toMs;
    else {
      if (last) last.toMs = fromMs;
      spans.push({ fromMs, toMs, value });
    }
  }
  const kept = spans.filter((span, at) => {
    // A window in which one version gave way to the next is no third one, where the moment of it is known.
    const [before, after] = [spans[at - 1], spans[at + 1]];
    if (!before || !after) return true;
    const change = changes.find((each) => each.what === 'ComfyUI version' && each.before === before.value && each.after === after.value && each.atMs >= span.fromMs - 1 && each.atMs <= span.toMs);
    if (!change || !span.value.includes(', ')) return true;
    before.toMs = change.atMs;
    after.fromMs = change.atMs;
    return false;
  });
  for (const [at, span] of kept.entries()) {
    const after = kept[at + 1];
    const change = after && changes.find((each) => each.what === 'ComfyUI version' && each.before === span.value && each.after === after.value);
    if (!after || !change) continue;
    span.toMs = change.atMs;
    after.fromMs = change.atMs;
  }
  return kept.length > 0 ? { name: 'ComfyUI', spans: kept } : null;
}

/** Other lanes, as far as the steps tell of them: what switched at a step, with the value before and after. */
export function changeLanes(steps: readonly TrendStep[], fromMs: number, toMs: number): ChartLane[] {
  const by = new Map<string, WhatChanged[]>();
  for (const step of steps) {
    for (const change of step.whatChanged) {
      if (change.explainsRatio < kSwitch || !(change.what in kEnvironment) || change.what === 'ComfyUI version') continue;
      by.set(change.what, [...(by.get(change.what) ?? []), change]);
    }
  }
  return [...by].map(([what, unsorted]) => {
    const changes = [...unsorted].sort((a, b) => a.atMs - b.atMs);
    const spans = changes.map((change, at) => ({ fromMs: at === 0 ? fromMs : changes[at - 1]!.atMs, toMs: change.atMs, value: at === 0 || changes[at - 1]!.after === change.before ? change.before : `${changes[at - 1]!.after}, then ${change.before}` }));
    const last = changes.at(-1)!;
    return { name: kEnvironment[what]!, spans: [...spans, { fromMs: last.atMs, toMs, value: last.after }] };
  });
}
