import type { Run, RunDifference } from '@comfytrace/client';
import { useState } from 'react';
import { deviceName, exitReasonWords, plural } from '../format.ts';
import { usePref } from '../prefs.ts';
import { parameterRows } from '../run/side-panels.tsx';
import { useWorkerName } from '../services.tsx';
import { Toggle } from '../ui/controls.tsx';
import { Panel } from '../ui/parts.tsx';
import { differences, letterOf, sceneTitleOf, type ParameterRow } from './compared.ts';
import { ScrollX } from '../ui/scroll-x.tsx';

const kLong = 60;
const kMeaning = { outcome: 'the outcome', environment: 'what it ran on', parameters: 'not held equal' } as const;

/** What differs in outcome, environment and parameters; what may explain it first, what is equal recedes. */
export function Differences({ answer, runs, row, onRow }: { answer: RunDifference; runs: readonly (Run | undefined)[]; row: number; onRow: (row: number) => void }) {
  const [first, setFirst] = usePref('differencesOnly', true);
  const [open, setOpen] = useState<string | null>(null);
  const at = Math.min(row, Math.max(0, answer.scenes.length - 1));
  const { rows, equal } = differences(answer, at);
  const scene = answer.scenes[at];
  const values = equalValues(runs[0], scene?.sceneIds[0] ?? null);
  return (
    <Panel
      label="Parameters" title="Parameters" about={`${rows.length} differ${rows.length === 1 ? 's' : ''}`}
      actions={(
        <>
          {answer.scenes.length > 1 && (
            <select className="inp sm" aria-label="Scene" value={at} onChange={(event) => onRow(Number(event.target.value))}>
              {answer.scenes.map((each, index) => <option key={index} value={index}>{index + 1} {sceneTitleOf(runs, each.sceneIds)}{each.parameters.length > 0 ? `, ${each.parameters.length} differ` : ''}</option>)}
            </select>
          )}
          <Toggle on={first} onChange={setFirst} label="Only differences" />
        </>
      )}
      foot={first && equal.length > 0 ? <span>{plural(equal.length, 'thing')} equal: {equal.join(', ')}</span> : undefined}
    >
      <ScrollX label="What differs, sideways">
        <table className="tbl pdp">
          <thead><tr><th className="cw-110">Name</th>{answer.runs.map((run, index) => <th key={run.runId}>{letterOf(index)}</th>)}<th className="cw-mean">Meaning</th></tr></thead>
          <tbody>
            {rows.map((each) => <Row key={`${each.of} ${each.name}`} row={each} isOpen={open === each.name} onToggle={() => setOpen(open === each.name ? null : each.name)} />)}
            {rows.length === 0 && <tr><td colSpan={answer.runs.length + 2} className="t3">Nothing that is recorded differs.</td></tr>}
            {!first && equal.map((name) => (
              <tr key={name} className="same">
                <td className="t3">{name}</td>
                {answer.runs.map((run) => <td key={run.runId} className="mono t3" title={values.get(name)}>{values.get(name) ?? 'the same'}</td>)}
                <td className="t3">equal</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
    </Panel>
  );
}

function Row({ row, isOpen, onToggle }: { row: ParameterRow; isOpen: boolean; onToggle: () => void }) {
  const workerName = useWorkerName();
  const long = row.values.some((value) => (value?.length ?? 0) > kLong);
  return (
    <>
      <tr>
        <td>{long ? <button type="button" className="text-btn" aria-expanded={isOpen} onClick={onToggle}>{row.name}</button> : row.name}</td>
        {row.values.map((value, at) => <td key={at} className={`mono ${value === null ? 't3' : 'n'}`} title={value ?? undefined}>{said(row, value, workerName) ?? (row.of === 'parameters' ? 'none' : 'not known')}</td>)}
        <td className={row.mayExplain ? 'warn' : 't3'} title={row.of === 'parameters' && !row.mayExplain ? 'Runs in which it differs still count as like runs' : undefined}>{row.mayExplain ? 'may explain it' : kMeaning[row.of]}</td>
      </tr>
      {isOpen && (
        <tr className="pdp-long"><td colSpan={row.values.length + 2}>
          {row.values.map((value, at) => <p key={at} className="prompt mono"><b>{letterOf(at)}</b> {value === null ? 'not known' : <Marked text={value} other={row.values[at === 0 ? 1 : 0] ?? ''} />}</p>)}
        </td></tr>
      )}
    </>
  );
}

/** A value as the page says it elsewhere: workers by name, reasons in words. The record's own stands in the tooltip. */
function said(row: ParameterRow, value: string | null, workerName: (workerId: string) => string): string | null {
  if (value === null) return null;
  return row.name === 'worker' ? workerName(value) : row.name === 'exit reason' ? (exitReasonWords(value) ?? value) : row.name === 'GPU' ? deviceName(value) : value;
}

/** Words that the other text does not have stand out. */
function Marked({ text, other }: { text: string; other: string }) {
  const known = new Set(other.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
  return <>{text.split(/([\p{L}\p{N}]+)/u).map((part, at) => (/[\p{L}\p{N}]/u.test(part) && !known.has(part.toLowerCase()) ? <mark key={at}>{part}</mark> : part))}</>;
}

const kNames: Record<string, string> = { loras: 'lora', 'text encoder': 'text encoder', checkpoint: 'checkpoint', VAE: 'vae', LoRAs: 'lora', 'batch size': 'batch' };

/** The values that all runs share, as far as the first run's record gives them. */
function equalValues(run: Run | undefined, sceneId: string | null): Map<string, string> {
  const scene = run?.scenes.find((each) => each.sceneId === sceneId) ?? run?.scenes[0];
  if (!scene) return new Map();
  const known = new Map(parameterRows(scene.parameters));
  const { positivePrompt, negativePrompt, sampler, scheduler } = scene.parameters;
  const extra: [string, string | null][] = [['prompt', positivePrompt], ['negative prompt', negativePrompt], ['sampler', sampler], ['scheduler', scheduler], ['workflow structure', scene.workflowFingerprint.slice(0, 12)]];
  const all = new Map([...known, ...extra.filter((pair): pair is [string, string] => pair[1] !== null && pair[1] !== '')]);
  for (const [theirs, mine] of Object.entries(kNames)) if (known.has(mine)) all.set(theirs, known.get(mine)!);
  return all;
}

