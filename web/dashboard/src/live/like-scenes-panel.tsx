import { sceneKey, type SceneUpdate } from '@comfytrace/client';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useSeldom } from '../runs/use-seldom.ts';
import { useServices } from '../services.tsx';
import { stateOf } from '../ui/states.tsx';
import { useEtaReport, useServerNow } from './eta-claim.tsx';
import { expectedOf } from './eta-words.ts';
import { LikeScenesChart } from './like-scenes-chart.tsx';
import { readLikeScenes } from './like-scenes.ts';

const kLastingMs = 2_500;
const kToldEveryMs = 1_000;

/** A scene that runs, among those like it, which are read once: they came before it. */
export function LikeScenesPanel({ scene, elapsedMs }: { scene: SceneUpdate; elapsedMs: number | null }) {
  const { api } = useServices();
  const report = useEtaReport();
  // By then the history has it, and one of a second or two is over before anybody could read this.
  const isLasting = elapsedMs !== null && elapsedMs > kLastingMs;
  const asked = useQuery({ queryKey: ['likeScenesOf', scene.runId, scene.sceneId], queryFn: ({ signal }) => readLikeScenes(api, scene, signal), staleTime: Number.POSITIVE_INFINITY, enabled: isLasting, retry: 1, retryDelay: 2_000 });
  const score = report.data?.score;
  // A scene may change many times a second; what is drawn of it here does not.
  const told = useSeldom(scene, kToldEveryMs, sceneKey(scene));
  const nowMs = useServerNow();
  const expected = useMemo(() => expectedOf(told, elapsedMs, nowMs), [told, elapsedMs, nowMs]);
  const { refetch, isPending, error, data } = asked;
  const state = useMemo(() => stateOf({ isPending, error, refetch }, data !== undefined), [isPending, error, refetch, data]);
  return <LikeScenesChart state={state} like={data ?? null} elapsedMs={elapsedMs} expected={expected} score={score && score.n > 0 ? score.sentence : null} />;
}
