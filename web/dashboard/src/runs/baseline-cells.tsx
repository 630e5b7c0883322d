import { isOpen, type RunSummary } from '@comfytrace/client';
import { useEffect, useSyncExternalStore } from 'react';
import { Sparkline } from '../charts/small-charts.tsx';
import { exitReasonWords, formatDuration } from '../format.ts';
import { enoughText } from '../measure.ts';
import { useServices } from '../services.tsx';
import { statusTone } from '../ui/parts.tsx';
import { VerdictMark, verdictTone } from '../ui/verdict.tsx';
import { bookOf } from './baseline-book.ts';

/** Whether there is anything to hold against like runs: a failed one's time says nothing. */
function isJudged(run: RunSummary): boolean {
  return run.status === 'success' && run.durationMs !== null;
}

function useBaseline(run: RunSummary) {
  const { api } = useServices();
  const book = bookOf(api);
  const wanted = isJudged(run);
  const answer = useSyncExternalStore(book.subscribe, () => book.answer(run.runId));
  useEffect(() => (wanted && answer.is === 'asked' ? book.want(run.runId) : undefined), [book, run.runId, wanted, answer.is]);
  return wanted ? answer : null;
}

/** The last like runs and this one. */
export function RecentLike({ run }: { run: RunSummary }) {
  const answer = useBaseline(run);
  if (answer?.is !== 'read' || !answer.baseline) return null;
  const { baseline } = answer;
  if (baseline.verdict === 'notEnoughData') return <span className="badge b-dash spark-few">{enoughText(baseline.n, baseline.needed)}</span>;
  const past = baseline.recentMs.slice(-12);
  const tone = verdictTone(baseline.verdict);
  return (
    <Sparkline
      values={[...past, run.durationMs!]} tone={tone === 't3' ? 'idle' : tone} width={76}
      label={`Last ${past.length} like runs, median ${formatDuration(baseline.medianMs) ?? 'not known'}; this one ${formatDuration(run.durationMs)}`}
    />
  );
}

/** The verdict in a word or a number; of what did not succeed, why. */
export function AgainstLike({ run }: { run: RunSummary }) {
  const answer = useBaseline(run);
  if (isOpen(run.status)) return <span className="t3">not over</span>;
  if (run.status === 'partial') return <span className="warn">{run.scenesSucceeded} of {run.sceneCount} scenes</span>;
  if (run.status !== 'success') return <span className={`el ${statusTone(run.status) === 'idle' ? 't3' : statusTone(run.status)}`} title={run.error ?? undefined}>{exitReasonWords(run.exitReason) ?? run.status}</span>;
  if (!answer) return <span className="t3">no duration</span>;
  if (answer.is === 'asked') return <span className="t3" aria-label="being compared">…</span>;
  if (answer.is === 'failed') return <span className="t3" title="The comparison was not read; it is tried again in 30 s.">not read</span>;
  if (!answer.baseline) return <span className="t3">no like run</span>;
  const { verdict, deltaRatio, sentence } = answer.baseline;
  return <span title={sentence}>{verdict === 'notEnoughData' ? <span className="t3">not enough</span> : <VerdictMark verdict={verdict} delta={deltaRatio} />}</span>;
}
