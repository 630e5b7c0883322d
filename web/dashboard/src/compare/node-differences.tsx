import type { NodeDifference, RunDifference } from '@comfytrace/client';
import { useRef, useState } from 'react';
import { fineDurationParts, formatSpan, joinParts, plural } from '../format.ts';
import { deltaText, rangeText } from '../measure.ts';
import { ticks } from '../run/ticks.ts';
import { Icon } from '../ui/icon.tsx';
import { useWidth } from '../ui/media.ts';
import { StatePanel, type PartState } from '../ui/states.tsx';
import { deltaRange, findingsOf, isCachedInAll, isFinding, letterOf, longestMs } from './compared.ts';
import { ScrollX } from '../ui/scroll-x.tsx';

const kFirst = 10;

/** What each node took in each run, and how far the last is from the first. */
export function NodeDifferences({ answer }: { answer: RunDifference }) {
  const [byClass, setByClass] = useState(false);
  const [all, setAll] = useState(false);
  const [asTable, setAsTable] = useState(false);
  const source = byClass ? answer.nodeClasses : answer.nodes;
  const timed = source.filter((node) => node.durationMs.some((value) => value !== null));
  const cached = source.filter(isCachedInAll).length;
  const shown = all ? timed : timed.slice(0, kFirst);
  const state: PartState = timed.length > 0
    ? { is: 'ready', caveat: answer.nodesMissing ? { is: 'partial', detail: answer.nodesMissing } : null }
    : { is: 'empty', icon: 'puzzle', title: 'No node times', next: answer.nodesMissing ?? 'None of these runs has nodes whose times are known.' };
  const findings = findingsOf(timed);
  return (
    <StatePanel
      label="Node by node" title="Node by node" about={`median of the scenes that executed it${answer.runs.length === 2 ? '; whisker: 95 % interval of the difference' : `; at right ${letterOf(answer.runs.length - 1)} against A`}`} state={state} minHeight={300}
      actions={(
        <>
          <span className="row g12 cmp-keys-row">{answer.runs.map((_, at) => <span className="lg" key={at}><i className={at === answer.runs.length - 1 ? 'k-last' : at > 0 ? 'k-mid' : 'k-ref'} />{letterOf(at)}</span>)}</span>
          <span className="seg" role="group" aria-label="By"><button type="button" className={byClass ? '' : 'on'} aria-pressed={!byClass} onClick={() => setByClass(false)}>Nodes</button><button type="button" className={byClass ? 'on' : ''} aria-pressed={byClass} onClick={() => setByClass(true)}>Classes</button></span>
          <button type="button" className="btn sm ghost icon" aria-pressed={asTable} aria-label={asTable ? 'As bars' : 'As a table'} title={asTable ? 'Bars' : 'Table'} onClick={() => setAsTable(!asTable)}><Icon name="table-2" size={13} /></button>
        </>
      )}
      foot={(cached > 0 || findings.length > 0 || timed.length > kFirst) && (
        <span className="row wrap g12">
          <span>{[cached > 0 ? `${plural(cached, byClass ? 'class' : 'node', byClass ? 'classes' : 'nodes')} cached in all runs left out` : '', shareWords(findings)].filter(Boolean).join('. ')}</span>
          {timed.length > kFirst && <button type="button" className="text-btn" onClick={() => setAll(!all)}>{all ? 'Fewer' : `All ${timed.length}`}</button>}
        </span>
      )}
    >
      {asTable ? <NodeTable nodes={shown} runs={answer.runs.length} /> : <NodeBars nodes={shown} runs={answer.runs.length} />}
    </StatePanel>
  );
}

function shareWords(findings: readonly NodeDifference[]): string {
  const known = findings.filter((node) => node.share !== null);
  if (known.length === 0) return '';
  const share = known.reduce((sum, node) => sum + node.share!, 0);
  const names = known.map((node) => node.classType || node.nodeId).slice(0, 3).join(', ');
  if (share > 1.005) return `${names} ${known.length === 1 ? 'differs' : 'differ'} by more than the whole; the others went the other way`;
  return `${names} ${known.length === 1 ? 'makes' : 'make'} ${deltaText(share, 'rate')!.replace('+', '')} of the difference`;
}

