import type { RunArtifact } from '@comfytrace/client';
import { useEffect, useRef, useState } from 'react';
import { Icon } from '../ui/icon.tsx';
import { letterOf } from './compared.ts';

const kDriftS = 0.08;

/** Films that play, stop and are sought together; the first one leads. Frame by frame with `,` and `.`. */
export function VideoPair({ artifacts, captions }: { artifacts: readonly (RunArtifact | null | undefined)[]; captions: readonly string[] }) {
  const films = useRef<(HTMLVideoElement | null)[]>([]);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [long, setLong] = useState(0);
  const [lost, setLost] = useState<readonly number[]>([]);
  const all = () => films.current.filter((film): film is HTMLVideoElement => film !== null);
  const seek = (seconds: number) => {
    for (const film of all()) film.currentTime = Math.min(Math.max(0, seconds), Number.isFinite(film.duration) ? film.duration : seconds);
    setAt(seconds);
  };
  const toggle = () => {
    const next = !playing;
    setPlaying(next);
    for (const film of all()) {
      if (next) void film.play().catch(() => setPlaying(false));
      else film.pause();
    }
  };
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => {
      const [lead, ...others] = all();
      if (!lead) return;
      setAt(lead.currentTime);
      for (const film of others) {
        if (!film.ended && Math.abs(film.currentTime - lead.currentTime) > kDriftS && lead.currentTime < film.duration) film.currentTime = lead.currentTime;
      }
      if (lead.ended) {
        for (const film of [lead, ...others]) {
          film.currentTime = 0;
          void film.play().catch(() => undefined);
        }
      }
    }, 100);
    return () => clearInterval(timer);
  }, [playing]);
  return (
    <div
      className="col video-pair" role="group" aria-label="Films in step" onKeyDown={(event) => {
        const step = { ',': -1 / 16, '.': 1 / 16 }[event.key];
        if (step === undefined) return;
        if (playing) toggle();
        seek(at + step);
        event.preventDefault();
      }}
    >
      <div className="side-by" data-count={artifacts.length}>
        {artifacts.map((artifact, run) => (
          <figure key={run}>
            <div className="pic">
              {!artifact ? <span className="void"><Icon name="s-nodata" size={16} /><span>run {letterOf(run)} has none here</span></span>
                : lost.includes(run) || !artifact.url ? <span className="void"><Icon name="s-off" size={16} className="warn" /><span>the film is not to be had</span></span>
                : (
                  <video
                    ref={(film) => {
                      films.current[run] = film;
                    }}
                    src={artifact.url ?? undefined} muted playsInline preload="auto" aria-label={captions[run]}
                    onLoadedMetadata={(event) => setLong((now) => Math.max(now, event.currentTarget.duration || 0))} onError={() => setLost((now) => [...now, run])}
                  />
                )}
            </div>
            <figcaption className="s11 t2 el">{captions[run]}</figcaption>
          </figure>
        ))}
      </div>
      <div className="row">
        <button type="button" className="btn sm" onClick={toggle}><Icon name="play" size={12} />{playing ? 'Pause' : 'Play both'}</button>
        <input type="range" className="seek" aria-label="Position" min={0} max={long || 1} step={0.01} value={Math.min(at, long || 1)} onChange={(event) => seek(Number(event.target.value))} />
        <span className="t3 s11 nw">{at.toFixed(1)} of {long > 0 ? `${long.toFixed(1)} s` : 'a length not known yet'}</span>
      </div>
    </div>
  );
}
