import type { QueuePolicy, Run } from '@comfytrace/client';
import { formatDuration, plural } from '../format.ts';
import { StatePanel, type PartState } from '../ui/states.tsx';

/** As a setting is written: `2 s`, not `2.0 s`. */
function whole(ms: number): string {
  return formatDuration(ms)!.replace(/\.0(?=\D)/, '');
}

/** How long a scene may be waited for, all its attempts together. */
export function worstWaitMs(policy: QueuePolicy): number {
  const byPolls = policy.attemptLimit > 0 ? policy.attemptLimit * policy.pollIntervalMs : Number.POSITIVE_INFINITY;
  return (policy.retryBudget + 1) * Math.min(policy.maxWaitMs, byPolls);
}

/** What the policy came to in a run: which bounds were met, how many scenes were queued again. */
export function policyUse(run: Run): { requeued: number; hits: Partial<Record<'maxWait' | 'attemptLimit' | 'postExecution', number>> } {
  const attempts = run.scenes.flatMap((scene) => scene.attempts);
  const hit = (reason: string) => attempts.filter((attempt) => attempt.exitReason === reason).length;
  return {
    requeued: run.scenes.reduce((sum, scene) => sum + Math.max(0, scene.attempts.length - 1), 0),
    hits: { maxWait: hit('maxWait'), attemptLimit: hit('attemptLimit'), postExecution: hit('postExecution') },
  };
}

export interface QueuePolicyCardProps {
  state: PartState;
  /** null: nobody drove this run, it was watched. */
  policy: QueuePolicy | null;
  use?: ReturnType<typeof policyUse> | null;
}

/** The bounds under which a run was driven, and which of them it met. */
export function QueuePolicyCard({ state, policy, use }: QueuePolicyCardProps) {
  const shown: PartState = state.is === 'ready' && policy === null ? { is: 'empty', icon: 'eye', title: 'No queue policy', next: 'This run was queued elsewhere and watched; nothing bounded it.' } : state;
  const met = (count: number | undefined, otherwise: string) => (count ? <span className="warn">hit {count === 1 ? 'once' : `${count} times`}</span> : use ? 'never hit' : otherwise);
  const rows: [string, string, React.ReactNode][] = policy ? [
    ['Max wait', whole(policy.maxWaitMs), met(use?.hits.maxWait, 'per attempt')],
    ['Poll interval', whole(policy.pollIntervalMs), `up to ${plural(Math.ceil(policy.maxWaitMs / Math.max(1, policy.pollIntervalMs)), 'poll')}`],
    ['Attempt limit', policy.attemptLimit === 0 ? 'unbounded' : plural(policy.attemptLimit, 'poll'), policy.attemptLimit === 0 ? 'max wait ends it' : met(use?.hits.attemptLimit, 'per attempt')],
    ['Post-execution', whole(policy.postExecutionTimeoutMs), met(use?.hits.postExecution, 'for its files')],
    ['Retry budget', policy.retryBudget === 0 ? 'none' : plural(policy.retryBudget, 'requeue'), use ? (use.requeued === 0 ? 'not used' : <span className="warn">used {use.requeued === 1 ? 'once' : `${use.requeued} times`}</span>) : 'per scene'],
    ['Frame floor', policy.frameFloor === 0 ? 'none' : plural(policy.frameFloor, 'frame'), policy.frameFloor === 0 ? '' : 'fewer is a failure'],
  ] : [];
  return (
    <StatePanel label="QueuePolicyCard" title="Queue policy" about={policy ? `waits at most ${whole(worstWaitMs(policy))} a scene` : undefined} state={shown} minHeight={shown === state ? 172 : 60} lines={6} lineHeight={24}>
      <dl className="policy pb">
        {rows.map(([name, value, note]) => <div key={name}><dt>{name}</dt><dd><b>{value}</b></dd><dd className="t3 s11">{note}</dd></div>)}
      </dl>
    </StatePanel>
  );
}
