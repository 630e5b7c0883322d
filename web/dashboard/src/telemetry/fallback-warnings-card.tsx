import type { ExitReason, Run } from '@comfytrace/client';
import { Icon } from '../ui/icon.tsx';
import { Badge } from '../ui/parts.tsx';
import { StatePanel, type PartState } from '../ui/states.tsx';

export interface Warning {
  severity: 'bad' | 'warn' | 'info';
  what: string;
  scenes: number[];
  next?: string;
}

/** Each reason in words, and what to do about it. What ended well, or was meant, is no warning. */
const kReasons: Record<ExitReason, Omit<Warning, 'scenes'> | null> = {
  success: null,
  interrupted: null,
  deleted: null,
  maxWait: { severity: 'warn', what: 'Ran out of time (max wait)', next: 'Raise max wait, or see what held it up.' },
  attemptLimit: { severity: 'warn', what: 'Ended at the attempt limit', next: 'Raise the limit, or leave it to max wait.' },
  postExecution: { severity: 'warn', what: 'Its files did not come in time after the execution', next: 'Raise the post-execution timeout.' },
  executionError: { severity: 'bad', what: 'A node failed', next: 'The error is above.' },
  outOfMemory: { severity: 'bad', what: 'Ran out of GPU memory', next: 'Smaller size or batch, or decode tiled.' },
  validationError: { severity: 'bad', what: 'The worker refused the graph', next: 'The refusals are above.' },
  workerLost: { severity: 'bad', what: 'The worker was lost', next: 'See whether ComfyUI crashed.' },
  unknown: { severity: 'warn', what: 'Ended without a reason that is known' },
};

/** Of all scenes and attempts, each note once with the scenes it is of. */
export function warningsOf(run: Run): { warnings: Warning[]; notes: { note: string; scenes: number[] }[] } {
  const warnings = new Map<ExitReason, Warning>();
  const notes = new Map<string, Set<number>>();
  run.scenes.forEach((scene, index) => {
    for (const attempt of scene.attempts) {
      // postExecution is how a driven run ends when its files were there: no fault where the attempt succeeded.
      const reason = attempt.status === 'success' || attempt.exitReason === null ? null : kReasons[attempt.exitReason];
      if (reason && attempt.exitReason) {
        const known = warnings.get(attempt.exitReason) ?? { ...reason, scenes: [] };
        if (!known.scenes.includes(index + 1)) known.scenes.push(index + 1);
        warnings.set(attempt.exitReason, known);
      }
      for (const note of attempt.fallbackNotes) notes.set(note, (notes.get(note) ?? new Set()).add(index + 1));
    }
  });
  return { warnings: [...warnings.values()], notes: [...notes].map(([note, scenes]) => ({ note, scenes: [...scenes] })) };
}

/** `scene 3`, `scenes 1 to 5`, `scenes 1, 4 and 9 more`; nothing where there is only one. */
export function sceneWords(scenes: readonly number[], ofScenes: number): string {
  if (ofScenes <= 1) return '';
  if (scenes.length === ofScenes) return 'all scenes';
  if (scenes.length === 1) return `scene ${scenes[0]}`;
  const inRow = scenes.every((scene, at) => at === 0 || scene === scenes[at - 1]! + 1);
  if (inRow) return `scenes ${scenes[0]} to ${scenes.at(-1)}`;
  return scenes.length <= 4 ? `scenes ${scenes.slice(0, -1).join(', ')} and ${scenes.at(-1)}` : `scenes ${scenes.slice(0, 3).join(', ')} and ${scenes.length - 3} more`;
}

const kIcons = { bad: ['s-failed', 'bad'], warn: ['s-warn', 'warn'], info: ['s-info', 'acc'] } as const;

/** What was obtained in a second-best way, and what went wrong, of every scene. */
export function FallbackWarningsCard({ state, run }: { state: PartState; run: Run | null }) {
  const { warnings, notes } = run ? warningsOf(run) : { warnings: [], notes: [] };
  const open = run?.status === 'queued' || run?.status === 'executing';
  const none = state.is === 'ready' && run !== null && warnings.length === 0 && notes.length === 0;
  const shown: PartState = none ? { is: 'empty', icon: 'check', title: open ? 'Nothing so far' : 'No fallbacks, no warnings', next: open ? 'It is not over yet.' : 'Everything was obtained the first way.' } : state;
  const counts = [warnings.length > 0 ? `${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}` : '', notes.length > 0 ? `${notes.length} ${notes.length === 1 ? 'note' : 'notes'}` : ''].filter(Boolean).join(', ');
  const worst = warnings.some((warning) => warning.severity === 'bad') ? 'bad' : 'warn';
  return (
    <StatePanel label="FallbackWarningsCard" title="Fallbacks and warnings" state={shown} minHeight={none || warnings.length + notes.length > 0 ? 60 : 122} lines={3} lineHeight={24} actions={counts && <Badge icon={kIcons[worst][0]} tone={`b-${worst}`}>{counts}</Badge>}>
      <ul className="warnings pb">
        {warnings.map((warning) => {
          const [icon, tone] = kIcons[warning.severity];
          const where = sceneWords(warning.scenes, run!.scenes.length);
          return <li key={warning.what}><Icon name={icon} size={14} className={tone} /><span><b>{warning.what}</b>{where && ` on ${where}`}. {warning.next && <span className="t2">{warning.next}</span>}</span></li>;
        })}
        {notes.map(({ note, scenes }) => {
          const where = sceneWords(scenes, run!.scenes.length);
          return <li key={note}><Icon name="s-info" size={14} className="t3" /><span>{note}{where && <span className="t3"> ({where})</span>}</span></li>;
        })}
      </ul>
    </StatePanel>
  );
}
