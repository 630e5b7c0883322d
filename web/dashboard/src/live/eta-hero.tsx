import type { SceneUpdate } from '@comfytrace/client';
import { tickingParts } from '../format.ts';
import { Measure } from '../ui/parts.tsx';
import { useEtaReport, useServerNow } from './eta-claim.tsx';
import { etaOfScene, etaWords } from './eta-words.ts';

/** What is left of the scene that runs: the claim, its 80 % interval, and how often such intervals held. */
export function EtaHero({ scene }: { scene: SceneUpdate }) {
  const report = useEtaReport();
  const words = etaWords(scene, useServerNow(), etaOfScene(report.data, scene));
  const score = report.data?.score;
  return (
    <div className="kv hero eta-hero">
      <span className="l">Left</span>
      {words.left === null ? <span className="v"><span className="t3 missing">not told</span></span>
        : words.leftMs === null || words.leftMs < 1_000 ? <span className="v"><span className="missing">{words.left}</span></span>
        : <span className="v"><Measure parts={tickingParts(words.leftMs)} missing="not told" /></span>}
      <span className="e">{[words.interval, words.rests].filter(Boolean).join(', ')}</span>
      {words.left !== null && <span className="e">{score && score.n > 0 ? score.sentence : 'such intervals: none measured yet'}</span>}
    </div>
  );
}
