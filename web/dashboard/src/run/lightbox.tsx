import type { Run, RunArtifact } from '@comfytrace/client';
import { useEffect, useRef } from 'react';
import { Icon } from '../ui/icon.tsx';
import { useModal } from '../ui/modal.ts';
import { artifactName, kindOf } from './artifact-kind.ts';
import { Large } from './artifact-media.tsx';
import { useKeysInDialog } from './dialog-keys.ts';

/** One artifact over the whole page: arrows move, `+ - 0` zoom, Space plays, Esc closes. */
export function Lightbox({ artifacts, artifact, run, onMove, onClose }: {
  artifacts: readonly RunArtifact[]; artifact: RunArtifact; run: Run; onMove: (artifact: RunArtifact) => void; onClose: () => void;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const at = artifacts.indexOf(artifact);
  const scene = run.scenes.find((each) => each.sceneId === artifact.sceneId);
  const move = (by: number) => onMove(artifacts[(at + by + artifacts.length) % artifacts.length]!);
  useModal(box);
  useEffect(() => box.current?.querySelector<HTMLElement>('[data-first]')?.focus(), []);
  const media = () => box.current?.querySelector<HTMLMediaElement>('video, audio') ?? null;
  const step = (seconds: number) => {
    const film = media();
    if (!film) return move(Math.sign(seconds));
    film.pause();
    film.currentTime = Math.max(0, film.currentTime + seconds);
  };
  // What plays has the focus's arrows for itself, as its own controls do.
  const arrows = (by: number) => (event: KeyboardEvent) => (event.target instanceof HTMLMediaElement ? undefined : move(by));
  useKeysInDialog({
    ArrowRight: arrows(1), ArrowLeft: arrows(-1), j: () => move(1), k: () => move(-1),
    Home: () => onMove(artifacts[0]!), End: () => onMove(artifacts.at(-1)!),
    ',': () => step(-1 / 16), '.': () => step(1 / 16),
    ' ': (event) => {
      const film = media();
      if (event.target instanceof HTMLButtonElement && event.target.getAttribute('aria-label') !== 'Close') event.target.click();
      else if (!film) onClose();
      else if (film.paused) void film.play();
      else film.pause();
    },
  });
  const seed = scene?.parameters.seed;
  const about = [scene && run.scenes.length > 1 ? scene.title || `Scene ${run.scenes.indexOf(scene) + 1}` : '', `node ${artifact.nodeId}`, artifact.subfolder, seed ? `seed ${seed}` : '', artifact.cached ? 'from cache, an older file' : '', artifact.type === 'temp' ? 'temporary' : ''];
  return (
    <dialog
      ref={box} className="lightbox" aria-label={`Artifact ${at + 1} of ${artifacts.length}: ${artifactName(artifact)}`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header className="row">
        <b className="el">{artifact.filename || `Text of node ${artifact.nodeId}`}</b>
        <span className="t2 s12 el">{about.filter(Boolean).join(', ')}</span>
        <span className="sp" />
        <span className="t2 s11 nw lb-keys">{kindOf(artifact) === 'image' ? '+ − 0 zoom' : kindOf(artifact) === 'video' ? 'Space plays, , . a frame' : ''}</span>
        <span className="t2 s12 nw" aria-live="polite">{at + 1} of {artifacts.length}</span>
        {artifact.filename && artifact.url && <a className="btn sm" href={artifact.url} target="_blank" rel="noreferrer"><Icon name="external-link" size={13} />File</a>}
        <button type="button" className="btn sm icon" aria-label="Close" data-first onClick={onClose}><Icon name="x" /></button>
      </header>
      <div className="stage" onClick={(event) => event.target === event.currentTarget && onClose()}>
        <Large key={artifact.index} artifact={artifact} />
      </div>
      {artifacts.length > 1 && (
        <>
          <button type="button" className="btn icon prev" aria-label="Previous" onClick={() => move(-1)}><Icon name="chevron-left" size={18} /></button>
          <button type="button" className="btn icon next" aria-label="Next" onClick={() => move(1)}><Icon name="chevron-right" size={18} /></button>
        </>
      )}
    </dialog>
  );
}
