import type { Attempt, Parameters, Run, RunPatch, Scene } from '@comfytrace/client';
import { useEffect, useState, type ReactNode } from 'react';
import { formatClock, formatNumber, spokenReasons } from '../format.ts';
import { CopyButton, Panel } from '../ui/parts.tsx';
import { Prose } from '../ui/prose.tsx';

export function ParametersPanel({ scene, many }: { scene: Scene; many: boolean }) {
  const rows = parameterRows(scene.parameters);
  const { positivePrompt, negativePrompt } = scene.parameters;
  if (scene.workflowFingerprint) rows.push(['structure', scene.workflowFingerprint.slice(0, 12)]);
  return (
    <Panel
      label="Parameters" title="Parameters" about={many ? scene.title || 'of the chosen scene' : 'found through the graph'}
      actions={rows.length > 0 || positivePrompt !== null ? <CopyButton label="Copy" text={asLines(rows, scene.parameters)} /> : undefined}
    >
      <div className="pb stack">
        {rows.length === 0 && !positivePrompt && <p className="t3 s12">The graph is not known, or holds none of the nodes that are read.</p>}
        {rows.length > 0 && (
          <dl className="pairs">
            {rows.map(([key, value]) => (
              <div key={key}><dt>{key}</dt><dd className="mono">{value}</dd></div>
            ))}
          </dl>
        )}
        {positivePrompt !== null && <Prompt name="prompt" text={positivePrompt} />}
        {negativePrompt !== null && negativePrompt !== '' && <Prompt name="negative prompt" text={negativePrompt} />}
      </div>
    </Panel>
  );
}

function asLines(rows: readonly [string, string][], { positivePrompt, negativePrompt }: Parameters): string {
  const prompts: [string, string | null][] = [['prompt', positivePrompt], ['negative prompt', negativePrompt]];
  return [...rows, ...prompts.filter(([, text]) => text)].map(([key, value]) => `${key}: ${value}`).join('\n');
}

export function parameterRows(parameters: Parameters): [string, string][] {
  const rows: [string, string][] = [];
  const add = (key: string, value: string | null) => {
    if (value) rows.push([key, value]);
  };
  add('checkpoint', parameters.checkpoints.join(', '));
  add('lora', parameters.loras.map((lora) => {
    const strength = formatNumber(lora.strengthModel);
    return strength === null ? lora.name : `${lora.name} at ${strength}`;
  }).join(', '));
  add('vae', parameters.vaes.join(', '));
  add('text encoder', parameters.textEncoders.join(', '));
  add('sampler', [parameters.sampler, parameters.scheduler].filter(Boolean).join(', '));
  add('steps', formatNumber(parameters.steps));
  add('cfg', formatNumber(parameters.cfg));
  add('denoise', formatNumber(parameters.denoise));
  if (parameters.width !== null && parameters.height !== null) {
    add('size', `${parameters.width} × ${parameters.height}${parameters.frames !== null ? ` × ${parameters.frames}` : ''}`);
  } else {
    add('frames', formatNumber(parameters.frames));
  }
  add('batch', parameters.batchSize !== null && parameters.batchSize !== 1 ? formatNumber(parameters.batchSize) : null);
  add('fps', formatNumber(parameters.fps));
  add('seed', parameters.seed);
  return rows;
}

function Prompt({ name, text }: { name: string; text: string }) {
  const long = text.length > 160;
  if (!long) {
    return <div><span className="lab">{name}</span><p className="prompt mono">{text || 'empty'}</p></div>;
  }
  return (
    <details className="prompt-fold">
      <summary><span className="lab">{name}</span><span className="prompt mono">{text.slice(0, 150)}…</span></summary>
      <p className="prompt mono">{text}</p>
    </details>
  );
}

/** The assembler's decisions, so that no status has to be taken on trust. */
export function ExplanationsPanel({ attempt }: { attempt: Attempt }) {
  const sources = ([['queued', attempt.queuedAtMs, attempt.queuedAtSource], ['started', attempt.startedAtMs, attempt.startedAtSource], ['ended', attempt.finishedAtMs, attempt.finishedAtSource]] as const)
    .filter(([, at]) => at !== null);
  const words = { server: "ComfyUI's own clock", receipt: 'our clock when it arrived', poll: 'our clock at the poll that noticed' };
  return (
    <Panel label="Why this record says so" title="Why this record says so">
      <div className="pb stack">
        {attempt.explanations.length === 0 ? <p className="t3 s12">No decision was needed: the worker told it all.</p> : (
          <ol className="why-list">
            {attempt.explanations.map((each, index) => (
              <li key={index}>
                <Time at={each.atMs} />
                <span><b>{spokenReasons(each.what)}</b> <span className="t2">because <Prose text={each.because} /></span></span>
              </li>
            ))}
          </ol>
        )}
        {sources.length > 0 && (
          <ul className="why-list">
            {sources.map(([word, at, source]) => (
              <li key={word}><Time at={at!} /><span className="t2">{word}, by {source ? words[source] : 'a clock not told'}</span></li>
            ))}
          </ul>
        )}
        <p className="t3 s11 mono breaks">prompt {attempt.promptId}</p>
      </div>
    </Panel>
  );
}

function Time({ at }: { at: number }): ReactNode {
  return <time className="t3 mono" dateTime={new Date(at).toISOString()}>{formatClock(at, true)}</time>;
}

export function NotesPanel({ run, onChange }: { run: Run; onChange: (patch: RunPatch) => void }) {
  const [draft, setDraft] = useState(run.notes ?? '');
  useEffect(() => setDraft(run.notes ?? ''), [run.notes]);
  const changed = draft !== (run.notes ?? '');
  return (
    <Panel
      label="Notes" title="Notes"
      actions={changed ? <button type="button" className="btn sm primary" onClick={() => onChange({ notes: draft })}>Save</button> : undefined}
    >
      <div className="pb"><textarea className="inp notes" aria-label="Notes" rows={4} placeholder="What is worth remembering; searched with the rest" value={draft} onChange={(event) => setDraft(event.target.value)} /></div>
    </Panel>
  );
}
