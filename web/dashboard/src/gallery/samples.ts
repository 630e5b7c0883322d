import type {
  GroupStatistics, MetricComparison, Parameters, Recommendation, Run, RunComparison, RunSummary, StreamStatus, Trend,
} from '@comfytrace/client';
import type { TelemetryFilter } from '@comfytrace/client/react';
import type { HistogramBin } from '../charts/small-charts.tsx';
import type { ComparisonChartData } from '../charts/chart-data.ts';

// Made-up runs for the gallery; the same each time, so that pictures can be compared.

export const kNow = Date.UTC(2026, 10, 22, 14, 31);
const kDay = 86_400_000;

export function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e37_79b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
}

export function chartData(count = 206, more: Partial<ComparisonChartData> = {}): ComparisonChartData {
  const random = noise(7);
  const from = kNow - 90 * kDay;
  const x = Array.from({ length: count }, (_, at) => Math.round(from + ((at + random() * 0.6) / count) * 90 * kDay));
  const levels: [number, number][] = [[0, 2_016_000], [0.29, 1_796_000], [0.935, 2_118_000]];
  const levelAt = (ms: number) => levels.filter(([share]) => ms >= from + share * 90 * kDay).at(-1)![1];
  const y = x.map((ms) => levelAt(ms) * (1 + 0.013 * normal(random)));
  const cut = (share: number) => from + share * 90 * kDay;
  const words = ['median 33m 36s', 'median 29m 56s', '35m 18s'];
  return {
    series: { unit: 'ms', x, y, runIds: x.map((_, at) => `run-${at}`) },
    segments: levels.map(([share, median], at) => ({ fromMs: cut(share), toMs: levels[at + 1] ? cut(levels[at + 1]![0]) - 1 : kNow, median, low: median * 0.972, high: median * 1.028, label: words[at] })),
    changes: [
      { atMs: cut(0.29), verdict: 'better', what: '19 Sep: −10.9 %', evidence: '95 % −11.6 to −10.1 %, n 61 and 131, confidence high', because: 'torch 2.7.1 to 2.8.0, driver 570.86 to 580.95' },
      { atMs: cut(0.935), verdict: 'worse', what: '16 Nov: +18 %', evidence: '95 % 14 to 22 %, n 131 and 14, confidence high', because: 'ComfyUI 0.3.60 to 0.3.64' },
    ],
    failures: [0.05, 0.21, 0.37, 0.58, 0.73, 0.9].map((share) => ({ atMs: cut(share), word: 'out of memory' })),
    lanes: [
      { name: 'ComfyUI', spans: [{ fromMs: from, toMs: cut(0.12), value: '0.3.55' }, { fromMs: cut(0.12), toMs: cut(0.45), value: '0.3.57' }, { fromMs: cut(0.45), toMs: cut(0.935), value: '0.3.60' }, { fromMs: cut(0.935), toMs: kNow, value: '0.3.64' }] },
      { name: 'torch', spans: [{ fromMs: from, toMs: cut(0.29), value: '2.7.1' }, { fromMs: cut(0.29), toMs: kNow, value: '2.8.0' }] },
      { name: 'driver', spans: [{ fromMs: from, toMs: cut(0.29), value: '570.86' }, { fromMs: cut(0.29), toMs: kNow, value: '580.95' }] },
    ],
    bandWord: '90 % of runs',
    ...more,
  };
}

export function rateData(): ComparisonChartData {
  const random = noise(3);
  const weeks = 12;
  const x = Array.from({ length: weeks }, (_, at) => kNow - (weeks - at) * 7 * kDay);
  const y = x.map(() => 0.9 + random() * 0.09);
  return { series: { unit: 'rate', x, y, lower: y.map((value) => value - 0.06 - random() * 0.05), upper: y.map((value) => Math.min(1, value + 0.04)), n: x.map(() => 20 + Math.floor(random() * 40)) }, bandWord: '95 %' };
}

