import type { NodeExecution } from '@comfytrace/client';
import { formatDuration, formatMemory, formatSpan, plural } from '../format.ts';
import { deltaText, enoughText, textOf } from '../measure.ts';
import { kVerdictWords } from '../ui/verdict.tsx';
import type { MemoryPoint, NodeRow } from './node-rows.ts';

/** What is under the crosshair: the time, the node with its baseline, the memory. */
export function NodeTip({ node, row, at, memory, left, right, top }: {
  node: NodeExecution | null; row: NodeRow | null; at: number | null; memory: MemoryPoint | null; left: number; right: number; top: number;
}) {
  const comparison = row?.comparison;
  return (
    <div className="tip float" style={{ left: left > right - 270 ? Math.max(0, left - 262) : left + 12, top: top + 4 }}>
      {at !== null && <div className="t3">at {formatDuration(at)}</div>}
      {node ? (
        <>
          <div><b>{node.classType || `node ${node.nodeId}`}</b> {node.title !== node.classType && node.title}</div>
          <div>node {node.nodeId}{node.displayNodeId !== node.nodeId && `, of node ${node.displayNodeId}`}, {node.state}</div>
          <div>
            {node.startOffsetMs === null ? 'start not told' : `from ${formatDuration(node.startOffsetMs)}`}
            {node.durationMs !== null ? `, took ${formatSpan(node.durationMs)}` : node.state === 'cached' ? ', not executed: held in the cache' : ''}
          </div>
          {row && row.baselineMs !== null && comparison && (
            <div>
              like runs {formatSpan(row.baselineMs)}{comparison.executions > 1 && `, mean of ${plural(comparison.executions, 'execution')}`}: {deltaText(comparison.deltaRatio, 'ratio')},{' '}
              {comparison.verdict === 'notEnoughData' ? enoughText(comparison.n, comparison.needed) : `${kVerdictWords[comparison.verdict]}, n ${comparison.n}`}
            </div>
          )}
          {node.vramPeakBytes !== null && <div>VRAM at its highest {formatMemory(node.vramPeakBytes)}, by torch's count</div>}
          {node.progressMax !== null && <div>step {node.progressValue ?? 0} of {node.progressMax}</div>}
        </>
      ) : <div>no node runs here</div>}
      {memory && at !== null && Math.abs(memory.at - at) < 5_000 && (
        <div>{textOf(memory.usedBytes, 'memory')} used{memory.totalBytes !== null && ` of ${textOf(memory.totalBytes, 'memory')}`}{memory.utilization !== null && `, GPU ${textOf(memory.utilization, 'rate')}`}</div>
      )}
    </div>
  );
}
