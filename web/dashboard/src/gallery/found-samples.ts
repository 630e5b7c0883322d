import type { Alert, AlertRule, Deviation, Deviations, GroupStatistics, Health, Statistics, Trend } from '@comfytrace/client';
import { kNow, statistics, trend } from './samples.ts';

// What trends, insights and settings ask for.

const kDay = 86_400_000;

const group = (key: string, runs: number, medianMs: number, sumMs: number): GroupStatistics => ({ ...statistics, key, runs, durationMs: { ...statistics.durationMs, n: runs, median: medianMs, sum: sumMs } });
export const kByClass: Statistics = { total: statistics, groupsLeftOut: 0, groups: [group('KSampler', 1_284, 31_400, 41_000_000), group('VAEDecode', 1_280, 8_200, 10_900_000), group('CLIPTextEncode', 1_284, 740, 1_010_000), group('CheckpointLoaderSimple', 212, 6_200, 1_320_000)] };
export const kByReason: Statistics = { total: statistics, groupsLeftOut: 0, groups: [group('success', 1_238, 47_200, 1), group('outOfMemory', 24, 9_100, 1), group('executionError', 7, 3_100, 1), group('maxWait', 6, 600_000, 1), group('interrupted', 9, 4_000, 1)] };
export const kByWorkflow: Statistics = { total: { ...statistics, durationMs: { ...statistics.durationMs, sum: 66_800_000 } }, groupsLeftOut: 0, groups: [group('Portrait studio v5', 1_092, 47_200, 51_500_000), group('Keyframe + Wan 2.2 i2v', 42, 357_000, 15_100_000), group('', 12, 14_000, 200_000)] };
export const kNoGroups: Statistics = { total: { ...statistics, runs: 0 }, groups: [], groupsLeftOut: 0 };

const weeks = Array.from({ length: 12 }, (_, at) => kNow - (11 - at) * 7 * kDay);
export const kRateTrend: Trend = {
  ...trend, metric: 'successRate', verdict: 'noEvidence', sentence: 'No step: 96 of 100 succeed', steps: [], median: 0.964,
  series: { bucket: 'week', unit: 'rate', scale: 'plain', xMs: weeks, y: weeks.map((_, at) => 0.93 + (at % 5) * 0.015), n: weeks.map((_, at) => 60 + at * 7), lower: weeks.map(() => 0.88), upper: weeks.map(() => 0.99), runIds: weeks.map((_, at) => `run-${at}`) },
};

export const alert: Alert = {
  id: 'a1', rule: 'workerLost', severity: 'critical', subject: 'cinder', message: 'cinder does not answer for 6 min: connection refused', runId: null, workerId: 'cinder', evidence: { disconnectedMs: 360_000, attempts: 13 }, raisedAtMs: kNow - 300_000,
  clearedAtMs: null, acknowledgedAtMs: null, toldAtMs: kNow - 299_000, heldBack: false,
};
export const deviation: Deviation = {
  subject: 'run', runId: 'run-0', createdAtMs: kNow - 600_000, workflow: 'Portrait studio v5', sceneId: '', classType: '', metric: 'durationMs', verdict: 'worse', value: 71_400, baselineMedian: 47_200, ratio: 1.51, pValue: 0.003, n: 42, level: 'warmth',
  inARow: 3, persistent: true, runIds: ['run-0', 'run-3', 'run-5'], sentence: 'took 1m 11s, 51 % more than the median of 42 like runs',
};
export const kDeviations: Deviations = { deviations: [deviation], runs: 50, runsWithoutBaseline: 4, tests: 312, sentence: '1 of 50 runs deviates; 312 tests, adjusted' };

export const rule: AlertRule = { name: 'workerLost', sentence: 'A worker does not answer.', severity: 'critical', enabled: true, thresholds: [{ name: 'after_s', value: 300, default: 300, least: 30, most: 86_400, sentence: 'for so many seconds' }] };

const sink = { name: 'phone', kind: 'webhook', target: 'ntfy.sh', minSeverity: 'warning', waiting: 0, delivered: 12, lost: 0, deliveredAtMs: kNow - 3_600_000, lastError: null } as const;
export const health: Health = {
  status: 'ok', version: '0.1.0', bootId: 'b', startedAtMs: kNow - 3 * kDay, nowMs: kNow,
  history: { kind: 'sqlite', location: '/home/you/.local/share/comfytrace/history.db', schemaVersion: 3, runs: 1_003_441, bytes: 811 * 2 ** 20, oldestRunAtMs: kNow - 900 * kDay, newestRunAtMs: kNow - 60_000 },
  writer: { pending: 0, failing: false, lastError: null }, cost: { cpuRatio: 0.003, residentBytes: 28 * 2 ** 20 }, workers: { total: 3, connected: 2 },
  alerts: { open: 1, sinks: [{ ...sink }, { ...sink, name: 'desktop', kind: 'command', target: 'notify-send', waiting: 2, lost: 1, lastError: 'exit code 1' }] },
  setup: { listenHost: '127.0.0.1', listenPort: 8199, tokenNeeded: false, configFile: '/home/you/.config/comfytrace/config.toml', retention: { days: 365, maxBytes: null } }, counters: [],
};
