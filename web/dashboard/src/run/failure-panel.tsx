import type { Attempt, Run, Scene } from '@comfytrace/client';
import { useState } from 'react';
import { exitReasonWords, formatDuration, plural } from '../format.ts';
import { Icon } from '../ui/icon.tsx';
import { CopyButton } from '../ui/parts.tsx';
import { parseTraceback } from './traceback.ts';

/** Why the run is not a success: before everything else. One panel a scene that failed, with its attempts. */
export function FailurePanels({ run }: { run: Run }) {
  const failed = run.scenes.filter((scene) => scene.attempts.some((attempt) => attempt.failure || attempt.validationErrors.length > 0));
  return (
    <>
      {failed.map((scene) => <FailurePanel key={scene.sceneId} run={run} scene={scene} />)}
    </>
  );
}

function FailurePanel({ run, scene }: { run: Run; scene: Scene }) {
  const told = scene.attempts.filter((attempt) => attempt.failure || attempt.validationErrors.length > 0);
  const [at, setAt] = useState(told.length - 1);
  const attempt = told[Math.min(at, told.length - 1)]!;
  const number = scene.attempts.indexOf(attempt) + 1;
  const where = run.scenes.length > 1 ? `${scene.title || `Scene ${run.scenes.indexOf(scene) + 1}`}${scene.attempts.length > 1 ? `, attempt ${number}` : ''}: ` : '';
  const lost = attempt.status === 'failed' || attempt.status === 'timeout';
  const heading = attempt.failure?.exceptionType || (lost ? exitReasonWords(attempt.exitReason) ?? 'failed' : 'A part was refused');
  return (
    <section className="panel failure" aria-label={`Error: ${heading}`}>
      <div className="ph">
        <Icon name={lost ? 's-failed' : 's-warn'} className={lost ? 'bad' : 'warn'} size={15} />
        <h2 className="el">{where}<span className="err-type">{heading}</span></h2>
        <span className="t3 el">{placeWords(attempt)}</span>
        <span className="sp" />
        {told.length > 1 && (
          <span className="seg" role="group" aria-label="Attempt">
            {told.map((each, index) => (
              <button type="button" key={each.promptId} className={each === attempt ? 'on' : ''} aria-pressed={each === attempt} onClick={() => setAt(index)}>
                Attempt {scene.attempts.indexOf(each) + 1}
              </button>
            ))}
          </span>
        )}
        <CopyButton label="Copy" text={asText(attempt)} />
      </div>
      <div className="pb stack">
        {attempt.failure && <Failure attempt={attempt} />}
        {attempt.validationErrors.length > 0 && <Refusals attempt={attempt} />}
      </div>
    </section>
  );
}

function placeWords(attempt: Attempt): string {
  const parts: string[] = [];
  if (attempt.failure?.nodeId) parts.push(`node ${attempt.failure.nodeId}`);
  if (attempt.failure?.nodeType) parts.push(attempt.failure.nodeType);
  if (attempt.failure && attempt.durationMs !== null) parts.push(`after ${formatDuration(attempt.durationMs)}`);
  if (!attempt.failure && attempt.validationErrors.length) parts.push('refused before it ran');
  return parts.join(', ');
}

function Failure({ attempt }: { attempt: Attempt }) {
  const failure = attempt.failure!;
  const frames = parseTraceback(failure.traceback);
  const own = frames.filter((frame) => frame.own).length;
  const foldable = own > 0 && own < frames.length;
  const [unfolded, setUnfolded] = useState(false);
  const shown = foldable && !unfolded ? frames.filter((frame) => !frame.own) : frames;
  return (
    <>
      <p className="err-say">{firstSentences(failure.message) || 'ComfyUI gave no message.'}</p>
      {frames.length === 0 ? (
        <>
          {firstSentences(failure.message) !== failure.message && <div className="code"><b>{failure.message}</b></div>}
          <p className="t3 s12">No traceback came with it.</p>
        </>
      ) : (
        <div className="code" role="region" aria-label="Traceback" tabIndex={0}>
          <div className="row">
            <span><em>Traceback</em>, innermost last, {plural(frames.length, 'frame')}</span>
            {foldable && (
              <button type="button" className="text-btn" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
                {unfolded ? "fold ComfyUI's own" : `${own} of ComfyUI's own folded`}
              </button>
            )}
          </div>
          <table className="frames">
            <tbody>
              {shown.map((frame, index) => (
                <tr key={index} className={frame.own ? 'own' : ''} title={frame.file || undefined}>
                  {frame.place ? <><td>{frame.place}</td><td>{frame.name}</td><td>{frame.code}</td></> : <td colSpan={3}>{frame.code}</td>}
                </tr>
              ))}
            </tbody>
          </table>
          <b>{failure.exceptionType}{failure.message && `: ${failure.message}`}</b>
        </div>
      )}
    </>
  );
}

/** What a long message says first; the whole of it stands at the end of the traceback. */
export function firstSentences(message: string): string {
  const line = message.trim().split('\n', 1)[0]!;
  if (line.length <= 160) return line;
  const sentences = line.match(/[^.!?]+(?:[.!?](?!\s|$)[^.!?]*)*[.!?]?\s*/g) ?? [line];
  let said = '';
  for (const sentence of sentences) {
    if (said && said.length + sentence.length > 120) break;
    said += sentence;
  }
  return said.trim().length > 220 ? `${said.trim().slice(0, 200)}…` : said.trim();
}

function Refusals({ attempt }: { attempt: Attempt }) {
  return (
    <table className="tbl refusals" aria-label="What validation refused">
      <thead><tr><th className="cw-node">Node</th><th>What</th><th>Details</th></tr></thead>
      <tbody>
        {attempt.validationErrors.map((error, index) => (
          <tr key={index}>
            <td className="m" title={error.type}><span className="t3">{error.nodeId}</span> {error.classType}</td>
            <td className="n">{error.message || error.type}</td>
            <td className="mono" title={error.details}>{error.details}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function asText(attempt: Attempt): string {
  const lines: string[] = [];
  if (attempt.failure) {
    const { exceptionType, message, nodeId, nodeType, traceback } = attempt.failure;
    lines.push(`${exceptionType}: ${message}`, `node ${nodeId} ${nodeType}, prompt ${attempt.promptId}`, 'Traceback (most recent call last):', ...traceback.map((entry) => entry.replace(/\n$/, '')));
  }
  for (const error of attempt.validationErrors) lines.push(`node ${error.nodeId} ${error.classType}: ${error.message} ${error.details}`.trim());
  return lines.join('\n');
}
