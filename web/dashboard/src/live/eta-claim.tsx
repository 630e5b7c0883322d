import type { SceneUpdate } from '@comfytrace/client';
import { useQuery } from '@tanstack/react-query';
import { isLinked, useLive, useNow, useServices } from '../services.tsx';
import { etaOfScene, etaWords } from './eta-words.ts';

/** How often such claims were right; asked for rarely, as it changes only when something ends. */
export function useEtaReport() {
  const { api } = useServices();
  return useQuery({ queryKey: ['eta'], queryFn: ({ signal }) => api.eta(signal), refetchInterval: 30_000, retry: false });
}

export function useServerNow(): number {
  const { link } = useLive();
  const tick = useNow();
  return (isLinked(link) ? tick : (link.lastUpdateAtMs ?? tick)) + link.serverOffsetMs;
}

/** When a scene will be done, with interval, what it rests on and how often such claims were right. */
export function EtaClaim({ scene }: { scene: SceneUpdate }) {
  const report = useEtaReport();
  const words = etaWords(scene, useServerNow(), etaOfScene(report.data, scene));
  return (
    <p className="s12 t2">
      {words.left && <b>{words.left}</b>}{' '}
      {[words.interval, words.rests, words.left && report.data?.score.n ? report.data.score.sentence : null].filter(Boolean).join(', ')}
    </p>
  );
}
