import type { NumberDifference, RunDifference } from '@comfytrace/client';
import { fineDurationParts, kGap } from '../format.ts';
import { deltaText, enoughText, partsOf, rangeText, type AnyUnit } from '../measure.ts';
import { Icon } from '../ui/icon.tsx';
import { Measure, Panel } from '../ui/parts.tsx';
import { kVerdictWords, verdictIcon } from '../ui/verdict.tsx';
import { letterOf, numberWords, toneOf } from './compared.ts';
import { ScrollX } from '../ui/scroll-x.tsx';

/** The measures of each run; with two of them also the difference, its interval and what it is worth. */
export function Numbers({ answer }: { answer: RunDifference }) {
  const two = answer.runs.length === 2;
  return (
    <Panel label="Measures" title="Measures" about={scope(answer)}>
      <ScrollX label="The measures, sideways">
        <table className="tbl ms">
          <thead><tr><th>Measure</th>{answer.runs.map((run, at) => <th key={run.runId} className="r">{letterOf(at)}</th>)}{two && <><th className="cw-diff">Difference</th><th className="cw-int">95{kGap}% interval</th></>}</tr></thead>
          <tbody>
            {answer.numbers.map((number) => {
              const { word, unit } = numberWords(number);
              return (
                <tr key={number.name}>
                  <td className="m">{word}</td>
                  {number.values.map((value, at) => <td key={at} className="r n"><Measure parts={unit === 'ms' ? fineDurationParts(value) : partsOf(value, unit)} missing="not known" />{!two && at > 0 && <span className="num-delta t3 s11">{againstFirst(number.values[0], value, unit)}</span>}</td>)}
                  {two && <><td><Difference number={number} /></td><td className="s11" title={number.pValue === null ? undefined : `p = ${number.pValue.toPrecision(2)}`}>{differenceRange(number) ?? <span className="t3">{number.needed > 0 ? enoughText(Math.min(...number.n), number.needed, 'scenes') : 'none'}</span>}</td></>}
                </tr>
              );
            })}
          </tbody>
        </table>
      </ScrollX>
    </Panel>
  );
}

/** Against the first run, for three and more: counts by their difference, all else in percent. */
export function againstFirst(first: number | null | undefined, value: number | null, unit: AnyUnit): string {
  if (first === null || first === undefined || value === null) return '';
  const text = unit === 'count' ? deltaText(value - first, 'count') : first > 0 ? deltaText(value / first - 1, 'ratio') : null;
  return isNothing(text) ? 'the same' : (text ?? '');
}

function isNothing(text: string | null): boolean {
  return text !== null && /^0(\.0+)?(?![\d.])/.test(text);
}

/** The interval in the unit in which the difference stands. */
function differenceRange(number: NumberDifference): string | null {
  const { deltaRatioInterval: interval, values: [first] } = number;
  if (!interval) return null;
  const { unit } = numberWords(number);
  if (number.name === 'durationMs' || first === null || first === undefined) return rangeText(interval.low, interval.high, 'ratio');
  return rangeText(interval.low * first, interval.high * first, unit);
}

function scope(answer: RunDifference): string {
  const scenes = answer.runs.map((run) => run.sceneCount);
  return scenes.every((count) => count === 1) ? 'one scene each' : `median of the scenes, or their sum; ${scenes.join(', ')} scenes`;
}

/** The size in the number's own unit, or in percent where that says more. */
function Difference({ number }: { number: NumberDifference }) {
  const { unit } = numberWords(number);
  if (number.delta === null) return <span className="t3">{number.values.every((value) => value === null) ? 'none' : 'one side only'}</span>;
  const text = unit === 'ms' && number.deltaRatio !== null && number.name === 'durationMs' ? deltaText(number.deltaRatio, 'ratio') : deltaText(number.delta, unit);
  // What rounds to nothing has no direction.
  const still = isNothing(text);
  return (
    <span className={`verdict ${toneOf(number.verdict)}`} title={kVerdictWords[number.verdict]}>
      <Icon name={still ? 'v-none' : number.verdict === 'notEnoughData' ? (number.delta > 0 ? 'arrow-up' : 'arrow-down') : verdictIcon(number.verdict, number.delta)} size={12} />
      <span className="nw">{text}</span><span className="sr">, {kVerdictWords[number.verdict]}</span>
    </span>
  );
}
