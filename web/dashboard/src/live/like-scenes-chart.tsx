import { memo, useRef } from 'react';
import { kGap, plural } from '../format.ts';
import { enoughText, textOf } from '../measure.ts';
import { Icon } from '../ui/icon.tsx';
import { useWidth } from '../ui/media.ts';
import { Skeleton } from '../ui/parts.tsx';
import { isAbsent, type PartState } from '../ui/states.tsx';
import { dotColumns, spanOf, standingText, type LikeScenes } from './like-scenes.ts';
import './live.css';

export interface LikeScenesChartProps {
  state: PartState;
  like: LikeScenes | null;
  elapsedMs: number | null;
  /** What it will have taken in the end; null: no claim. */
  expected: { ms: number; lowMs: number | null; highMs: number | null } | null;
  /** How often such intervals held. */
  score: string | null;
}

const kHeightPx = 56;
const kBasePx = 40;
const kDotPx = 4.6;

/** How long like scenes took, a dot each, and where this one will be among them. */
export const LikeScenesChart = memo(function LikeScenesChart({ state, like, elapsedMs, expected, score }: LikeScenesChartProps) {
  const few = like !== null && (like.cohort.level === null || like.durationsMs.length === 0);
  const shown = like !== null && !few ? like : null;
  const standing = shown && standingText(shown.durationsMs, elapsedMs, expected?.ms ?? null);
  const shaded = shown && expected?.lowMs != null && expected.highMs != null ? `shaded: 80${kGap}%${score ? `, ${score}` : ''}` : null;
  const foot = shown ? [standing, held(shown)].filter(Boolean).join('; ') : few ? like.cohort.sentence.replace(/^Not enough data: /, '') : '\u00a0';
  return (
    <section className="likes" aria-label="Among like scenes" data-state={isAbsent(state) ? state.is : few ? 'notEnough' : 'ready'}>
      <div className="row s11 t3">
        <span className="nw">{shown ? `How long ${plural(shown.durationsMs.length, 'like scene')} took` : 'How long like scenes took'}</span>
        <span className="sp" />
        <span className="el">{shaded}</span>
      </div>
      <div className="likes-plot">
        {shown ? <Dots durationsMs={shown.durationsMs} elapsedMs={elapsedMs} expected={expected} standing={standing} />
          : few ? <p className="note"><Icon name="s-nodata" size={14} className="t3" /><span><b>Not enough data: {enoughText(like.cohort.n, like.cohort.needed, 'like scenes')}</b></span></p>
          : state.is === 'error' ? <p className="note" role="alert"><Icon name="s-failed" size={14} className="bad" /><span>Not read: {state.detail} {state.onRetry && <button type="button" className="text-btn" onClick={state.onRetry}>Retry</button>}</span></p>
          : <Skeleton width="100%" height={34} />}
      </div>
      <p className="s11 t3 likes-foot" title={foot}>{foot}</p>
    </section>
  );
});

function held({ cohort, durationsMs }: LikeScenes): string {
  const differing = cohort.notEqual.flatMap(({ what, thisRun }) => (thisRun === null ? [] : [what]));
  const unknown = cohort.notEqual.flatMap(({ what, thisRun }) => (thisRun === null ? [what] : []));
  return [
    cohort.heldEqual.length > 0 ? `held equal: ${cohort.heldEqual.join(', ')}` : null,
    differing.length > 0 ? `differs: ${differing.join(', ')}` : null,
    unknown.length > 0 ? `not known yet: ${unknown.join(', ')}` : null,
    durationsMs.length < cohort.n ? `${durationsMs.length} of ${cohort.n} read` : null,
  ].filter(Boolean).join('; ');
}

function Dots({ durationsMs, elapsedMs, expected, standing }: { durationsMs: readonly number[]; elapsedMs: number | null; expected: LikeScenesChartProps['expected']; standing: string | null }) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box, 488);
  const longest = Math.max(...durationsMs);
  // Before the shortest of them it would only push them all to one side.
  const passed = elapsedMs !== null && elapsedMs >= Math.min(...durationsMs) ? elapsedMs : null;
  const { lowMs, highMs } = spanOf(durationsMs, [expected?.lowMs ?? null, expected?.ms ?? null, expected?.highMs ?? null, passed]);
  const x = (ms: number) => 3 + ((ms - lowMs) / (highMs - lowMs)) * (width - 6);
  const dots = dotColumns(durationsMs, x, kDotPx);
  const step = Math.min(kDotPx, (kBasePx - 8) / Math.max(1, ...dots.map(({ below }) => below + 1)));
  const over = passed !== null && passed > longest;
  return (
    <div ref={box}>
      <svg width={width} height={kHeightPx} role="img" aria-label={`${plural(durationsMs.length, 'like scene')} took ${textOf(Math.min(...durationsMs), 'ms')} to ${textOf(longest, 'ms')}${standing ? `; this one: ${standing}` : ''}`}>
        {expected?.lowMs != null && expected.highMs != null && <rect className="likes-band" x={x(expected.lowMs)} y={2} width={Math.max(2, x(expected.highMs) - x(expected.lowMs))} height={kBasePx - 2} rx={2} />}
        {dots.map(({ column, below }, at) => <circle key={at} className="c-ref" cx={column * kDotPx} cy={kBasePx - 3 - below * step} r={1.9} />)}
        <path className="al" d={`M0 ${kBasePx}H${width}`} />
        {expected && <path className="likes-expected" d={`M${x(expected.ms)} 2V${kBasePx}`} />}
        {passed !== null && <path className={over ? 'likes-over' : 'c-median'} d={`M${x(passed)} 2V${kBasePx}`} />}
        <text className="ax" x={0} y={kHeightPx - 3}>{textOf(lowMs, 'ms')}</text>
        <text className="ax" x={width / 2} y={kHeightPx - 3} textAnchor="middle">{textOf((lowMs + highMs) / 2, 'ms')}</text>
        <text className="ax" x={width} y={kHeightPx - 3} textAnchor="end">{textOf(highMs, 'ms')}</text>
      </svg>
    </div>
  );
}
