import type { RunArtifact } from '@comfytrace/client';
import { Large } from '../run/artifact-media.tsx';

/** Where a picture of a pair is not to be had they stand beside each other, and the reason is asked for. */
export function Missing({ artifacts, captions }: { artifacts: readonly RunArtifact[]; captions: readonly string[] }) {
  return (
    <div className="side-by" data-count={artifacts.length}>
      {artifacts.map((artifact, at) => <figure key={at}><div className="pic"><Large artifact={artifact} playing={false} /></div><figcaption className="s11 t2 el">{captions[at]}</figcaption></figure>)}
    </div>
  );
}
