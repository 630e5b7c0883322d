import type { NodeDifference, RunDifference } from '@comfytrace/client';
import { kNow } from './samples.ts';

const node = (nodeId: string, classType: string, a: number | null, b: number | null, change: Partial<NodeDifference> = {}): NodeDifference => ({
  nodeId, classType, title: '', durationMs: [a, b], executions: [6, 6], cached: [0, 0], deltaMs: a !== null && b !== null ? b - a : null, deltaRatio: a !== null && b !== null ? b / a - 1 : null, share: null, deltaMsInterval: null, pValue: null, ...change,
});
const nodes = [
  node('13', 'KSampler', 261_000, 263_200), node('15', 'VAEDecode', 41_000, 82_000, { share: 0.77, deltaMsInterval: { low: 38_100, high: 44_200, level: 0.95 }, pValue: 0.002 }), node('7', 'WanImageToVideo', 3_900, 4_000), node('17', 'SaveVideo', 6_600, 6_700),
  node('1', 'UNETLoader', null, null, { cached: [6, 6], executions: [0, 0] }),
];

export const difference: RunDifference = {
  runs: [{ runId: 'like-0', title: 'The Lighthouse Keeper', createdAtMs: kNow - 8 * 86_400_000, sceneCount: 6 }, { runId: 'run-0', title: 'The Lighthouse Keeper', createdAtMs: kNow, sceneCount: 6 }],
  sentence: 'B took 18 % longer than A a scene; what they ran on differs in ComfyUI version', likeForLike: true, notLike: [], outcome: [],
  environment: [{ name: 'ComfyUI version', values: ['0.3.60', '0.3.64'], mayExplain: true }], environmentEqual: ['PyTorch version', 'GPU', 'worker'],
  scenes: [{ sceneIds: ['scene-001', 'scene-001'], parameters: [{ name: 'seed', values: ['1187', '1188'], mayExplain: false }], equal: ['checkpoint', 'steps', 'sampler', 'size'] }],
  numbers: [
    { name: 'durationMs', values: [299_000, 353_000], n: [6, 6], delta: 54_000, deltaRatio: 0.18, deltaRatioInterval: { low: 0.14, high: 0.22, level: 0.95 }, pValue: 0.002, verdict: 'worse', needed: 0 },
    { name: 'queueWaitMs', values: [12_000, 9_000], n: [6, 6], delta: -3_000, deltaRatio: -0.25, deltaRatioInterval: null, pValue: null, verdict: 'notEnoughData', needed: 0 },
    { name: 'vramPeakBytes', values: [22.1 * 2 ** 30, 23.6 * 2 ** 30], n: [6, 6], delta: 1.5 * 2 ** 30, deltaRatio: 0.068, deltaRatioInterval: { low: 0.05, high: 0.08, level: 0.95 }, pValue: 0.004, verdict: 'worse', needed: 0 },
  ],
  nodes, nodeClasses: nodes, nodesMissing: null,
  artifacts: Array.from({ length: 6 }, (_, at) => ({ kind: 'image', nodeId: '9', indexes: [at, at], sceneIds: [`scene-00${at + 1}`, `scene-00${at + 1}`] })),
};
export const unlike: RunDifference = {
  ...difference, sentence: 'The durations cannot be compared: other work', likeForLike: false, notLike: ['model files differ', 'size of work differs'], nodes: [], nodeClasses: [], nodesMissing: 'no node times of A: stock ComfyUI tells them only to whoever queued the prompt', artifacts: [], scenes: [],
  numbers: [{ name: 'durationMs', values: [299_000, 48_000], n: [1, 1], delta: null, deltaRatio: null, deltaRatioInterval: null, pValue: null, verdict: 'notEnoughData', needed: 2 }],
};
const third = <T,>(values: readonly T[]): T[] => [...values, values[0]!];
export const ofThree: RunDifference = {
  ...difference, runs: [...difference.runs, { ...difference.runs[0]!, runId: 'run-9', title: 'The Lighthouse Keeper, draft' }], sentence: '3 runs side by side', environment: difference.environment.map((each) => ({ ...each, values: third(each.values) })),
  scenes: difference.scenes.map((each) => ({ ...each, sceneIds: third(each.sceneIds), parameters: each.parameters.map((row) => ({ ...row, values: third(row.values) })) })), numbers: difference.numbers.map((each) => ({ ...each, values: third(each.values), n: third(each.n) })),
  nodes: nodes.map((each) => ({ ...each, durationMs: third(each.durationMs), executions: third(each.executions), cached: third(each.cached) })), artifacts: difference.artifacts.map((each) => ({ ...each, indexes: third(each.indexes), sceneIds: third(each.sceneIds) })),
};
