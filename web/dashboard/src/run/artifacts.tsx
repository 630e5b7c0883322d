import type { Run, RunArtifact } from '@comfytrace/client';
import { useEffect, useRef, useState } from 'react';
import { plural } from '../format.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, Panel } from '../ui/parts.tsx';

const kWords = { image: 'picture', video: 'video', audio: 'sound', text: 'text', other: 'file' } as const;

export function Artifacts({ run }: { run: Run }) {
  const [open, setOpen] = useState<number | null>(null);
  const [temporary, setTemporary] = useState(false);
  const lasting = run.artifacts.filter((artifact) => artifact.type !== 'temp');
  const folds = lasting.length > 0 && lasting.length < run.artifacts.length;
  const shown = folds && !temporary ? lasting : run.artifacts;
  const counts = (Object.keys(kWords) as (keyof typeof kWords)[])
    .map((kind) => [kind, run.artifacts.filter((artifact) => artifact.kind === kind).length] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => plural(count, kWords[kind], kind === 'text' ? 'texts' : undefined));
  const titles = new Map(run.scenes.map((scene, index) => [scene.sceneId, scene.title || `Scene ${index + 1}`]));
  return (
    <Panel
      label="Artifacts" title="Artifacts" about={counts.join(', ')}
      actions={folds ? (
        <button type="button" className="btn sm ghost" aria-pressed={temporary} onClick={() => setTemporary(!temporary)}>
          {temporary ? 'Hide temporary' : `Show ${run.artifacts.length - lasting.length} temporary`}
        </button>
      ) : undefined}
    >
      {run.artifacts.length === 0 ? (
        <Empty icon="image" title="No artifacts">
          <span>{run.status === 'queued' || run.status === 'executing' ? 'They appear as nodes put them out.' : 'No node of this run put out a file or text.'}</span>
        </Empty>
      ) : (
        <ul className="fgrid pb">
          {shown.map((artifact, at) => (
            <li key={artifact.index}>
              <button type="button" className="tile" onClick={() => setOpen(at)} aria-label={`Open ${kWords[artifact.kind]} ${artifact.filename || `of node ${artifact.nodeId}`}`}>
                <span className="pic"><Small artifact={artifact} /></span>
              </button>
              <span className="s11 el t2" title={artifact.filename}>
                {run.scenes.length > 1 ? titles.get(artifact.sceneId) : artifact.filename || `text of node ${artifact.nodeId}`}
              </span>
            </li>
          ))}
        </ul>
      )}
      {open !== null && shown[open] && <Lightbox artifacts={shown} at={open} onMove={setOpen} onClose={() => setOpen(null)} titles={titles} />}
    </Panel>
  );
}

function Small({ artifact }: { artifact: RunArtifact }) {
  const [gone, setGone] = useState(false);
  const note = artifact.cached ? 'from cache' : artifact.type === 'temp' ? 'temporary' : null;
  if (gone) return <span className="void"><Icon name="s-off" size={16} className="warn" /><span>not on the worker</span></span>;
  return (
    <>
      {artifact.kind === 'image' && <img src={artifact.url} alt="" loading="lazy" decoding="async" onError={() => setGone(true)} />}
      {artifact.kind === 'video' && <video src={artifact.url} preload="metadata" muted playsInline onError={() => setGone(true)} />}
      {artifact.kind === 'text' && <span className="void text"><span>{artifact.text ?? artifact.filename}</span></span>}
      {artifact.kind === 'audio' && <span className="void"><Icon name="play" size={18} /><span>sound</span></span>}
      {artifact.kind === 'other' && <span className="void"><Icon name="file-text" size={18} /><span className="el">{artifact.filename}</span></span>}
      {artifact.kind === 'video' && <span className="cap r"><Icon name="film" size={12} /> video</span>}
      {note && <span className="cap">{note}</span>}
    </>
  );
}

function Lightbox({ artifacts, at, onMove, onClose, titles }: {
  artifacts: readonly RunArtifact[]; at: number; onMove: (at: number) => void; onClose: () => void; titles: Map<string, string>;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const artifact = artifacts[at]!;
  const move = (by: number) => onMove((at + by + artifacts.length) % artifacts.length);
  useEffect(() => {
    const dialog = box.current;
    if (dialog && !dialog.open) {
      if (dialog.showModal) dialog.showModal();
      else dialog.setAttribute('open', '');
    }
  }, []);
  return (
    <dialog
      ref={box} className="lightbox" aria-label={`Artifact ${at + 1} of ${artifacts.length}`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => {
        if (event.target instanceof HTMLMediaElement) return;
        if (event.key === 'ArrowRight' || event.key === 'j') move(1);
        if (event.key === 'ArrowLeft' || event.key === 'k') move(-1);
      }}
    >
      <header className="row">
        <b className="el">{artifact.filename || `Text of node ${artifact.nodeId}`}</b>
        <span className="t2 s12 el">{[titles.get(artifact.sceneId), `node ${artifact.nodeId}`, artifact.subfolder, artifact.cached ? 'from cache, an older file' : ''].filter(Boolean).join(', ')}</span>
        <span className="sp" />
        <span className="t2 s12 nw" aria-live="polite">{at + 1} of {artifacts.length}</span>
        {artifact.filename && <a className="btn sm" href={artifact.url} target="_blank" rel="noreferrer"><Icon name="external-link" size={13} />File</a>}
        <button type="button" className="btn sm icon" aria-label="Close" autoFocus onClick={onClose}><Icon name="x" /></button>
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

function Large({ artifact }: { artifact: RunArtifact }) {
  const [gone, setGone] = useState(false);
  if (gone) {
    return (
      <Empty icon="s-off" tone="warn" title="The file is not to be had">
        <span>It was deleted on the worker, or the worker is off. comfytrace keeps the record, not the file.</span>
      </Empty>
    );
  }
  switch (artifact.kind) {
    case 'image':
      return <img src={artifact.url} alt={artifact.filename} onError={() => setGone(true)} />;
    case 'video':
      return <video src={artifact.url} controls autoPlay loop muted playsInline onError={() => setGone(true)} />;
    case 'audio':
      return <audio src={artifact.url} controls onError={() => setGone(true)} />;
    case 'text':
      return artifact.text === null ? <a href={artifact.url}>{artifact.filename}</a> : <pre className="code big-text" tabIndex={0}>{artifact.text}</pre>;
    default:
      return <a className="btn" href={artifact.url} target="_blank" rel="noreferrer">{artifact.filename}</a>;
  }
}
