import type { RunArtifact } from '@comfytrace/client';
import { useEffect, useState, type ReactNode } from 'react';
import { Icon } from '../ui/icon.tsx';
import { CopyButton, Empty } from '../ui/parts.tsx';
import { kindOf, troubleOf, type Trouble } from './artifact-kind.ts';
import { ZoomStage } from './zoom-stage.tsx';

/** Small, in the strip. */
export function Thumb({ artifact }: { artifact: RunArtifact }) {
  const [gone, setGone] = useState(false);
  const note = artifact.cached ? 'from cache' : artifact.type === 'temp' ? 'temporary' : null;
  const kind = kindOf(artifact);
  const url = artifact.url ?? '';
  if (gone || (!url && kind !== 'text')) {
    return <span className="void"><Icon name="s-off" size={16} className="warn" /><span>{gone ? 'file not reached' : 'no file named'}</span></span>;
  }
  return (
    <>
      {kind === 'image' && <img src={url} alt="" loading="lazy" decoding="async" onError={() => setGone(true)} />}
      {kind === 'video' && <video src={`${url}#t=0.1`} preload="metadata" muted playsInline onError={() => setGone(true)} />}
      {kind === 'text' && <span className="void text"><span>{artifact.text ?? artifact.filename}</span></span>}
      {kind === 'audio' && <span className="void"><Icon name="play" size={18} /><span>sound</span></span>}
      {kind === 'other' && <span className="void"><Icon name="file-text" size={18} /><span className="el">{artifact.filename}</span></span>}
      {kind === 'video' && <span className="cap r"><Icon name="film" size={12} /> video</span>}
      {note && <span className="cap">{note}</span>}
    </>
  );
}

/** As large as there is room, with zoom for pictures and controls for what plays. */
export function Large({ artifact, playing = true }: { artifact: RunArtifact; playing?: boolean }) {
  const [gone, setGone] = useState(false);
  const [tries, setTries] = useState(0);
  const kind = kindOf(artifact);
  const url = artifact.url ?? '';
  const lost = () => setGone(true);
  if (!url && kind !== 'text') return <Empty icon="s-nodata" title="No file named"><span>The node put this out without the name of a file.</span></Empty>;
  if (gone) {
    return (
      <WhyGone url={url}>
        <button
          type="button" className="btn sm" onClick={() => {
            setGone(false);
            setTries(tries + 1);
          }}
        >
          Try again
        </button>
      </WhyGone>
    );
  }
  switch (kind) {
    case 'image':
      return <ZoomStage key={tries}><img src={url} alt={artifact.filename} draggable={false} onError={lost} /></ZoomStage>;
    case 'video':
      return <video key={tries} src={url} controls autoPlay={playing} loop muted playsInline onError={lost} />;
    case 'audio':
      return <audio key={tries} src={url} controls onError={lost} />;
    case 'text':
      return artifact.text === null && url ? <a className="btn" href={url}>{artifact.filename}</a> : (
        <div className="col big-text-box">
          <CopyButton text={artifact.text ?? ''} label="Copy" />
          <pre className="code big-text" tabIndex={0}>{artifact.text}</pre>
        </div>
      );
    default:
      return <a className="btn" href={url} target="_blank" rel="noreferrer">{artifact.filename}</a>;
  }
}

function WhyGone({ url, children }: { url: string; children: ReactNode }) {
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  useEffect(() => {
    let mine = true;
    void troubleOf(url).then((told) => mine && setTrouble(told));
    return () => {
      mine = false;
    };
  }, [url]);
  return (
    <Empty icon="s-off" tone="warn" title={trouble?.title ?? 'The file is not to be had'}>
      <span>{trouble?.detail ?? 'Asking comfytrace why.'}</span>
      {children}
    </Empty>
  );
}
