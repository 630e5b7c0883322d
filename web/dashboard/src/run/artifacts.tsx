import { isOpen, type Run, type RunArtifact } from '@comfytrace/client';
import { Suspense, lazy, useRef, useState, type KeyboardEvent } from 'react';
import { formatCount, plural } from '../format.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, Panel } from '../ui/parts.tsx';
import { artifactName, countsOf, kindOf, kKindWords, scenesWithout } from './artifact-kind.ts';
import { Thumb } from './artifact-media.tsx';

const Lightbox = lazy(async () => ({ default: (await import('./lightbox.tsx')).Lightbox }));
const kMostTiles = 48;

/** What the run put out, by scene. `open` is the place of the artifact that is looked at; the address has it. */
export function Artifacts({ run, sceneId, open, onOpen, onScene }: {
  run: Run; sceneId: string | null; open: number | null; onOpen: (index: number | null) => void; onScene: (sceneId: string) => void;
}) {
  const [kind, setKind] = useState<string>('all');
  const [temporary, setTemporary] = useState(false);
  const [all, setAll] = useState(false);
  const strip = useRef<HTMLUListElement>(null);
  const lasting = run.artifacts.filter((artifact) => artifact.type !== 'temp');
  const folds = lasting.length > 0 && lasting.length < run.artifacts.length;
  const kept = folds && !temporary ? lasting : run.artifacts;
  const counts = countsOf(kept);
  const fitting = kind === 'all' || !counts.some((each) => each.kind === kind) ? kept : kept.filter((artifact) => kindOf(artifact) === kind);
  const shown = all ? fitting : fitting.slice(0, kMostTiles);
  const missing = kind === 'all' ? scenesWithout(run) : [];
  const numbers = new Map(run.scenes.map((scene, index) => [scene.sceneId, index + 1]));
  const titles = new Map(run.scenes.map((scene, index) => [scene.sceneId, scene.title || `Scene ${index + 1}`]));
  const order = (id: string) => numbers.get(id) ?? Number.MAX_SAFE_INTEGER;
  const tiles = missing.length === 0 ? shown : [...shown, ...missing].sort((a, b) => order(a.sceneId) - order(b.sceneId));
  const many = run.scenes.length > 1;
  const opened = open === null ? null : run.artifacts.find((artifact) => artifact.index === open) ?? null;
  const walk = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    const tiles = [...(strip.current?.querySelectorAll<HTMLElement>('.tile') ?? [])];
    const at = tiles.indexOf(document.activeElement as HTMLElement);
    tiles[(at + by + tiles.length) % tiles.length]?.focus();
    event.preventDefault();
  };
  return (
    <Panel
      label="Artifacts" title="Artifacts" about={counts.map((each) => plural(each.count, kKindWords[each.kind])).join(', ')}
      actions={(
        <>
          {run.artifacts.length > 0 && <span className="lg strip-hint"><Icon name="eye" size={13} />Space previews, arrows move</span>}
          {folds && <button type="button" className="btn sm ghost" aria-pressed={temporary} onClick={() => setTemporary(!temporary)}>{temporary ? 'Hide temporary' : `Show ${run.artifacts.length - lasting.length} temporary`}</button>}
          {counts.length > 1 && (
            <span className="seg" role="group" aria-label="Kind">
              {['all', ...counts.map((each) => each.kind)].map((each) => (
                <button type="button" key={each} className={kind === each ? 'on' : ''} aria-pressed={kind === each} onClick={() => setKind(each)}>
                  {each === 'all' ? 'All' : `${kKindWords[each as keyof typeof kKindWords]}s`}
                </button>
              ))}
            </span>
          )}
        </>
      )}
    >
      {run.artifacts.length === 0 && missing.length === 0 ? (
        <Empty icon="image" title="No artifacts">
          <span>{isOpen(run.status) ? 'They appear as nodes put them out.' : 'No node of this run put out a file or text.'}</span>
        </Empty>
      ) : (
        <ul className="fgrid pb" ref={strip} onKeyDown={walk}>
          {tiles.map((tile) => ('attempts' in tile ? (
            <li key={`none ${tile.sceneId}`} className={many && tile.sceneId === sceneId ? 'on' : ''}>
              <button type="button" className="tile" onClick={() => onScene(tile.sceneId)} aria-label={`${tile.title}: no output`}>
                <span className="pic"><span className={tile.lost ? 'void lost' : 'void'}><Icon name={tile.lost ? 's-failed' : 's-nodata'} size={16} className={tile.lost ? 'bad' : 't3'} /><span>no output{tile.lost && `, ${plural(tile.attempts, 'attempt')}`}</span></span></span>
              </button>
              <span className="s11 el t2">{many ? <><span className="t3">{tile.number}</span> {tile.title}</> : 'nothing put out'}</span>
            </li>
          ) : (
            <li key={tile.index} className={many && tile.sceneId === sceneId ? 'on' : ''}>
              <button
                type="button" className="tile" aria-label={`Open ${kKindWords[kindOf(tile)]} ${artifactName(tile)}${many ? `, ${titles.get(tile.sceneId)}` : ''}`}
                onClick={() => onOpen(tile.index)} onFocus={() => many && tile.sceneId !== sceneId && onScene(tile.sceneId)}
              >
                <span className="pic"><Thumb artifact={tile} /></span>
              </button>
              <span className="s11 el t2" title={tile.filename}>
                {many ? <><span className="t3">{numbers.get(tile.sceneId)}</span> {titles.get(tile.sceneId)}</> : artifactName(tile)}
              </span>
            </li>
          )))}
        </ul>
      )}
      {fitting.length > kMostTiles && (
        <div className="pf row">
          <span>{all ? `All ${formatCount(fitting.length)}` : `${kMostTiles} of ${formatCount(fitting.length)}`}</span>
          <button type="button" className="text-btn" onClick={() => setAll(!all)}>{all ? 'Fewer' : 'Show all'}</button>
        </div>
      )}
      {opened && (
        <Suspense fallback={null}><Lightbox artifacts={fitting.includes(opened) ? fitting : run.artifacts} artifact={opened} run={run} onMove={(next) => onOpen(next.index)} onClose={() => onOpen(null)} /></Suspense>
      )}
    </Panel>
  );
}

/** The first of a scene's that is worth a look, for `Space`. */
export function firstOf(run: Run, sceneId: string): RunArtifact | null {
  const mine = run.artifacts.filter((artifact) => artifact.sceneId === sceneId);
  return mine.find((artifact) => artifact.type !== 'temp') ?? mine[0] ?? null;
}
