import type { PruneReport, PruneRule } from '@comfytrace/client';
import { useEffect, useId, useState } from 'react';
import { formatBytes, formatCount, formatDay, plural } from '../format.ts';
import { NumberInput } from '../ui/controls.tsx';
import { Icon } from '../ui/icon.tsx';
import { Dialog, Skeleton } from '../ui/parts.tsx';

const kDay = 86_400_000;
type Bound = 'olderThan' | 'keep' | 'maxBytes';

/** The rule that a bound asks for; null: nothing is asked for. */
export function pruneRuleOf(bound: Bound, value: number | undefined): PruneRule | null {
  if (value === undefined || value < 0 || (bound === 'maxBytes' && value === 0)) return null;
  if (bound === 'olderThan') return { olderThanMs: Math.floor(value * kDay) };
  return bound === 'keep' ? { keep: Math.floor(value) } : { maxBytes: Math.floor(value * 2 ** 30) };
}

/** What the rule would have taken and stays, by why. */
export function keptText({ keptOpen, keptArchived, keptTagged }: PruneReport): string {
  const kept = [[keptArchived, 'archived'], [keptTagged, 'tagged'], [keptOpen, 'not over']].filter(([count]) => Number(count) > 0).map(([count, word]) => `${formatCount(Number(count))} ${word}`);
  if (kept.length === 0) return 'Archived, tagged and open runs are kept.';
  return `Beyond the bound ${[kept.slice(0, -1).join(', '), kept.at(-1)].filter(Boolean).join(' and ')} stay.`;
}

/** "26 Nov 2025 to 3 Dec 2025", "all of 26 Nov 2025". */
export function daysText(first: string, last: string): string {
  return first === last ? `all of ${first}` : `${first} to ${last}`;
}

export interface CleanupDialogProps {
  /** What the history holds. */
  runs: number | null;
  bytes: number | null;
  onClose: () => void;
  /** With `dryRun` nothing goes; the answer says what would. */
  onPrune: (rule: PruneRule) => Promise<PruneReport>;
}

/** Takes old runs out of the history, after it has said what goes, what stays and how much is freed. */
export function CleanupDialog({ runs, bytes, onClose, onPrune }: CleanupDialogProps) {
  const [bound, setBound] = useState<Bound>('olderThan');
  const [values, setValues] = useState<Record<Bound, number | undefined>>({ olderThan: 365, keep: 100_000, maxBytes: 2 });
  const [preview, setPreview] = useState<{ report: PruneReport | null; error: string | null }>({ report: null, error: null });
  const [removal, setRemoval] = useState<'no' | 'running' | { done: PruneReport } | { error: string }>('no');
  const group = useId();
  const [opened] = useState(() => Date.now());
  const rule = pruneRuleOf(bound, values[bound]);
  const name = JSON.stringify(rule);

  useEffect(() => {
    setPreview({ report: null, error: null });
    if (!rule) return;
    let current = true;
    const timer = setTimeout(() => {
      onPrune({ ...rule, dryRun: true }).then(
        (report) => current && setPreview({ report, error: null }),
        (error: unknown) => current && setPreview({ report: null, error: error instanceof Error ? error.message : String(error) }),
      );
    }, 250);
    return () => {
      current = false;
      clearTimeout(timer);
    };
    // `name` is the rule's content.
  }, [name, onPrune]);

  const { report, error } = preview;
  const remove = async () => {
    if (!rule) return;
    setRemoval('running');
    try {
      setRemoval({ done: await onPrune({ ...rule, dryRun: false }) });
    } catch (problem) {
      setRemoval({ error: problem instanceof Error ? problem.message : String(problem) });
    }
  };
  const done = typeof removal === 'object' && 'done' in removal ? removal.done : null;
  const line = (which: Bound, words: string, unit: string) => (
    <label className="row prune-line">
      <input type="radio" name={group} checked={bound === which} onChange={() => setBound(which)} />
      <span className="prune-word">{words}</span>
      <NumberInput label={`${words}, ${unit}`} unit={unit} value={values[which]} onChange={(value) => { setBound(which); setValues({ ...values, [which]: value }); }} />
    </label>
  );
  return (
    <Dialog
      title="Clean up history" icon="trash-2" onClose={onClose}
      footer={
        <>
          <button type="button" className="btn" onClick={onClose}>{done ? 'Close' : 'Cancel'}</button>
          {!done && (
            <button type="button" className="btn danger" disabled={!report || report.runs === 0 || removal === 'running'} onClick={() => void remove()}>
              {removal === 'running' ? 'Removing' : report && report.runs > 0 ? `Remove ${plural(report.runs, 'run')}` : 'Remove'}
            </button>
          )}
        </>
      }
    >
      {done ? <p className="note" role="status"><Icon name="s-success" className="ok" /><span><b>{plural(done.runs, 'run')} removed.</b> About {formatBytes(done.bytes)} are free for new ones.</span></p> : (
        <>
          <fieldset className="prune" disabled={removal === 'running'}>
            <legend className="sr">What may go</legend>
            {line('olderThan', 'Older than', 'days')}
            {line('keep', 'Beyond the newest', 'runs')}
            {line('maxBytes', 'Until it is under', 'GiB')}
          </fieldset>
          <div className="prune-preview" role="status">
            {!rule ? <p className="t3 s12">Say how much may go.</p>
              : error ? <p className="bad s12" role="alert">Not counted: {error}</p>
                : !report ? <div role="group" aria-busy="true" aria-label="Counting"><Skeleton width="88%" /><Skeleton width="64%" /></div>
                  : report.runs === 0 ? <p className="note"><Icon name="s-info" className="acc" /><span>Nothing goes: no run is beyond this bound. {keptText(report)}</span></p> : (
                    <p className="note">
                      <Icon name="s-info" className="acc" />
                      <span>
                        Removes <b>{plural(report.runs, 'run')}</b>{runs !== null && <> of {formatCount(runs)}</>}{report.oldestAtMs !== null && report.newestAtMs !== null && <>, {daysText(formatDay(report.oldestAtMs, opened), formatDay(report.newestAtMs, opened))},</>} and
                        gives back about <b>{formatBytes(report.bytes)}</b>{bytes !== null && <> of {formatBytes(bytes)}</>}. {keptText(report)} Files in ComfyUI's output folder are never touched.
                      </span>
                    </p>
                  )}
          </div>
          {typeof removal === 'object' && 'error' in removal && <p className="bad s12" role="alert">Not removed: {removal.error}</p>}
        </>
      )}
    </Dialog>
  );
}
