import type { Run, RunDifference, Scene } from '@comfytrace/client';
import { shortId } from '../format.ts';
import { textOf } from '../measure.ts';

/** One thing in which a run differs from a run like it that went well. */
export interface DifferingFact {
  name: string;
  like: string;
  mine: string;
  mayExplain: boolean;
}

export interface Differing {
  facts: DifferingFact[];
  /** Names of what is known and equal. */
  equal: string[];
}

/** Less than this more or less free memory is noise of the desktop, not a cause. */
const kMemoryThatCounts = 256 * 2 ** 20;

/** `difference` has the run that went well first and this run second. */
export function differingFacts(difference: RunDifference, like: Run | null, run: Run, sceneId: string, workerName: (workerId: string) => string = shortId): Differing {
  const rows = [
    ...difference.environment,
    ...(difference.scenes.find((scene) => scene.sceneIds[1] === sceneId) ?? difference.scenes[0])?.parameters ?? [],
  ];
  const said = (row: (typeof rows)[number], at: number) => { const value = row.values[at]; return value == null ? 'not known' : row.name === 'worker' ? workerName(value) : value; };
  const facts = rows.map((row): DifferingFact => ({ name: row.name, like: said(row, 0), mine: said(row, 1), mayExplain: row.mayExplain }));
  const memory = memoryFact(like, run, sceneId);
  const equal = [...difference.environmentEqual, ...(difference.scenes.find((scene) => scene.sceneIds[1] === sceneId) ?? difference.scenes[0])?.equal ?? []];
  return { facts: [...(memory ? [memory] : []), ...facts.filter((fact) => fact.mayExplain), ...facts.filter((fact) => !fact.mayExplain)], equal };
}

function freeBefore(scene: Scene | undefined): number | null {
  return scene?.attempts.at(-1)?.vramFreeBeforeBytes ?? null;
}

function memoryFact(like: Run | null, run: Run, sceneId: string): DifferingFact | null {
  const scene = run.scenes.find((each) => each.sceneId === sceneId);
  const mine = freeBefore(scene);
  const theirs = freeBefore(like?.scenes.find((each) => each.sceneId === sceneId) ?? like?.scenes[run.scenes.indexOf(scene!)]);
  if (mine === null || theirs === null || Math.abs(mine - theirs) < kMemoryThatCounts) return null;
  const isMemory = scene?.exitReason === 'outOfMemory';
  return { name: 'VRAM free before', like: textOf(theirs, 'memory')!, mine: textOf(mine, 'memory')!, mayExplain: isMemory && mine < theirs };
}
