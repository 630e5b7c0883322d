import type { Run, RunSummary } from '@comfytrace/client';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { durationParts, formatWhen, plural } from '../format.ts';
import { readLikeRuns } from '../run/like-runs.ts';
import { useNow, useServices } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { Dialog, Measure, StatusMark } from '../ui/parts.tsx';
import { AbsenceBody, isAbsent, stateOf } from '../ui/states.tsx';
import { letterOf } from './compared.ts';

/** Chooses a run: from the runs like the one that stays, or any that is searched for. */
export function PickRun({ ids, runs, at, onPick, onClose }: { ids: readonly string[]; runs: readonly (Run | undefined)[]; at: number | null; onPick: (id: string) => void; onClose: () => void }) {
  const { api } = useServices();
  const now = useNow();
  const [text, setText] = useState('');
  const base = runs.find((run, index) => run !== undefined && index !== at);
  const [source, setSource] = useState<'like' | 'all'>(base ? 'like' : 'all');
  const words = text.trim();
  const field = useRef<HTMLInputElement>(null);
  // The dialog gives the focus to its first button when it opens.
  useEffect(() => field.current?.focus(), []);
  const like = useQuery({
    queryKey: ['pickLike', base?.runId], enabled: base !== undefined && source === 'like',
    queryFn: async ({ signal }) => {
      const { cohort } = await api.comparison(base!.runId, signal);
      return { ...(await readLikeRuns(api, cohort, base!.scenes[0]?.workflowFingerprint ?? '', signal)), sentence: cohort.sentence };
    },
  });
  const all = useQuery({ queryKey: ['pickAll', words], enabled: source === 'all', queryFn: ({ signal }) => api.runs(words ? { text: words } : {}, { limit: 30 }, signal) });
  const asked = source === 'like' ? like : all;
  const list: RunSummary[] = (source === 'like' ? like.data?.runs : all.data?.runs) ?? [];
  const fitting = list.filter((run) => !ids.includes(run.runId)).filter((run) => source === 'all' || !words || `${run.title} ${run.tags.join(' ')}`.toLowerCase().includes(words.toLowerCase()));
  const state = stateOf(asked, asked.data !== undefined, fitting.length > 0 ? null : {
    is: 'empty', icon: 's-nodata', title: source === 'like' ? 'No like run' : 'No run found',
    next: source === 'like' ? <>{like.data?.sentence} <button type="button" className="text-btn" onClick={() => setSource('all')}>Search all runs</button></> : 'Other words?',
  });
  return (
    <Dialog title={at === null ? 'Add a run' : `Another run for ${letterOf(at)}`} icon="git-compare-arrows" onClose={onClose} className="dlg-pick">
      <div className="row">
        <label className="inp sp"><Icon name="search" size={14} className="t3" /><input type="search" aria-label="Search runs" placeholder="Title, prompt, error, notes" value={text} ref={field} onChange={(event) => setText(event.target.value)} /></label>
        {base && (
          <span className="seg" role="group" aria-label="From">
            <button type="button" className={source === 'like' ? 'on' : ''} aria-pressed={source === 'like'} onClick={() => setSource('like')}>Like runs</button>
            <button type="button" className={source === 'all' ? 'on' : ''} aria-pressed={source === 'all'} onClick={() => setSource('all')}>All runs</button>
          </span>
        )}
      </div>
      {source === 'like' && like.data && <p className="t3 s11">{like.data.sentence}</p>}
      <div className="pick-list">
        {isAbsent(state) ? <AbsenceBody state={state} lines={8} lineHeight={30} /> : (
          <ul aria-label={plural(fitting.length, 'run')}>
            {fitting.slice(0, 50).map((run) => (
              <li key={run.runId}>
                <button type="button" className="pick-item" onClick={() => onPick(run.runId)}>
                  <StatusMark status={run.status} iconOnly /><b className="el">{run.title || 'Untitled'}</b><span className="t3 el">{[run.model, ...run.tags].filter(Boolean).join(', ')}</span><span className="sp" />
                  <Measure parts={durationParts(run.durationMs)} missing="not told" /><span className="t3 nw pick-when">{formatWhen(run.createdAtMs, now)}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}