export function vramData(): ComparisonChartData {
  const random = noise(5);
  const x = Array.from({ length: 24 }, (_, at) => kNow - (24 - at) * kDay);
  const y = x.map((_, at) => (at > 17 ? 23.5 : 22.1) * 2 ** 30 + random() * 2 ** 28);
  return { series: { unit: 'memory', x, y, runIds: x.map((_, at) => `run-${at}`) }, segments: [{ fromMs: x[0]!, toMs: x[23]!, median: 22.2 * 2 ** 30, low: 22 * 2 ** 30, high: 22.5 * 2 ** 30 }], subject: 23, limit: { value: 24 * 2 ** 30, word: '24.0 GiB, limit' } };
}

const cohort: RunComparison['cohort'] = {
  level: 'warmth', n: 42, needed: 0, limit: 50, heldEqual: ['workflow', 'model files', '1280 × 704 × 81, 30 steps', 'RTX 4090', 'cold start'],
  notEqual: [{ what: 'ComfyUI version', thisRun: '0.3.64', cohort: '0.3.60 in 40 of 42', nEqual: 2 }], runIds: [], fromMs: kNow - 90 * kDay, toMs: kNow - kDay,
  sentence: '42 runs of the same workflow, models, size of work, device and start',
};
const metric = (change: Partial<MetricComparison>): MetricComparison => ({
  metric: 'duration', unit: 'ms', verdict: 'worse', sentence: '', value: 2_119_000, baselineMedian: 1_796_000, delta: 323_000, deltaRatio: 0.18, baselineMedianInterval: null,
  deltaRatioInterval: { low: 0.14, high: 0.22, level: 0.95 }, predictionInterval: null, effectSize: 8, pValue: 0.046, variation: 0.012, rank: 43, n: 42, needed: 0, ...change,
});
export const comparison: RunComparison = {
  runId: 'run-0', verdict: 'worse', sentence: '18 % slower than 42 like runs', explanation: 'VAEDecode explains 41 of 53 s a scene', cohort, duration: metric({}),
  vramPeak: metric({ metric: 'vramPeak', unit: 'bytes' }), queueWait: metric({ metric: 'queueWait', verdict: 'noEvidence' }), scenes: [], scenesLeftOut: 0, nodeClasses: [], nodes: [], nodesMissing: null,
};
export const tooFew: RunComparison = {
  ...comparison, verdict: 'notEnoughData', sentence: 'Not enough data', explanation: '', cohort: { ...cohort, level: null, n: 3, needed: 2, heldEqual: [], notEqual: [] },
  duration: metric({ verdict: 'notEnoughData', delta: null, deltaRatio: null, deltaRatioInterval: null, baselineMedian: null, n: 3, needed: 2 }),
};

const distribution = (median: number, spread: number) => ({ n: 1_284, min: median * 0.24, mean: median * 1.1, median, p90: median * 1.4, p95: median * 1.51, p99: median * 1.78, max: median * 5.6, standardDeviation: spread, sum: median * 1.1 * 1_284, exact: true });
const nothing = { n: 0, min: null, mean: null, median: null, p90: null, p95: null, p99: null, max: null, standardDeviation: null, sum: 0, exact: true };
export const statistics: GroupStatistics = {
  key: '', fromMs: null, runs: 1_284, runsOpen: 0, runsSucceeded: 1_238, runsPartial: 9, runsFailed: 31, runsTimedOut: 6, runsCancelled: 0, successRate: 1_238 / 1_284, scenes: 1_311, scenesSucceeded: 1_262,
  attempts: 1_347, attemptsOutOfMemory: 12, attemptsTimedOut: 6, fallbacks: 8, frames: 5_244, executions: 0, durationMs: distribution(47_200, 9_600), queueWaitMs: distribution(12_400, 4_000), vramPeakBytes: distribution(11.8 * 2 ** 30, 2 ** 29),
};
export const noStatistics: GroupStatistics = { ...statistics, runs: 0, runsSucceeded: 0, runsPartial: 0, runsFailed: 0, runsTimedOut: 0, successRate: null, scenes: 0, attempts: 0, frames: 0, durationMs: nothing, queueWaitMs: nothing, vramPeakBytes: nothing };
export const oneRun: GroupStatistics = { ...noStatistics, runs: 1, runsSucceeded: 1, successRate: 1, scenes: 1, attempts: 1, frames: 4, durationMs: { ...nothing, n: 1, min: 48_200, mean: 48_200, median: 48_200, p90: 48_200, p95: 48_200, p99: 48_200, max: 48_200, sum: 48_200 } };

