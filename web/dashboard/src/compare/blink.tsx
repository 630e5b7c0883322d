import type { RunArtifact } from '@comfytrace/client';
import { useEffect, useState } from 'react';
import { useMedia } from '../ui/media.ts';
import { Missing } from './missing.tsx';

const kEveryMs = 700;

/** Two pictures in turn at one place. Where less motion is wanted nothing blinks by itself: Space or a click changes. */
export function Blink({ before, after, captions }: { before: RunArtifact; after: RunArtifact; captions: readonly string[] }) {
  const still = useMedia('(prefers-reduced-motion: reduce)');
  const [at, setAt] = useState(0);
  const [paused, setPaused] = useState(still);
  const [lost, setLost] = useState<readonly number[]>([]);
  useEffect(() => {
    if (paused) return;
    const timer = setInterval(() => setAt((now) => 1 - now), kEveryMs);
    return () => clearInterval(timer);
  }, [paused]);
  if (lost.length > 0) return <Missing artifacts={[before, after]} captions={captions} />;
  return (
    <div className="slider blink">
      {[before, after].map((artifact, index) => <img key={index} src={artifact.url ?? undefined} alt={captions[index]} className={index === at ? '' : 'off'} aria-hidden={index !== at} onError={() => setLost((now) => [...now, index])} />)}
      <span className="lb">{captions[at]}</span>
      <span className="lb r">
        <button type="button" className="text-btn" onClick={() => (paused ? setAt(1 - at) : setPaused(true))}>{paused ? 'Change' : 'Pause'}</button>
        {paused && !still && <> <button type="button" className="text-btn" onClick={() => setPaused(false)}>Go on</button></>}
      </span>
    </div>
  );
}
