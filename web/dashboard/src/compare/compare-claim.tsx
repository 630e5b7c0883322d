import type { RunDifference } from '@comfytrace/client';
import { deltaText, enoughText, intervalText } from '../measure.ts';
import { Icon } from '../ui/icon.tsx';
import { CaveatMark, type Caveat } from '../ui/states.tsx';
import { kVerdictWords, verdictIcon, verdictTone } from '../ui/verdict.tsx';
import { letterOf } from './compared.ts';

/** "B +14 %, C −7 % against A": more than two are not judged, only put beside the first. */
export function againstFirst(values: readonly (number | null)[]): string {
  const first = values[0];
  const parts = values.slice(1).map((value, at) => `${letterOf(at + 1)} ${first && value !== null ? deltaText(value / first - 1, 'ratio') : 'without a duration'}`);
  return parts.length > 0 ? `${parts.join(', ')} against A by the median scene; a verdict is given of two runs only` : '';
}

/** What is to be said first, with its evidence, and why it is not like for like where it is not. */
export function CompareClaim({ answer, caveat }: { answer: RunDifference; caveat: Caveat | null }) {
  const duration = answer.numbers.find((number) => number.name === 'durationMs');
  const two = answer.runs.length === 2 && duration !== undefined;
  const verdict = duration?.verdict ?? 'notEnoughData';
  const evidence = two ? [
    /interval/.test(answer.sentence) ? null : intervalText(duration.deltaRatioInterval, 'ratio'),
    `n ${duration.n.join(' and ')}`,
    verdict === 'notEnoughData' && duration.needed > 0 ? `not enough for a verdict: ${enoughText(Math.min(...duration.n), duration.needed, 'scenes a side')}` : kVerdictWords[verdict],
  ].filter(Boolean).join(', ') : againstFirst(duration?.values ?? []);
  return (
    <section className="panel compare-claim" aria-label="What differs">
      <div className="claim" data-verdict={verdict}>
        <Icon name={two ? verdictIcon(verdict, duration.delta) : 'git-compare-arrows'} size={20} className={two ? verdictTone(verdict) : 't3'} />
        <div className="col claim-say">
          <h2 className="say">{answer.sentence}</h2>
          <p className="t2 s12">{evidence}</p>
          {answer.likeForLike ? <p className="held"><span><Icon name="equal" size={11} />like for like: workflow, model files, size of work and device are equal</span></p> : (
            <p className="held"><span className="t3">Not like for like:</span>{answer.notLike.map((what) => <span key={what} className="warn">{what}</span>)}</p>
          )}
          {caveat && <CaveatMark caveat={caveat} />}
        </div>
        {two && duration.deltaRatio !== null && (
          <div className={`col claim-size ${answer.likeForLike ? verdictTone(verdict) : 't3'}`}>
            <b>{deltaText(duration.deltaRatio, 'ratio')}</b>
            <span className="s11 t3">B against A{duration.n.some((n) => n > 1) ? ', a scene' : ''}</span>
          </div>
        )}
      </div>
    </section>
  );
}
