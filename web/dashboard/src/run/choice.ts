import type { Attempt, Run, Scene } from '@comfytrace/client';
import { runPath } from '../router.tsx';

/** Which attempt the timeline and the parameters are about. */
export interface Chosen {
  scene: Scene;
  attempt: Attempt;
  /** From 1. */
  sceneNumber: number;
  attemptNumber: number;
}

/** What the address of a run says of it beyond its id. null: left to the page. */
export interface RunPlace {
  sceneId: string | null;
  attempt: number | null;
  artifact: number | null;
}

export function placeOfQuery(query: string): RunPlace {
  const params = new URLSearchParams(query);
  const whole = (name: string, least: number) => {
    const text = params.get(name);
    return text !== null && /^\d{1,9}$/.test(text) && Number(text) >= least ? Number(text) : null;
  };
  return { sceneId: params.get('scene') || null, attempt: whole('attempt', 1), artifact: whole('artifact', 0) };
}

export function placePath(runId: string, place: RunPlace): string {
  const params = new URLSearchParams();
  if (place.sceneId !== null) params.set('scene', place.sceneId);
  if (place.attempt !== null) params.set('attempt', String(place.attempt));
  if (place.artifact !== null) params.set('artifact', String(place.artifact));
  const query = params.toString();
  return runPath(runId) + (query ? `?${query}` : '');
}

/** What the address names; else what went wrong, what runs, the first. null: the run has no attempt yet. */
export function chosenOf(run: Run, place: RunPlace): Chosen | null {
  const tried = run.scenes.filter((scene) => scene.attempts.length > 0);
  const scene = tried.find((each) => each.sceneId === place.sceneId)
    ?? tried.find((each) => each.status === 'failed' || each.status === 'timeout')
    ?? tried.find((each) => each.status === 'executing')
    ?? tried[0];
  if (!scene) return null;
  const at = place.attempt !== null && scene.sceneId === place.sceneId ? place.attempt - 1 : scene.attempts.length - 1;
  const attempt = scene.attempts[at] ?? scene.attempts.at(-1)!;
  return { scene, attempt, sceneNumber: run.scenes.indexOf(scene) + 1, attemptNumber: scene.attempts.indexOf(attempt) + 1 };
}

/** The scene `by` places on, round the end; null where there is only one. */
export function sceneBeside(run: Run, sceneId: string, by: number): Scene | null {
  const tried = run.scenes.filter((scene) => scene.attempts.length > 0);
  if (tried.length < 2) return null;
  const at = tried.findIndex((scene) => scene.sceneId === sceneId);
  return tried[(at + by + tried.length) % tried.length] ?? null;
}

export function sceneTitle(run: Pick<Run, 'scenes'>, scene: Scene): string {
  return scene.title || `Scene ${run.scenes.indexOf(scene) + 1}`;
}
