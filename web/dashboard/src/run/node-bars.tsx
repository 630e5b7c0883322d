import { useState } from 'react';
import { formatSpan } from '../format.ts';
import { deltaText } from '../measure.ts';
import { verdictTone } from '../ui/verdict.tsx';
import { nodeClass } from './node-class.ts';
import type { NodeRow } from './node-rows.ts';

const kFirst = 5;

/** For narrow screens: where the time went, longest first, with a tick at what like runs took. */
export function NodeBars({ rows }: { rows: readonly NodeRow[] }) {
  const [all, setAll] = useState(false);
  const timed = rows.filter(({ node }) => node.durationMs !== null).sort((a, b) => b.node.durationMs! - a.node.durationMs!);
  const cached = rows.filter(({ node }) => node.state === 'cached').length;
  const shown = all ? timed : timed.slice(0, kFirst);
  const most = Math.max(1, ...timed.map(({ node, baselineMs }) => Math.max(node.durationMs!, baselineMs ?? 0)));
  if (timed.length === 0) return <p className="pb t3 s12">No node's time is known.</p>;
  return (
    <div className="pb stack">
      <ul className="bars" aria-label="Nodes by time">
        {shown.map(({ node, baselineMs, comparison }, index) => (
          <li key={index}>
            <span className="row g6">
              <span className="el">{node.classType || `node ${node.nodeId}`} {node.title !== node.classType && <span className="t3">{node.title}</span>}</span><span className="sp" />
              <span className={`nw ${node.state === 'failed' ? 'bad' : ''}`}>{formatSpan(node.durationMs)}{node.state === 'failed' && ', failed'}</span>
              <span className={`recent-delta ${comparison ? verdictTone(comparison.verdict) : 't3'}`}>{comparison && baselineMs !== null ? deltaText(comparison.deltaRatio, 'ratio') : ''}</span>
            </span>
            <span className="meter" aria-hidden="true">
              <i className={`k-${nodeClass(node.classType)}`} style={{ width: `${(node.durationMs! / most) * 100}%` }} />
              {baselineMs !== null && <b style={{ left: `${(baselineMs / most) * 100}%` }} />}
            </span>
          </li>
        ))}
      </ul>
      <p className="t3 s11">
        {[rows.some((row) => row.baselineMs !== null) ? 'Tick: median of like runs.' : '', cached > 0 ? `${cached} cached.` : '', !all && timed.length > kFirst ? `${timed.length - kFirst} shorter ones folded.` : ''].filter(Boolean).join(' ')}{' '}
        {timed.length > kFirst && <button type="button" className="text-btn" onClick={() => setAll(!all)}>{all ? 'Fewer' : `All ${timed.length}`}</button>}
      </p>
    </div>
  );
}
