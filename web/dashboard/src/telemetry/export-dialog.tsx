import type { ExportFormat } from '@comfytrace/client';
import { useState, type ReactNode } from 'react';
import { plural } from '../format.ts';
import { Chip, Tabs, type Choice } from '../ui/controls.tsx';
import { Icon } from '../ui/icon.tsx';
import { Dialog } from '../ui/parts.tsx';

const kFormats: Record<ExportFormat, { word: string; about: string }> = {
  csv: { word: 'CSV', about: 'One line a run, for spreadsheets. Text that a spreadsheet would run is made harmless.' },
  json: { word: 'JSON', about: 'One document with every run whole; can be imported again.' },
  ndjson: { word: 'NDJSON', about: 'One run a line, whole; for programs that read as it comes.' },
  pdf: { word: 'PDF report', about: 'Summary, tables, trends, failures.' },
  perfetto: { word: 'Perfetto', about: 'The timeline of one run, for ui.perfetto.dev or any trace viewer.' },
};

/** The columns of the table formats, as the server names them. */
export const kExportFields: readonly { field: string; word: string; first: boolean }[] = [
  { field: 'runId', word: 'run', first: true }, { field: 'title', word: 'title', first: true }, { field: 'status', word: 'status', first: true },
  { field: 'durationMs', word: 'duration', first: true }, { field: 'vramPeakBytes', word: 'VRAM peak', first: true }, { field: 'workerIds', word: 'worker', first: true },
  { field: 'attemptCount', word: 'attempts', first: true }, { field: 'exitReason', word: 'exit reason', first: true }, { field: 'finishedAtMs', word: 'ended', first: true },
  { field: 'createdAtMs', word: 'created', first: false }, { field: 'startedAtMs', word: 'started', first: false }, { field: 'queueWaitMs', word: 'queue wait', first: false },
  { field: 'sceneCount', word: 'scenes', first: false }, { field: 'scenesSucceeded', word: 'scenes succeeded', first: false }, { field: 'artifactCount', word: 'artifacts', first: false },
  { field: 'workflowName', word: 'workflow', first: false }, { field: 'workflowFingerprint', word: 'structure', first: false }, { field: 'model', word: 'model', first: false },
  { field: 'storyTitle', word: 'story', first: false }, { field: 'tags', word: 'tags', first: false }, { field: 'error', word: 'error', first: false }, { field: 'archived', word: 'archived', first: false },
];

export interface ExportDialogProps {
  /** How many runs match; null: being counted. */
  matched: number | null;
  /** What they are, in words: the active criteria. */
  about?: ReactNode;
  formats?: readonly ExportFormat[];
  fields?: typeof kExportFields;
  onClose: () => void;
  /** Ends when the download has begun; a rejection is shown. */
  onExport: (format: ExportFormat, fields: string[]) => Promise<void>;
}

/** All matching runs as a file. */
export function ExportDialog({ matched, about, formats = ['csv', 'json', 'ndjson'], fields = kExportFields, onClose, onExport }: ExportDialogProps) {
  const [format, setFormat] = useState<ExportFormat>(formats[0] ?? 'csv');
  const [chosen, setChosen] = useState(() => fields.filter((field) => field.first).map((field) => field.field));
  const [all, setAll] = useState(false);
  const [progress, setProgress] = useState<'idle' | 'exporting' | 'done' | { error: string }>('idle');
  const ordered = fields.filter((field) => chosen.includes(field.field)).map((field) => field.field);
  const choices: Choice<ExportFormat>[] = formats.map((value) => ({ value, word: kFormats[value].word }));
  const empty = matched === 0;
  const begin = async () => {
    setProgress('exporting');
    try {
      await onExport(format, format === 'csv' ? ordered : []);
      setProgress('done');
    } catch (error) {
      setProgress({ error: error instanceof Error ? error.message : String(error) });
    }
  };
  const shown = all ? fields : fields.filter((field) => field.first || chosen.includes(field.field));
  return (
    <Dialog
      title={matched === null ? 'Export' : `Export ${plural(matched, 'run')}`} icon="download" onClose={onClose}
      footer={
        <>
          <span className="t3 s11 sp">{progress === 'done' ? 'The download has begun.' : 'stays on this machine'}</span>
          <button type="button" className="btn" onClick={onClose}>{progress === 'done' ? 'Close' : 'Cancel'}</button>
          <button type="button" className="btn primary" disabled={empty || progress === 'exporting' || (format === 'csv' && ordered.length === 0)} onClick={() => void begin()}>{progress === 'exporting' ? 'Exporting' : 'Export'}</button>
        </>
      }
    >
      {empty && <p className="note" role="status"><Icon name="s-nodata" className="t3" /><span>No run matches the filter; there is nothing to export.</span></p>}
      {about && <div className="t2 s12">{about}</div>}
      <div>
        <span className="lab">Format</span>
        <Tabs label="Format" value={format} choices={choices} onChange={setFormat} />
        <p className="t3 s11 dlg-about">{kFormats[format].about}</p>
      </div>
      {format === 'csv' && (
        <div>
          <span className="lab">Columns, {ordered.length} of {fields.length}</span>
          <div className="spans" role="group" aria-label="Columns">
            {shown.map(({ field, word }) => (
              <Chip key={field} pressed={chosen.includes(field)} onClick={() => setChosen(chosen.includes(field) ? chosen.filter((each) => each !== field) : [...chosen, field])}>{word}</Chip>
            ))}
            {!all && shown.length < fields.length && <Chip dashed icon="plus" onClick={() => setAll(true)}>{fields.length - shown.length} more</Chip>}
          </div>
          <pre className="code dlg-code">{ordered.join(',') || 'no column is chosen'}</pre>
        </div>
      )}
      {typeof progress === 'object' && <p className="bad s12" role="alert">Not exported: {progress.error}</p>}
    </Dialog>
  );
}

/** Asks for the head first, so that a refusal is told here and not in a file; then lets the browser save it as it comes. */
export async function startDownload(url: string, ask: typeof fetch = fetch): Promise<void> {
  const head = await ask(url, { method: 'HEAD' }).catch(() => null);
  if (!head) throw new Error('comfytrace was not reached');
  if (!head.ok) {
    const problem = (await ask(url).then((answer) => answer.json()).catch(() => null)) as { detail?: string } | null;
    throw new Error(problem?.detail ?? `HTTP ${head.status}`);
  }
  const link = document.createElement('a');
  link.href = url;
  link.download = '';
  document.body.append(link);
  link.click();
  link.remove();
}
