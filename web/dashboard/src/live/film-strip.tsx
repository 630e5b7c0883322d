import { isOpen, type Run, type Scene, type SceneUpdate } from '@comfytrace/client';
import { useQuery } from '@tanstack/react-query';
import { exitReasonWords, formatDuration, plural } from '../format.ts';
import { Link, runPath } from '../router.tsx';
import { Thumb } from '../run/artifact-media.tsx';
import { useServices } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { statusTone } from '../ui/parts.tsx';
import { ScrollX } from '../ui/scroll-x.tsx';

const kMost = 8;

/** So many scenes about the one that runs, and the place of the first of them. */
export function scenesAbout(run: Run, sceneId: string, most = kMost): { first: number; scenes: Scene[] } {
  const at = Math.max(0, run.scenes.findIndex((scene) => scene.sceneId === sceneId));
  const first = Math.max(0, Math.min(at - Math.floor(most / 2), run.scenes.length - most));
  return { first, scenes: run.scenes.slice(first, first + most) };
}

function stateWords(scene: Scene): string {
  if (scene.status === 'executing') return 'runs';
  if (isOpen(scene.status)) return 'waits';
  const tries = scene.attempts.length > 1 ? `, attempt ${scene.attempts.length}` : '';
  if (scene.status !== 'success') return (exitReasonWords(scene.exitReason) ?? scene.status) + tries;
  return (formatDuration(scene.attempts.at(-1)?.durationMs) ?? 'done') + tries;
}

/** The scenes of the run to which a running scene belongs, with what they put out so far. Nothing where it is the only one. */
export function FilmStrip({ scene }: { scene: SceneUpdate }) {
  const { api } = useServices();
  const { data: run } = useQuery({ queryKey: ['run', scene.runId], queryFn: ({ signal }) => api.run(scene.runId, signal), refetchInterval: 5_000, retry: false });
  if (!run || run.scenes.length < 2) return null;
  const { first, scenes } = scenesAbout(run, scene.sceneId);
  return (
    <div className="film">
      <p className="s12 t2">{plural(run.scenes.length, 'scene')}, {run.scenes.filter((each) => !isOpen(each.status)).length} done</p>
      <ScrollX label="The scenes of this run, sideways">
        <ol>
          {scenes.map((each, at) => {
            const put = run.artifacts.find((artifact) => artifact.sceneId === each.sceneId && artifact.type !== 'temp') ?? run.artifacts.find((artifact) => artifact.sceneId === each.sceneId);
            return (
              <li key={each.sceneId} className={each.sceneId === scene.sceneId ? 'on' : ''} aria-current={each.sceneId === scene.sceneId || undefined}>
                <Link href={`${runPath(run.runId)}?scene=${encodeURIComponent(each.sceneId)}`} className="quiet">
                  <span className="pic">{put ? <Thumb artifact={put} /> : <span className="void"><Icon name={`s-${each.status}`} size={16} className={statusTone(each.status)} /></span>}</span>
                  <span className="s11 el"><span className="t3">{first + at + 1}</span> {each.title || `Scene ${first + at + 1}`}</span>
                  <span className={`s11 el ${each.status === 'success' ? 't3' : statusTone(each.status)}`}>{stateWords(each)}</span>
                </Link>
              </li>
            );
          })}
        </ol>
      </ScrollX>
    </div>
  );
}