export const bins: HistogramBin[] = Array.from({ length: 24 }, (_, at) => {
  const middle = 25 + at * 2.5;
  return { from: (middle - 1.25) * 1000, to: (middle + 1.25) * 1000, count: Math.round(90 * Math.exp(-(((middle - 37) / 4) ** 2)) + 190 * Math.exp(-(((middle - 47) / 3.4) ** 2)) + 8) };
});

export function summary(at: number, change: Partial<RunSummary> = {}): RunSummary {
  const random = noise(at + 11);
  const names = ['SDXL portrait, batch of 4', 'Casting, red coat', 'Profile, window light', 'Hands study, IP-Adapter', 'Casting, grey wall'];
  return {
    runId: `run-${at}`, title: names[at % names.length]!, status: 'success', exitReason: 'success', createdAtMs: kNow - at * 700_000, startedAtMs: null, finishedAtMs: kNow, durationMs: Math.round(33_000 + random() * 20_000),
    queueWaitMs: 12_000, sceneCount: 1, scenesSucceeded: 1, attemptCount: 1, artifactCount: 1, storyTitle: null, workflowName: 'Portrait studio v5', workflowFingerprint: 'c41d9e07', model: 'sd_xl_base_1.0.safetensors',
    workerIds: ['atlas'], deviceNames: ['cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync'], vramPeakBytes: 11.8 * 2 ** 30, error: null, thumbnail: null, tags: [], archived: false, ...change,
  };
}
export const recent: RunSummary[] = [
  summary(0, { durationMs: 2_119_000 }), summary(124, { durationMs: 2_098_000 }), summary(370, { durationMs: 2_130_000 }), summary(990, { durationMs: 1_791_000 }), summary(1_400, { durationMs: null, status: 'failed', exitReason: 'outOfMemory' }),
];

export const trend: Trend = {
  metric: 'duration', verdict: 'worse', confidence: 'high', sentence: 'Step of +18 % on 16 Nov, when ComfyUI went from 0.3.60 to 0.3.64', runs: 206, runsJudged: 206, runsMissing: 0, runsLeftOut: 0, cohorts: 1, scale: 'plain', scaleSentence: '', fromMs: null, toMs: null,
  median: 1_796_000, variation: 0.012, smallestStep: 0.016,
  steps: [{ atMs: kNow - 6 * kDay, runId: '', verdict: 'worse', confidence: 'high', beforeMedian: 1_796_000, afterMedian: 2_118_000, size: 0.18, sizeInterval: { low: 0.14, high: 0.22, level: 0.95 }, pValue: 0.0001, nBefore: 131, nAfter: 14, whatChanged: [], sentence: '' }],
  slope: { verdict: 'noEvidence', confidence: 'medium', fromMs: 0, n: 14, needed: 0, perDay: null, ratioPerDay: null, ratioPerDayInterval: null, pValue: null, tau: null, sentence: '' },
  series: { bucket: 'run', unit: 'ms', scale: 'plain', xMs: [], y: [], n: [], lower: [], upper: [], runIds: [] },
};

export const recommendation: Recommendation = {
  id: 'tiled', rule: 'silentFallback', cause: 'vae', severity: 'warning', message: 'Decode tiled from the start: the full decode fails after 9.1 s and is retried on 5 of 6 scenes',
  suggestedAction: 'VAEDecodeTiled (512, overlap 64) took 49 s on 12 like scenes', evidenceRunIds: Array.from({ length: 12 }, (_, at) => `run-${at}`), confidence: 0.92, state: 'open', deferredUntilMs: null, createdAtMs: kNow,
};

