import type { MediaKind, Run, RunArtifact } from '@comfytrace/client';

export const kKindWords: Record<MediaKind, string> = { image: 'picture', video: 'video', audio: 'sound', text: 'text', other: 'file' };

/** ComfyUI lists films among pictures: the name's ending knows better. */
export function kindOf(artifact: Pick<RunArtifact, 'kind' | 'filename'>): MediaKind {
  if (/\.(mp4|webm|mov|mkv|m4v)$/i.test(artifact.filename)) return 'video';
  if (/\.(wav|mp3|flac|ogg|opus|m4a)$/i.test(artifact.filename)) return 'audio';
  return artifact.kind;
}

/** `6 videos, 4 pictures`. */
export function countsOf(artifacts: readonly RunArtifact[]): { kind: MediaKind; count: number }[] {
  return (Object.keys(kKindWords) as MediaKind[])
    .map((kind) => ({ kind, count: artifacts.filter((artifact) => kindOf(artifact) === kind).length }))
    .filter(({ count }) => count > 0);
}

export function artifactName(artifact: RunArtifact): string {
  return artifact.filename || `text of node ${artifact.nodeId}`;
}

/** Scenes that ended without a single output; `lost` where that is a fault. One that was cached as a whole succeeds and puts out nothing. */
export function scenesWithout(run: Run): { sceneId: string; number: number; title: string; attempts: number; lost: boolean }[] {
  const having = new Set(run.artifacts.map((artifact) => artifact.sceneId));
  return run.scenes.flatMap((scene, index) => (having.has(scene.sceneId) || scene.status === 'queued' || scene.status === 'executing'
    ? [] : [{ sceneId: scene.sceneId, number: index + 1, title: scene.title || `Scene ${index + 1}`, attempts: scene.attempts.length, lost: scene.status !== 'success' && scene.status !== 'cancelled' && scene.status !== 'skipped' }]));
}

export interface Trouble {
  title: string;
  detail: string;
}

const kByStatus: Record<number, Trouble> = {
  404: { title: 'The file is gone', detail: 'It is not on the worker any more, or its worker is not watched. comfytrace keeps the record, not the file.' },
  403: { title: 'The file is not given out', detail: 'Its name would lead out of the folders of ComfyUI.' },
  502: { title: 'The worker does not answer', detail: 'The file may still be there: try again when ComfyUI runs.' },
};

/** Why a file is not shown: what the server says of it. */
export async function troubleOf(url: string, ask: typeof fetch = fetch): Promise<Trouble> {
  try {
    const answer = await ask(url, { headers: { Range: 'bytes=0-0' } });
    if (answer.ok) return { title: 'The browser cannot show this file', detail: 'It is there: open it by itself to save it.' };
    const told = await answer.json().then((problem: { detail?: unknown }) => (typeof problem.detail === 'string' ? problem.detail : null), () => null);
    const known = kByStatus[answer.status] ?? { title: 'The file is not to be had', detail: `comfytrace answered ${answer.status}.` };
    return told ? { title: known.title, detail: `${known.detail} (${told})` } : known;
  } catch {
    return { title: 'comfytrace was not reached', detail: 'Is it still running? Try again.' };
  }
}