function NodeBars({ nodes, runs }: { nodes: readonly NodeDifference[]; runs: number }) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box, 760);
  const narrow = width < 560;
  const nameWide = narrow ? 0 : Math.min(190, width * 0.24);
  const numberWide = 96;
  const deltaWide = narrow ? 0 : Math.min(170, width * 0.22);
  const barsWide = width - nameWide - deltaWide - numberWide - 56;
  const bar = runs > 2 ? 7 : 9;
  const row = (narrow ? 20 : 8) + runs * (bar + 3) + 6;
  const most = longestMs(nodes);
  const range = deltaRange(nodes);
  const x = (ms: number) => nameWide + (ms / most) * Math.max(40, barsWide);
  const d0 = width - numberWide - deltaWide;
  const dx = (ms: number) => d0 + ((ms - range.low) / (range.high - range.low)) * (deltaWide - 16);
  const scale = ticks(most, Math.max(2, Math.floor(barsWide / 90)));
  const height = 20 + nodes.length * row;
  return (
    <div className="node-diffs"><div ref={box}>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${nodes.length} nodes; ${nodes.filter(isFinding).map((node) => `${node.classType} ${deltaText(node.deltaRatio, 'ratio')}`).join(', ') || 'none stands out'}`}>
        {scale.map((tick) => <g key={tick.ms}><path className="gl" d={`M${x(tick.ms)} 18V${height}`} /><text className="ax" x={x(tick.ms)} y={12} textAnchor={tick.ms === 0 ? 'start' : 'middle'}>{tick.word}</text></g>)}
        {!narrow && <><path className="al" d={`M${dx(0)} 18V${height}`} /><text className="ax" x={dx(0)} y={12} textAnchor="middle">0</text><text className="ax" x={d0 + deltaWide - 16} y={12} textAnchor="end">{range.high > 1 ? deltaText(range.high, 'ms') : ''}</text></>}
        {nodes.map((node, index) => {
          const top = 20 + index * row;
          const finding = isFinding(node);
          const tone = finding ? ((node.deltaMs ?? 0) > 0 ? 'warn' : 'ok') : null;
          const name = node.classType || `node ${node.nodeId}`;
          const first = top + (narrow ? 18 : 5);
          return (
            <g key={`${node.nodeId} ${node.classType}`}>
              {tone && <rect x={0} y={top} width={width} height={row - 2} rx={3} fill={`var(--${tone}-soft)`} />}
              <text x={6} y={narrow ? top + 13 : first + (runs * (bar + 3)) / 2 + 3} fontSize="12" fill="var(--text)">
                {cut(name, narrow ? 30 : 17)}{node.title && node.title !== name && <tspan dx={5} fill="var(--text-3)">{cut(node.title, Math.max(4, (narrow ? 36 : 25) - name.length))}</tspan>}
                <title>{`${name} ${node.title}`}</title>
              </text>
              {node.durationMs.map((value, at) => {
                const y = first + at * (bar + 3);
                return value === null
                  ? <text key={at} className="ax" x={x(0) + 4} y={y + bar - 0.5}>{(node.cached[at] ?? 0) > 0 ? 'cached' : 'not executed'}</text>
                  : (
                    <g key={at}>
                      <rect x={x(0)} y={y} width={Math.max(2, x(value) - x(0))} height={bar} rx={2} {...(at > 0 && at < runs - 1 ? { fill: 'none', stroke: 'var(--c-ref)' } : { fill: at === runs - 1 ? 'var(--c-main)' : 'var(--c-ref)' })} />
                      <text className={at === runs - 1 ? 'ax1' : 'ax'} x={x(value) + 6} y={y + bar - 0.5}>{fineSpan(value)}</text>
                    </g>
                  );
              })}
              {!narrow && node.deltaMs !== null && (
                <>
                  <rect x={Math.min(dx(0), dx(node.deltaMs))} y={first + (runs * (bar + 3)) / 2 - 7} width={Math.max(1, Math.abs(dx(node.deltaMs) - dx(0)))} height={11} rx={2} fill={tone ? `var(--${tone})` : 'var(--c-ref)'} opacity={tone ? 0.85 : 0.6} />
                  {node.deltaMsInterval && <path className="whisk" d={`M${dx(node.deltaMsInterval.low)} ${first + (runs * (bar + 3)) / 2 - 1.5}H${dx(node.deltaMsInterval.high)}m0 -3.5v7M${dx(node.deltaMsInterval.low)} ${first + (runs * (bar + 3)) / 2 - 5}v7`} />}
                </>
              )}
              <text x={width - 6} y={first + (node.deltaMsInterval ? 7 : 11)} textAnchor="end" fontSize="12" fontWeight={finding ? 600 : 400} fill={tone ? `var(--${tone})` : 'var(--text-2)'}>{deltaText(node.deltaRatio, 'ratio') ?? deltaText(node.deltaMs, 'ms') ?? 'one side only'}</text>
              {node.deltaMsInterval && !narrow && <text className="ax" x={width - 6} y={first + 20} textAnchor="end">{rangeText(node.deltaMsInterval.low, node.deltaMsInterval.high, 'ms')}</text>}
            </g>
          );
        })}
      </svg>
    </div></div>
  );
}

function fineSpan(ms: number | null): string | null {
  const parts = ms === 0 ? null : fineDurationParts(ms);
  return parts ? joinParts(parts) : formatSpan(ms);
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function NodeTable({ nodes, runs }: { nodes: readonly NodeDifference[]; runs: number }) {
  return (
    <ScrollX label="The nodes, sideways">
      <table className="tbl">
        <thead><tr><th>Node</th>{Array.from({ length: runs }, (_, at) => <th key={at} className="r cw-90">{letterOf(at)}</th>)}<th className="r cw-90">Difference</th><th className="r cw-110">95 %</th><th className="r cw-80">Share</th></tr></thead>
        <tbody>
          {nodes.map((node) => (
            <tr key={`${node.nodeId} ${node.classType}`}>
              <td className="m el">{node.classType || node.nodeId} <span className="t3">{node.title}</span></td>
              {node.durationMs.map((value, at) => <td key={at} className="r n">{fineSpan(value) ?? ((node.cached[at] ?? 0) > 0 ? 'cached' : 'not executed')}</td>)}
              <td className="r">{deltaText(node.deltaMs, 'ms') ?? ''}</td><td className="r">{rangeText(node.deltaMsInterval?.low, node.deltaMsInterval?.high, 'ms') ?? 'none'}</td><td className="r">{deltaText(node.share, 'rate')?.replace('+', '') ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}
