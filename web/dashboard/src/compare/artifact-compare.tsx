import type { Run, RunArtifact, RunDifference } from '@comfytrace/client';
import { useState } from 'react';
import { Large, Thumb } from '../run/artifact-media.tsx';
import { kindOf } from '../run/artifact-kind.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, Panel, Skeleton } from '../ui/parts.tsx';
import { Blink } from './blink.tsx';
import { letterOf, sceneTitleOf } from './compared.ts';
import { Slider } from './slider.tsx';
import { VideoPair } from './video-pair.tsx';

type Mode = 'slider' | 'side' | 'blink';
const kModes: [Mode, string][] = [['slider', 'Slider'], ['side', 'Side by side'], ['blink', 'Blink']];

/** What the runs put out, row by row: two pictures under a slider, films in step, everything else side by side. */
export function ArtifactCompare({ answer, runs, ids }: { answer: RunDifference; runs: readonly (Run | undefined)[]; ids: readonly string[] }) {
  const [at, setAt] = useState(0);
  const [mode, setMode] = useState<Mode>('slider');
  const rows = answer.artifacts;
  const row = rows[Math.min(at, rows.length - 1)];
  if (!row) {
    return <Panel label="Artifacts" title="Artifacts"><Empty icon="image" title="Nothing put out"><span>None of these runs has a file or a text.</span></Empty></Panel>;
  }
  const found = row.indexes.map((index, run) => (index === null ? null : runs[run]?.artifacts.find((artifact) => artifact.index === index) ?? undefined));
  const both = found.filter((artifact): artifact is RunArtifact => !!artifact);
  const kinds = both.map(kindOf);
  const pair = ids.length === 2 && both.length === 2;
  const pictures = pair && both.every((artifact) => artifact.url && kindOf(artifact) === 'image');
  const films = both.length > 1 && kinds.every((kind) => kind === 'video');
  const shownMode: Mode = pictures ? mode : 'side';
  const move = (by: number) => setAt((at + by + rows.length) % rows.length);
  const captions = found.map((_, run) => captionOf(runs[run], row.sceneIds[run] ?? null, run));
  return (
    <Panel
      label="Artifacts" title="Artifacts" about={`${sceneTitleOf(runs, row.sceneIds)}, node ${row.nodeId}`} className="art-cmp"
      actions={(
        <>
          {pictures && <span className="seg" role="group" aria-label="How">{kModes.map(([each, word]) => <button type="button" key={each} className={shownMode === each ? 'on' : ''} aria-pressed={shownMode === each} onClick={() => setMode(each)}>{word}</button>)}</span>}
          {rows.length > 1 && (
            <>
              <button type="button" className="btn sm ghost icon" aria-label="Previous artifact" onClick={() => move(-1)}><Icon name="chevron-left" size={14} /></button>
              <span className="t3 s11 nw" aria-live="polite">{at + 1} of {rows.length}</span>
              <button type="button" className="btn sm ghost icon" aria-label="Next artifact" onClick={() => move(1)}><Icon name="chevron-right" size={14} /></button>
            </>
          )}
        </>
      )}
    >
      <div className={`slw ${rows.length > 1 ? '' : 'alone'}`}>
        {shownMode === 'slider' && pictures ? <Slider key={at} before={both[0]!} after={both[1]!} captions={captions} />
          : shownMode === 'blink' && pictures ? <Blink key={at} before={both[0]!} after={both[1]!} captions={captions} />
          : films ? <VideoPair key={at} artifacts={found} captions={captions} />
          : (
            <div className="side-by" data-count={found.length}>
              {found.map((artifact, run) => (
                <figure key={run}>
                  <div className="pic">{artifact === null ? <span className="void"><Icon name="s-nodata" size={16} /><span>run {letterOf(run)} has none here</span></span> : artifact === undefined ? <Skeleton width="100%" height={180} /> : <Large key={artifact.url} artifact={artifact} playing={false} />}</div>
                  <figcaption className="s11 t2 el">{captions[run]}</figcaption>
                </figure>
              ))}
            </div>
          )}
        {rows.length > 1 && (
          <ul className="thumbs" aria-label="Rows of artifacts">
            {rows.map((each, index) => {
              const first = each.indexes.map((place, run) => runs[run]?.artifacts.find((artifact) => artifact.index === place)).find(Boolean);
              return (
                <li key={index} className={index === at ? 'on' : ''}>
                  <button type="button" className="tile" aria-pressed={index === at} aria-label={`${sceneTitleOf(runs, each.sceneIds)}, ${each.kind} of node ${each.nodeId}`} onClick={() => setAt(index)}>
                    <span className="pic">{first && <Thumb artifact={first} />}</span>
                  </button>
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </Panel>
  );
}

function captionOf(run: Run | undefined, sceneId: string | null, at: number): string {
  const scene = run?.scenes.find((each) => each.sceneId === sceneId);
  const seed = scene?.parameters.seed;
  return `${letterOf(at)}${seed ? `, seed ${seed}` : ''}`;
}
