import type { Attempt, ExitReason, MetricComparison, Run, Status } from '@comfytrace/client';
import { deviceName } from '../format.ts';

/** What the badges of a run, or of one of its scenes, say. null: not known. */
export interface BadgeFacts {
  status: Status;
  exitReason: ExitReason | null;
  verdict?: Pick<MetricComparison, 'verdict' | 'deltaRatio' | 'n' | 'needed'> | null;
  durationMs: number | null;
  attempts: number;
  gpu: string | null;
  vramPeakBytes: number | null;
  vramDeltaBytes: number | null;
  /** Whether the time after the execution ran out; null: nobody drove this run. */
  postExecutionHit: boolean | null;
  queueWaitMs: number | null;
  fallbacks: number;
}

/** What the attempts ran on; of one whose worker did not say, `device`, that the worker has now. */
function gpuOf(attempts: readonly Attempt[], device: string | null): string | null {
  const told = attempts.flatMap(({ environment }) => (environment ? [environment.deviceType === 'cpu' ? 'CPU' : environment.deviceName] : []));
  const names = [...new Set(told)].filter((name) => name !== '');
  if (names.length > 0) return names.map(deviceName).join(', ');
  return device === null ? null : deviceName(device);
}

export function badgeFactsOf(run: Run, device: string | null, verdict?: BadgeFacts['verdict']): BadgeFacts {
  const attempts = run.scenes.flatMap((scene) => scene.attempts);
  const last = run.scenes.flatMap((scene) => scene.attempts.at(-1) ?? []);
  const deltas = last.flatMap((attempt) => (attempt.vramDeltaBytes === null ? [] : [attempt.vramDeltaBytes]));
  const peaks = attempts.flatMap((attempt) => (attempt.vramPeakBytes === null ? [] : [attempt.vramPeakBytes]));
  return {
    status: run.status, exitReason: run.exitReason, verdict: verdict ?? null, durationMs: run.durationMs, attempts: attempts.length,
    gpu: gpuOf(attempts, device),
    vramPeakBytes: peaks.length > 0 ? Math.max(...peaks) : null,
    vramDeltaBytes: deltas.length > 0 ? deltas.reduce((sum, delta) => sum + delta, 0) : null,
    postExecutionHit: run.policy === null ? null : attempts.some((attempt) => attempt.exitReason === 'postExecution'),
    queueWaitMs: run.queueWaitMs, fallbacks: new Set(attempts.flatMap((attempt) => attempt.fallbackNotes)).size,
  };
}
