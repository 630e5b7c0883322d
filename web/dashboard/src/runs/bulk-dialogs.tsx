import { isOpen, type RunSummary } from '@comfytrace/client';
import { useState } from 'react';
import { formatDay, plural } from '../format.ts';
import { useServices } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { Dialog } from '../ui/parts.tsx';
import { patchEach, tagsAfter, tagsOf, toEach, type DeedReport } from './run-deeds.ts';

interface BulkDialogProps {
  runs: readonly RunSummary[];
  onClose: () => void;
  onDone: (report: DeedReport) => void;
}

/** Adds tags to runs, and takes away those that some of them have. */
export function TagDialog({ runs, onClose, onDone }: BulkDialogProps) {
  const { api } = useServices();
  const [text, setText] = useState('');
  const [gone, setGone] = useState<readonly string[]>([]);
  const [done, setDone] = useState<number | null>(null);
  const held = [...new Set(runs.flatMap((run) => run.tags))].sort();
  const added = tagsOf(text);
  const begin = async () => {
    setDone(0);
    onDone(await patchEach(api, runs, (run) => ({ tags: tagsAfter(run.tags, added, gone) }), setDone));
  };
  const idle = added.length === 0 && gone.length === 0;
  return (
    <Dialog
      title={`Tag ${plural(runs.length, 'run')}`} icon="tag" onClose={onClose}
      footer={
        <>
          <button type="button" className="btn" onClick={onClose}>Cancel</button>
          <button type="submit" form="tag-form" className="btn primary" disabled={idle || done !== null}>{done === null ? `Change ${plural(runs.length, 'run')}` : `${done} of ${runs.length}`}</button>
        </>
      }
    >
      <form id="tag-form" className="stack" onSubmit={(event) => { event.preventDefault(); if (!idle) void begin(); }}>
        <label><span className="lab">Add, with commas between</span><input className="inp wide" autoFocus value={text} maxLength={500} spellCheck={false} placeholder="keep, client A" onChange={(event) => setText(event.target.value)} /></label>
        {held.length > 0 && (
          <div>
            <span className="lab">Take away</span>
            <div className="spans">
              {held.map((tag) => <button key={tag} type="button" className={`chip plain ${gone.includes(tag) ? 'on gone' : ''}`} aria-pressed={gone.includes(tag)} onClick={() => setGone(gone.includes(tag) ? gone.filter((each) => each !== tag) : [...gone, tag])}>{tag}</button>)}
            </div>
          </div>
        )}
        <p className="t3 s12">A run with a tag is never removed by a clean-up.</p>
      </form>
    </Dialog>
  );
}

/** Removes runs from the history; says first which, and which it cannot. */
export function DeleteDialog({ runs, onClose, onDone }: BulkDialogProps) {
  const { api } = useServices();
  const [done, setDone] = useState<number | null>(null);
  const going = runs.filter((run) => !isOpen(run.status));
  const staying = runs.length - going.length;
  const times = going.map((run) => run.createdAtMs);
  const days = going.length === 0 ? null : [formatDay(Math.min(...times), Date.now()), formatDay(Math.max(...times), Date.now())];
  const begin = async () => {
    setDone(0);
    onDone(await toEach(going.map((run) => run.runId), (runId) => api.deleteRun(runId), setDone));
  };
  return (
    <Dialog
      title="Delete from the history" icon="trash-2" onClose={onClose}
      footer={
        <>
          <button type="button" className="btn" onClick={onClose}>Cancel</button>
          <button type="button" className="btn danger" disabled={going.length === 0 || done !== null} onClick={() => void begin()}>{done === null ? `Delete ${plural(going.length, 'run')}` : `${done} of ${going.length}`}</button>
        </>
      }
    >
      <p className="note"><Icon name="s-warn" className="warn" /><span><b>{plural(going.length, 'run')} would go</b>{days && (days[0] === days[1] ? `, of ${days[0]}` : `, ${days[0]} to ${days[1]}`)}: what was recorded of them, with their place in every statistic. It cannot be taken back.</span></p>
      {staying > 0 && <p className="note"><Icon name="s-info" className="acc" /><span>{plural(staying, 'run')} that {staying === 1 ? 'is' : 'are'} not over {staying === 1 ? 'stays' : 'stay'}.</span></p>}
      <p className="t3 s12">Files in ComfyUI's output folder are never touched. To hide runs and keep them, archive them.</p>
    </Dialog>
  );
}
