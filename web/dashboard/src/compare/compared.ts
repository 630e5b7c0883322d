import type { NodeDifference, NumberDifference, Run, RunDifference, Verdict } from '@comfytrace/client';
import { comparePath } from '../router.tsx';
import type { AnyUnit } from '../measure.ts';

// What the comparison of chosen runs shows, in words and orders. Pure.

/** A is grey, the last one in the accent; those between are grey too, and named. */
export function letterOf(at: number): string {
  return 'ABCDEFGH'[at] ?? String(at + 1);
}

export const kMostCompared = 8;

export function swapped(ids: readonly string[]): string[] {
  return [...ids].reverse();
}

export function withoutRun(ids: readonly string[], at: number): string[] {
  return ids.filter((_, index) => index !== at);
}

/** In the place of another, or at the end; never twice. */
export function withRun(ids: readonly string[], id: string, at: number | null): string[] {
  if (ids.includes(id)) return [...ids];
  return at === null ? [...ids, id].slice(0, kMostCompared) : ids.map((each, index) => (index === at ? id : each));
}

/** The address: those of two runs or more, and of one that waits for its counterpart. */
export function pathOfIds(ids: readonly string[]): string {
  return ids.length === 0 ? '/compare' : comparePath(ids);
}

const kNumbers: Record<string, { word: string; unit: AnyUnit; signed: boolean }> = {
  durationMs: { word: 'Duration', unit: 'ms', signed: true },
  queueWaitMs: { word: 'Queue wait', unit: 'ms', signed: true },
  vramPeakBytes: { word: 'VRAM peak', unit: 'memory', signed: true },
  attempts: { word: 'Attempts', unit: 'count', signed: true },
  successes: { word: 'Succeeded', unit: 'count', signed: true },
};

export function numberWords(number: NumberDifference): { word: string; unit: AnyUnit } {
  const known = kNumbers[number.name];
  if (known) return known;
  const unit: AnyUnit = number.name.endsWith('Ms') ? 'ms' : number.name.endsWith('Bytes') ? 'memory' : /Rate$|Ratio$/.test(number.name) ? 'rate' : 'count';
  return { unit, word: number.name.replace(/(Ms|Bytes)$/, '').replace(/([a-z])([A-Z])/g, '$1 $2').replace(/^./, (first) => first.toUpperCase()).replace(/ ([A-Z])/g, (_, next: string) => ` ${next.toLowerCase()}`) };
}

/** Better and worse are of the second run; a number of which neither is better has no hue. */
export function toneOf(verdict: Verdict): string {
  return verdict === 'worse' ? 'warn' : verdict === 'better' ? 'ok' : 't3';
}

export interface ParameterRow {
  name: string;
  values: (string | null)[];
  mayExplain: boolean;
  /** Of what: parameters of the scene, the environment, the outcome. */
  of: 'outcome' | 'environment' | 'parameters';
}

/** Everything that differs, what may explain it first; then the names of what is equal. */
export function differences(answer: RunDifference, sceneRow: number): { rows: ParameterRow[]; equal: string[] } {
  const scene = answer.scenes[sceneRow];
  const rows: ParameterRow[] = [
    ...answer.outcome.map((row) => ({ ...row, of: 'outcome' as const })),
    ...answer.environment.map((row) => ({ ...row, of: 'environment' as const })),
    ...(scene?.parameters ?? []).map((row) => ({ ...row, of: 'parameters' as const })),
  ];
  return {
    rows: [...rows.filter((row) => row.mayExplain), ...rows.filter((row) => !row.mayExplain)],
    equal: [...answer.environmentEqual, ...(scene?.equal ?? [])],
  };
}

/** The longest that any run took for a node, for one scale. */
export function longestMs(nodes: readonly NodeDifference[]): number {
  return Math.max(1, ...nodes.flatMap((node) => node.durationMs.map((value) => value ?? 0)));
}

/** The widest difference with its interval, for the second scale: symmetric, so that zero stands in the middle only if it must. */
export function deltaRange(nodes: readonly NodeDifference[]): { low: number; high: number } {
  const all = nodes.flatMap((node) => [node.deltaMs ?? 0, node.deltaMsInterval?.low ?? 0, node.deltaMsInterval?.high ?? 0]);
  const low = Math.min(0, ...all);
  const high = Math.max(0, ...all);
  return high - low < 1 ? { low: 0, high: 1 } : { low, high };
}

/** Nodes whose difference is a finding: told apart from chance, or, where nothing can tell, most of the whole difference. */
export function isFinding(node: NodeDifference): boolean {
  if (node.pValue !== null) return node.pValue <= 0.05 && Math.abs(node.deltaRatio ?? 0) >= 0.01;
  return node.share !== null && node.share >= 0.25 && Math.abs(node.deltaRatio ?? 0) >= 0.03;
}

export function isCachedInAll(node: NodeDifference): boolean {
  return node.executions.every((count) => count === 0) && node.cached.some((count) => count > 0);
}

/** "VAEDecode and KSampler explain 54 s of 54.2 s" needs the parts that went the same way. */
export function findingsOf(nodes: readonly NodeDifference[]): NodeDifference[] {
  return nodes.filter(isFinding);
}

/** Place of a run's artifact in the answer: its row's scene, named as the first run that has it. */
export function sceneTitleOf(runs: readonly (Run | undefined)[], sceneIds: readonly (string | null)[]): string {
  for (const [at, run] of runs.entries()) {
    const index = run?.scenes.findIndex((scene) => scene.sceneId === sceneIds[at]) ?? -1;
    if (run && index >= 0) return run.scenes[index]!.title || `Scene ${index + 1}`;
  }
  return 'Scene';
}