const attempt = {
  workerId: 'atlas', status: 'success', exitReason: 'success', origin: 'submitted', queueNumber: 0, queuedAtMs: 0, queuedAtSource: 'server', startedAtMs: 0, startedAtSource: 'server', finishedAtMs: 0, finishedAtSource: 'server',
  durationMs: 357_000, queueWaitMs: 12_000, nodeCount: 16, cachedKnown: true, cachedNodeIds: [], nodeTimesKnown: true, artifacts: [], failure: null, validationErrors: [], vramFreeBeforeBytes: null, vramFreeAfterBytes: null,
  vramDeltaBytes: -0.05 * 2 ** 30, vramPeakBytes: 23.6 * 2 ** 30, fallbackNotes: [] as string[], explanations: [],
} as const;
const parameters: Parameters = {
  checkpoints: ['wan2.2_i2v_high_noise_14B_fp8.safetensors'], loras: [{ name: 'lightx2v_4step.safetensors', strengthModel: 1, strengthClip: null }], vaes: ['wan_2.1_vae.safetensors'], textEncoders: ['umt5_xxl_fp8.safetensors'], sampler: 'euler', scheduler: 'simple',
  steps: 30, cfg: 3.5, denoise: 1, width: 1_280, height: 704, batchSize: 1, frames: 81, fps: 16, seed: '1187', positivePrompt: 'a lighthouse keeper climbs the stair, lamp in hand', negativePrompt: 'blur',
};
export function sampleRun(change: Partial<Run> = {}, each: (scene: number) => object[] = () => [{}]): Run {
  return {
    runId: 'run-0', grouped: true, title: 'The Lighthouse Keeper', status: 'success', exitReason: 'success', createdAtMs: kNow, startedAtMs: kNow, finishedAtMs: kNow, durationMs: 2_119_000, queueWaitMs: 12_000, storyId: null, storyTitle: null,
    workflowName: null, tags: [], notes: null, archived: false, artifacts: [], policy: { maxWaitMs: 600_000, pollIntervalMs: 2_000, attemptLimit: 0, postExecutionTimeoutMs: 30_000, retryBudget: 1, frameFloor: 0 },
    scenes: Array.from({ length: 6 }, (_, at) => ({
      sceneId: `scene-00${at + 1}`, title: `Scene ${at + 1}`, status: 'success', exitReason: 'success', workflowFingerprint: '', workSize: null, parameters: { ...parameters, seed: String(1_187 + at) },
      attempts: each(at + 1).map((more, index) => ({ ...attempt, promptId: `p${at}-${index}`, ...more })),
    })) as unknown as Run['scenes'],
    ...change,
  };
}
export const troubledRun = sampleRun({}, (scene) => [
  ...(scene === 1 ? [{ status: 'failed', exitReason: 'outOfMemory' }] : []),
  { fallbackNotes: [...(scene < 6 ? ['VAEDecode fell back to tiled: out of memory on the full decode'] : []), ...(scene === 3 ? ['Power by nvidia-smi, NVML was busy for 40 s; VRAM is from NVML throughout'] : [])] },
]);

export const link: StreamStatus = { state: 'streaming', transport: 'websocket', attempt: 0, nextTryAtMs: null, lastUpdateAtMs: kNow, aliveAtMs: kNow, probeMs: 15_000, lastError: null, bootId: null, version: null, serverOffsetMs: 0 };

const settled = async () => true;
export function heldFilter(change: Partial<TelemetryFilter> = {}): TelemetryFilter {
  return {
    filter: {}, query: '', active: 0, presets: [], presetsState: 'ready', presetsError: null, preset: null, set: () => undefined, change: () => undefined, reset: () => undefined, shareLink: () => 'http://127.0.0.1:8199/runs',
    loadPresets: async () => undefined, applyPreset: () => undefined, savePreset: settled, deletePreset: settled, ...change,
  };
}
export const weeks = Array.from({ length: 52 }, (_, at) => ({ fromMs: kNow - (52 - at) * 7 * kDay, runs: Math.round(noise(at)() * 300) }));
