import type { Eta, EtaReport, SceneUpdate } from '@comfytrace/client';
import { formatCount } from '../format.ts';
import { enoughText, rangeText, textOf } from '../measure.ts';

export interface EtaWords {
  /** "about 2m 05s left"; null: no claim. */
  left: string | null;
  leftMs: number | null;
  /** "80 % 1m 40s to 2m 30s". */
  interval: string | null;
  /** What it rests on, or what is missing for a claim. */
  rests: string;
}

type Told = Pick<SceneUpdate, 'eta' | 'etaLow' | 'etaHigh' | 'etaScenes' | 'timestamp'>;

/** The stream's claim, less what has passed since it was made. `asked`: the same claim with its reasons, if it was asked for. */
export function etaWords(scene: Told, nowMs: number, asked: Eta | null = null): EtaWords {
  if (scene.eta === null) {
    const few = asked !== null && asked.basis === 'none' && asked.needed > 0;
    return {
      left: null, leftMs: null, interval: null,
      rests: few ? `no estimate yet: ${enoughText(asked.n, asked.needed, 'like scenes')}` : asked?.reason ? `no estimate: ${asked.reason}` : 'no estimate yet',
    };
  }
  const passed = Math.max(0, nowMs - scene.timestamp);
  const left = (ms: number) => Math.max(0, ms - passed);
  const { etaLow, etaHigh } = scene;
  const isKnown = etaLow !== null && etaLow !== undefined && etaHigh !== null && etaHigh !== undefined;
  const over = isKnown && passed > etaHigh;
  const n = scene.etaScenes;
  return {
    leftMs: over ? null : left(scene.eta),
    left: over ? 'longer than estimated' : left(scene.eta) < 1_000 ? 'any moment' : `about ${textOf(left(scene.eta), 'ms')} left`,
    interval: isKnown && !over ? `80\u00a0% ${rangeText(left(etaLow), left(etaHigh), 'ms')}` : null,
    rests: n ? `from ${formatCount(n)} like ${n === 1 ? 'scene' : 'scenes'}` : '',
  };
}

/** What the scene will have taken in the end, by the same claim; null where there is none, or where it is over its time. */
export function expectedOf(scene: Told, elapsedMs: number | null, nowMs: number): { ms: number; lowMs: number | null; highMs: number | null } | null {
  const passed = Math.max(0, nowMs - scene.timestamp);
  if (scene.eta === null || elapsedMs === null || (scene.etaHigh != null && passed > scene.etaHigh)) return null;
  const end = (ms: number) => elapsedMs + Math.max(0, ms - passed);
  return { ms: end(scene.eta), lowMs: scene.etaLow == null ? null : end(scene.etaLow), highMs: scene.etaHigh == null ? null : end(scene.etaHigh) };
}

/** What the report says of one scene. */
export function etaOfScene(report: EtaReport | undefined, scene: Pick<SceneUpdate, 'runId' | 'sceneId'>): Eta | null {
  return report?.runs.find((run) => run.runId === scene.runId)?.scenes.find((each) => each.sceneId === scene.sceneId)?.eta ?? null;
}

/** "the queue is empty in about 14m 10s (80 % 12m to 17m)"; why not, where something in it is unknown. */
export function queueWords(report: EtaReport | undefined, workerId: string): string | null {
  const queue = report?.queues.find((each) => each.workerId === workerId);
  if (!queue || queue.scenes === 0) return null;
  if (queue.eta.remainingMs === null) {
    return queue.scenesUnknown > 0 ? `no estimate for the queue: ${formatCount(queue.scenesUnknown)} of ${formatCount(queue.scenes)} scenes unlike any before` : queue.eta.reason || null;
  }
  const range = rangeText(queue.eta.remainingLowMs, queue.eta.remainingHighMs, 'ms');
  return `queue empty in about ${textOf(queue.eta.remainingMs, 'ms')}${range ? `, 80\u00a0% ${range}` : ''}`;
}
