import type { SceneUpdate } from '@comfytrace/client';
import { useQuery } from '@tanstack/react-query';
import { memo } from 'react';
import { isLinked, useLivePart, useNow, useServices } from '../services.tsx';
import { DeviceTraceChart } from './device-trace-chart.tsx';
import { tracesOf, withRecord } from './device-trace.ts';

const kHeardMs = 2_000;

/**
 * The device of a scene's worker. What was sampled before the page listened is read once from the record. Drawn anew each
 * second, however often the scene changes.
 */
export const DeviceTracePanel = memo(function DeviceTracePanel({ runId, promptId, workerId, startedAtMs }: Pick<SceneUpdate, 'runId' | 'promptId' | 'workerId' | 'startedAtMs'>) {
  const { api, live } = useServices();
  const offsetMs = useLivePart(({ link }) => link.serverOffsetMs);
  const linked = useLivePart(({ link }) => isLinked(link));
  const lastUpdateAtMs = useLivePart(({ link }) => (isLinked(link) ? null : link.lastUpdateAtMs));
  const nowMs = useNow() + offsetMs;
  const heard = tracesOf(live).of(workerId);
  // What began while the page listened was heard whole.
  const isOlder = startedAtMs !== null && startedAtMs < (heard[0]?.atMs ?? nowMs) - kHeardMs;
  const record = useQuery({ queryKey: ['liveSamples', runId, promptId], queryFn: ({ signal }) => api.timeline(runId, signal), staleTime: Number.POSITIVE_INFINITY, retry: false, enabled: linked && isOlder });
  const samples = record.data?.attempts.find((attempt) => attempt.promptId === promptId)?.samples ?? [];
  const device = live.get().workers.find(({ worker }) => worker.workerId === workerId)?.worker.devices[0];
  // Without a connection the trace stands at the last word, as the clocks do.
  const atMs = lastUpdateAtMs === null ? nowMs : Math.min(nowMs, lastUpdateAtMs + offsetMs);
  return <DeviceTraceChart points={withRecord(heard, samples, atMs)} totalBytes={device?.vramTotalBytes ?? null} onCpu={device?.type === 'cpu'} startedAtMs={startedAtMs} nowMs={atMs} />;
});
