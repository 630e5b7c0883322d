import type { CohortEvidence, Interval, Verdict } from '@comfytrace/client';
import type { ReactNode } from 'react';
import { kGap, unbroken } from '../format.ts';
import { deltaText, enoughText, intervalText, type AnyUnit } from '../measure.ts';
import { Icon } from './icon.tsx';

export const kVerdictWords: Record<Verdict, string> = {
  better: 'better', worse: 'worse', noEvidence: 'no evidence of a difference', notEnoughData: 'not enough data',
};
const kTone: Record<Verdict, string> = { better: 'ok', worse: 'warn', noEvidence: 't3', notEnoughData: 't3' };

export function verdictTone(verdict: Verdict): string {
  return kTone[verdict];
}

/** The arrow is the direction of the number, the hue the verdict; without a claim it is "=" or dashes. */
export function verdictIcon(verdict: Verdict, delta: number | null | undefined): string {
  if (verdict === 'notEnoughData') return 's-nodata';
  if (verdict === 'noEvidence') return 'v-none';
  const up = delta === null || delta === undefined ? verdict === 'worse' : delta > 0;
  return up ? 'v-worse' : 'v-better';
}

/** For dense columns: `↑ +18 %`, `= +1 %`, `3 of 6 runs`. The word stands in the accessible name and the tooltip. */
export function VerdictMark({ verdict, delta, unit = 'ratio', n, needed = 0, noun, missing = 'not enough' }: {
  verdict: Verdict; delta: number | null | undefined; unit?: AnyUnit; n?: number; needed?: number; noun?: string; missing?: string;
}) {
  const text = deltaText(delta, unit);
  const short = verdict === 'notEnoughData' ? (n === undefined ? missing : enoughText(n, needed, noun)) : text;
  return (
    <span className={`verdict ${kTone[verdict]}`} title={kVerdictWords[verdict]}>
      <Icon name={verdictIcon(verdict, delta)} size={12} />
      <span className="nw">{short ?? kVerdictWords[verdict]}</span>
      <span className="sr">, {kVerdictWords[verdict]}</span>
    </span>
  );
}

/** What was held equal, and what differs and may explain it. */
export function Held({ cohort }: { cohort: Pick<CohortEvidence, 'heldEqual' | 'notEqual'> }) {
  if (cohort.heldEqual.length === 0 && cohort.notEqual.length === 0) return null;
  return (
    <div>
      {cohort.heldEqual.length > 0 && (
        <div className="held">
          <span className="t3">Held equal:</span>
          {cohort.heldEqual.map((what) => <span key={what}><Icon name="equal" size={11} />{what}</span>)}
        </div>
      )}
      {cohort.notEqual.length > 0 && (
        <div className="held">
          <span className="t3">Differs:</span>
          {cohort.notEqual.map(({ what, thisRun, cohort: theirs }) => (
            <span key={what} className="warn">{what} <span className="t2">{theirs}</span> <Icon name="arrow-right" size={11} /> {thisRun ?? 'not known'}</span>
          ))}
        </div>
      )}
    </div>
  );
}

/** A claim is a sentence with its evidence beside it. */
export function VerdictClaim({ verdict, sentence, delta, interval, unit = 'ratio', n, needed = 0, cohort, aside, heading = false }: {
  verdict: Verdict; sentence: string; delta?: number | null; interval?: Interval | null; unit?: AnyUnit; n?: number; needed?: number;
  cohort?: Pick<CohortEvidence, 'heldEqual' | 'notEqual'> | undefined; aside?: ReactNode; heading?: boolean;
}) {
  const evidence = [
    verdict === 'notEnoughData' && n !== undefined ? (/\d+ of (the )?\d+/.test(sentence) ? null : enoughText(n, needed)) : intervalText(interval, unit)?.replace(/%/, `%${kGap}interval`),
    verdict !== 'notEnoughData' && n !== undefined ? `n${kGap}${n}` : null,
  ].filter(Boolean).join(', ');
  const Say = heading ? 'h2' : 'p';
  return (
    <div className="claim" data-verdict={verdict}>
      <Icon name={verdictIcon(verdict, delta)} size={18} className={kTone[verdict]} />
      <div className="col claim-say">
        <Say className="say">
          <span className="sr">{kVerdictWords[verdict]}: </span>
          {unbroken(sentence)}
          {evidence && <span className="t2 light"> {evidence}</span>}
        </Say>
        {cohort && <Held cohort={cohort} />}
      </div>
      {aside}
    </div>
  );
}
