import type { SceneUpdate } from './live-types.ts';

const kLongest = 30 * 60_000;
const kPatience = 3;

/**
 * How long a silence may last while something executes. A node that told nothing for a minute before may do so again: the
 * limit follows the longest silence that each class of node has ended by itself. Where nodes are not told, silence says
 * nothing.
 */
export class StallLimit {
  private readonly executing = new Map<string, { runId: string; classType: string | null }>();
  private readonly longest = new Map<string, number>();

  constructor(private readonly leastMs: number) {}

  get busy(): boolean {
    return this.executing.size > 0;
  }

  clear(): void {
    this.executing.clear();
  }

  follow(scene: SceneUpdate): void {
    const key = JSON.stringify([scene.runId, scene.sceneId, scene.promptId]);
    if (scene.status !== 'executing') this.executing.delete(key);
    else this.executing.set(key, { runId: scene.runId, classType: scene.nodeTimesKnown ? (scene.node?.classType ?? '') : null });
  }

  forget(runId: string): void {
    for (const [key, scene] of this.executing) if (scene.runId === runId) this.executing.delete(key);
  }

  /** Something came after so long a silence, during which the nodes told last were running. */
  endedSilence(ms: number): void {
    if (ms < this.leastMs / kPatience) return;
    for (const classType of this.told()) this.longest.set(classType, Math.max(this.longest.get(classType) ?? 0, ms));
  }

  /** null: nothing executes that would tell of itself. */
  limitMs(): number | null {
    const told = this.told();
    if (told.length === 0) return null;
    return Math.min(kLongest, Math.max(this.leastMs, ...told.map((classType) => kPatience * (this.longest.get(classType) ?? 0))));
  }

  private told(): string[] {
    return [...this.executing.values()].flatMap(({ classType }) => (classType === null ? [] : [classType]));
  }
}
