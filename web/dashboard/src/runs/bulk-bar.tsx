import type { RunSummary } from '@comfytrace/client';
import { Suspense, lazy, useState } from 'react';
import { formatDuration, plural } from '../format.ts';
import { comparePath, navigate } from '../router.tsx';
import { useServices } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { useKeys } from '../ui/keys.ts';
import { usePhone } from '../ui/media.ts';
import { patchEach, type DeedReport } from './run-deeds.ts';

const DeleteDialog = lazy(async () => ({ default: (await import('./bulk-dialogs.tsx')).DeleteDialog }));
const TagDialog = lazy(async () => ({ default: (await import('./bulk-dialogs.tsx')).TagDialog }));

const kMostCompared = 8;

/** What can be done to the runs that are selected; names its keys. Without a selection the keys act on the current row. */
export function BulkBar({ selected, current, onClear, onDone }: { selected: readonly RunSummary[]; current: RunSummary | null; onClear: () => void; onDone: (sentence: string | null) => void }) {
  const { api } = useServices();
  const phone = usePhone();
  const [dialog, setDialog] = useState<'tag' | 'delete' | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const targets = selected.length > 0 ? selected : current ? [current] : [];
  const archives = targets.some((run) => !run.archived);
  const compare = () => {
    if (selected.length < 2 || selected.length > kMostCompared) return false;
    navigate(comparePath(selected.map((run) => run.runId)));
    return true;
  };
  const archive = async () => {
    setBusy(archives ? 'archiving' : 'taking out of the archive');
    const report = await patchEach(api, targets.filter((run) => run.archived !== archives), () => ({ archived: archives }), (done) => setBusy(`${done} of ${targets.length}`));
    setBusy(null);
    onDone(saidOf(report, archives ? 'archived' : 'back from the archive'));
  };
  const able = targets.length > 0 && busy === null;
  useKeys({
    c: () => compare(),
    t: () => (able ? setDialog('tag') : false),
    e: () => (able ? void archive() : false),
    Escape: () => (selected.length > 0 ? onClear() : false),
  });
  const durations = selected.flatMap((run) => (run.durationMs === null ? [] : [run.durationMs]));
  const totalMs = durations.reduce((sum, ms) => sum + ms, 0);
  const key = (name: string) => !phone && <span className="kbd" aria-hidden="true">{name}</span>;
  return (
    <>
      {selected.length > 0 && (
        <div className="bulk" role="toolbar" aria-label={`${plural(selected.length, 'run')} selected`}>
          <b className="nw">{selected.length} selected</b>
          {durations.length > 0 && !phone && <span className="t3 nw">{formatDuration(totalMs)} in all</span>}
          <span className="sepr" />
          <button
            type="button" className="btn ghost sm" disabled={selected.length < 2 || selected.length > kMostCompared} onClick={compare}
            title={selected.length < 2 ? 'Two runs or more can be compared' : selected.length > kMostCompared ? `At most ${kMostCompared} runs can be compared` : undefined}
          >
            <Icon name="git-compare-arrows" size={13} />Compare{key('c')}
          </button>
          <button type="button" className="btn ghost sm" disabled={!able} onClick={() => setDialog('tag')}><Icon name="tag" size={13} />Tag{key('t')}</button>
          <button type="button" className="btn ghost sm" disabled={!able} onClick={() => void archive()}><Icon name="archive" size={13} />{busy ?? (archives ? 'Archive' : 'Unarchive')}{key('e')}</button>
          <button type="button" className="btn ghost sm" disabled={!able} onClick={() => setDialog('delete')}><Icon name="trash-2" size={13} />Delete</button>
          <button type="button" className="btn ghost icon sm" aria-label="Select none" title="Select none (Esc)" onClick={onClear}><Icon name="x" size={13} /></button>
        </div>
      )}
      <Suspense>
        {dialog === 'tag' && <TagDialog runs={targets} onClose={() => setDialog(null)} onDone={(report) => { setDialog(null); onDone(saidOf(report, 'tagged')); }} />}
        {dialog === 'delete' && <DeleteDialog runs={targets} onClose={() => setDialog(null)} onDone={(report) => { setDialog(null); onClear(); onDone(saidOf(report, 'deleted')); }} />}
      </Suspense>
    </>
  );
}

/** What came of it, in a sentence; what failed with its first reason. */
export function saidOf({ done, failed }: DeedReport, word: string): string {
  const well = `${plural(done.length, 'run')} ${word}`;
  if (failed.length === 0) return `${well}.`;
  return `${done.length > 0 ? `${well}; ` : ''}${plural(failed.length, 'run')} not: ${failed[0]!.sentence}.`;
}
