// Answers for Runs, Trends, Insights and Settings, made of the mock's runs in the shapes of docs/api.md.
import { summaryOf } from './data.mjs';

const kDay = 86_400_000;
const quantile = (sorted, p) => {
  if (sorted.length === 0) return null;
  const at = (sorted.length - 1) * p;
  return sorted[Math.floor(at)] + (sorted[Math.ceil(at)] - sorted[Math.floor(at)]) * (at - Math.floor(at));
};
const distribution = (values) => {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  const sum = sorted.reduce((a, b) => a + b, 0);
  const mean = sorted.length ? sum / sorted.length : null;
  return {
    n: sorted.length, min: sorted[0] ?? null, mean, median: quantile(sorted, 0.5), p90: quantile(sorted, 0.9), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99), max: sorted.at(-1) ?? null,
    standardDeviation: sorted.length > 1 ? Math.sqrt(sorted.reduce((all, value) => all + (value - mean) ** 2, 0) / (sorted.length - 1)) : null, sum, exact: true,
  };
};

function group(key, list, fromMs = null) {
  const count = (status) => list.filter((run) => run.status === status).length;
  const judged = count('success') + count('partial') + count('failed') + count('timeout');
  return {
    key, fromMs, runs: list.length, runsOpen: count('queued') + count('executing'), runsSucceeded: count('success'), runsPartial: count('partial'), runsFailed: count('failed'), runsTimedOut: count('timeout'),
    runsCancelled: count('cancelled'), successRate: judged ? count('success') / judged : null, scenes: list.reduce((sum, run) => sum + run.sceneCount, 0), scenesSucceeded: list.reduce((sum, run) => sum + run.scenesSucceeded, 0),
    attempts: list.reduce((sum, run) => sum + run.attemptCount, 0), attemptsOutOfMemory: 0, attemptsTimedOut: 0, fallbacks: 0, frames: 0, executions: 0,
    durationMs: distribution(list.map((run) => run.durationMs)), queueWaitMs: distribution(list.map((run) => run.queueWaitMs)), vramPeakBytes: distribution(list.map((run) => run.vramPeakBytes)),
  };
}

const devices = { 'w-atlas': 'NVIDIA GeForce RTX 4090', 'w-borealis': 'NVIDIA GeForce RTX 3090' };
const keysOf = {
  none: () => [], workflow: (run) => [run.workflowName ?? run.workflowFingerprint], model: (run) => [run.model ?? ''], worker: (run) => run.workerIds, gpu: (run) => run.workerIds.map((id) => devices[id] ?? ''), status: (run) => [run.status],
  exitReason: (run) => [run.exitReason ?? ''], comfyuiVersion: (run) => [run.workerIds.includes('w-atlas') ? '0.3.64' : '0.3.60'], story: (run) => [run.storyTitle ?? ''], tag: (run) => (run.tags.length ? run.tags : ['']),
};

function statistics(found, url) {
  const by = url.searchParams.get('groupBy') ?? 'none';
  const list = found.map(({ run }) => summaryOf(run));
  const groups = new Map();
  const put = (key, run, fromMs = null) => groups.set(key, { list: [...(groups.get(key)?.list ?? []), run], fromMs });
  if (by === 'nodeClass') {
    const times = new Map();
    for (const { timeline } of found) for (const attempt of timeline.attempts) for (const node of attempt.nodes) if (node.durationMs) times.set(node.classType, [...(times.get(node.classType) ?? []), node.durationMs]);
    return { total: group('', list), groups: [...times].map(([key, values]) => ({ ...group(key, []), runs: values.length, executions: values.length, durationMs: distribution(values) })), groupsLeftOut: 0 };
  }
  const span = { hour: kDay / 24, day: kDay, week: 7 * kDay, month: 30 * kDay }[by];
  for (const run of list) {
    if (span) {
      const from = Math.floor((run.createdAtMs - 4 * kDay) / span) * span + 4 * kDay;
      put(new Date(from).toISOString(), run, from);
    } else for (const key of keysOf[by](run)) put(key, run);
  }
  const made = [...groups].map(([key, { list: runs, fromMs }]) => group(key, runs, fromMs));
  return { total: group('', list), groups: span ? made.sort((a, b) => a.fromMs - b.fromMs) : made.sort((a, b) => b.runs - a.runs), groupsLeftOut: 0 };
}

function baselines(runs, ids) {
  return ids.flatMap((id) => {
    const made = runs.find(({ run }) => run.runId === id);
    if (!made) return [];
    const run = summaryOf(made.run);
    const like = runs.map((each) => summaryOf(each.run)).filter((each) => each.status === 'success' && each.workflowName === run.workflowName && each.workerIds[0] === run.workerIds[0] && each.title === run.title && each.createdAtMs < run.createdAtMs);
    const times = like.map((each) => each.durationMs).sort((a, b) => a - b);
    const enough = times.length >= 5;
    const median = enough ? quantile(times, 0.5) : null;
    const delta = median && run.durationMs ? run.durationMs / median - 1 : null;
    const verdict = !enough ? 'notEnoughData' : delta > 0.22 ? 'worse' : delta < -0.22 ? 'better' : 'noEvidence';
    return [{ runId: id, verdict, deltaRatio: delta, medianMs: median, lowerMs: enough ? quantile(times, 0.25) : null, upperMs: enough ? quantile(times, 0.75) : null, n: times.length, needed: Math.max(0, 5 - times.length), recentMs: like.slice(0, 12).map((each) => each.durationMs).reverse(), sentence: enough ? `${times.length} runs of the same workflow, model files and size of work` : `${times.length} runs like it; ${5 - times.length} more are needed` }];
  });
}

let seed = 7;
const random = () => ((seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648);
const noise = () => (random() + random() + random() - 1.5) / 1.5;

function trend(runs, url, now) {
  const metric = url.searchParams.get('metric') ?? 'duration';
  seed = 7;
  if (metric === 'successRate') {
    const weeks = Array.from({ length: 13 }, (_, at) => now - (13 - at) * 7 * kDay);
    const rates = weeks.map(() => 0.93 + noise() * 0.05);
    return { metric, verdict: 'noEvidence', confidence: 'low', sentence: 'Success rate: 95 % of 571 runs, no evidence of a trend', runs: 571, runsJudged: 571, runsMissing: 0, runsLeftOut: 0, cohorts: 1, scale: 'plain', scaleSentence: '', fromMs: weeks[0], toMs: now, median: 0.95, variation: null, smallestStep: null, steps: [],
      slope: { verdict: 'noEvidence', confidence: 'low', fromMs: weeks[0], n: 13, needed: 0, perDay: 0, ratioPerDay: 0, ratioPerDayInterval: null, pValue: 0.61, tau: 0.1, sentence: 'no evidence of a drift (p 0.61)' },
      series: { bucket: 'week', unit: 'rate', scale: 'plain', xMs: weeks, y: rates, n: rates.map(() => 44), lower: rates.map((rate) => rate - 0.08), upper: rates.map((rate) => Math.min(1, rate + 0.04)), runIds: [] } };
  }
  const xMs = Array.from({ length: 206 }, (_, at) => Math.round(now - 90 * kDay + (at / 205) * 90 * kDay));
  const base = metric === 'vramPeak' ? 14 * 2 ** 30 : metric === 'queueWait' ? 12_000 : 2_016_000;
  const level = (at) => (at < 61 ? 1 : at < 192 ? 0.891 : 1.05);
  const y = xMs.map((_, at) => Math.round(base * level(at) * (1 + 0.012 * noise())));
  const step = (at, verdict, size, before, after, whatChanged, sentence) => ({ atMs: xMs[at], runId: runs[at % runs.length]?.run.runId ?? '', verdict, confidence: 'high', beforeMedian: base * before, afterMedian: base * after, size, sizeInterval: { low: size - 0.01, high: size + 0.01, level: 0.95 }, pValue: 1e-6, nBefore: 61, nAfter: 131, whatChanged, sentence });
  return {
    metric, verdict: 'worse', confidence: 'high', sentence: '18 % slower since 16 Nov, when ComfyUI went from 0.3.60 to 0.3.64', runs: 214, runsJudged: 206, runsMissing: 2, runsLeftOut: 6, cohorts: 1, scale: 'plain', scaleSentence: 'All runs are of one kind.', fromMs: xMs[0], toMs: xMs.at(-1), median: base * 0.9, variation: 0.012, smallestStep: 0.016,
    steps: [
      step(61, 'better', -0.109, 1, 0.891, [{ what: 'PyTorch version', before: '2.7.1+cu126', after: '2.8.0+cu128', atMs: xMs[61], explainsRatio: 1 }], '11 % faster'),
      step(192, 'worse', 0.178, 0.891, 1.05, [{ what: 'ComfyUI version', before: '0.3.60', after: '0.3.64', atMs: xMs[192], explainsRatio: 1 }], '18 % slower'),
    ],
    slope: { verdict: 'noEvidence', confidence: 'low', fromMs: xMs[192], n: 14, needed: 0, perDay: 0, ratioPerDay: -0.0001, ratioPerDayInterval: { low: -0.001, high: 0.001, level: 0.95 }, pValue: 0.5, tau: 0, sentence: 'Since then no evidence of a drift (14 runs, p 0.5).' },
    series: { bucket: 'run', unit: metric === 'vramPeak' ? 'bytes' : 'ms', scale: 'plain', xMs, y, n: xMs.map(() => 1), lower: xMs.map(() => null), upper: xMs.map(() => null), runIds: xMs.map((_, at) => runs[at % runs.length]?.run.runId ?? '') },
  };
}

const noTrend = (metric) => ({
  metric, verdict: 'notEnoughData', confidence: 'low', sentence: 'No run to judge', runs: 0, runsJudged: 0, runsMissing: 0, runsLeftOut: 0, cohorts: 0, scale: 'plain', scaleSentence: '', fromMs: null, toMs: null, median: null, variation: null, smallestStep: null, steps: [],
  slope: { verdict: 'notEnoughData', confidence: 'low', fromMs: 0, n: 0, needed: 8, perDay: null, ratioPerDay: null, ratioPerDayInterval: null, pValue: null, tau: null, sentence: '' },
  series: { bucket: 'run', unit: 'ms', scale: 'plain', xMs: [], y: [], n: [], lower: [], upper: [], runIds: [] },
});

const rules = [
  { rule: 'outOfMemory', meaning: 'Attempts of a workflow end out of memory.', thresholds: [{ name: 'minAttempts', value: 3, min: 1, max: 1000, unit: 'attempts', meaning: 'So many attempts at least.' }, { name: 'warnAbove', value: 0.1, min: 0, max: 1, unit: 'rate', meaning: 'A warning above this share.' }] },
  { rule: 'successRate', meaning: 'A workflow succeeds less often than it did.', thresholds: [{ name: 'warnBelow', value: 0.9, min: 0, max: 1, unit: 'rate', meaning: 'A warning below this rate.' }] },
  { rule: 'vramLeak', meaning: 'Memory still held after a run grows from run to run.', thresholds: [{ name: 'minRuns', value: 8, min: 3, max: 1000, unit: 'runs', meaning: 'So many runs at least.' }] },
];
const alertRules = [
  { name: 'deviation', sentence: "A workflow's runs are outside of their baseline, run after run.", severity: 'warning', enabled: true, thresholds: [{ name: 'min_ratio', value: 1.25, default: 1.25, least: 1.01, most: 100, sentence: 'times the baseline, or its inverse' }] },
  { name: 'failureStreak', sentence: 'Runs in a row failed or timed out.', severity: 'critical', enabled: true, thresholds: [{ name: 'runs', value: 3, default: 3, least: 2, most: 1000, sentence: 'so many in a row' }] },
  { name: 'workerDown', sentence: 'A worker is not reachable.', severity: 'critical', enabled: true, thresholds: [{ name: 'after_s', value: 300, default: 60, least: 1, most: 86_400, sentence: 'after so many seconds' }] },
  { name: 'diskFull', sentence: "Little is free on the history's disk.", severity: 'critical', enabled: false, thresholds: [{ name: 'min_free_bytes', value: 2 ** 29, default: 2 ** 29, least: 0, most: 2 ** 50, sentence: 'less than so many bytes free' }] },
];
export const sinks = [
  { name: 'phone', kind: 'webhook', target: 'ntfy.sh', minSeverity: 'warning', waiting: 0, delivered: 12, lost: 0, deliveredAtMs: Date.now() - 3_600_000, lastError: null },
  { name: 'desktop', kind: 'command', target: 'on-alert', minSeverity: 'info', waiting: 1, delivered: 3, lost: 1, deliveredAtMs: Date.now() - 9_000_000, lastError: 'exit code 1' },
];

function recommendations(runs, now) {
  const ids = (from, count) => runs.slice(from, from + count).map(({ run }) => run.runId);
  const one = (id, rule, severity, message, suggestedAction, evidence, confidence, more = {}) => ({ id, rule, cause: `${rule}:${id}`, severity, message, suggestedAction, evidenceRunIds: evidence, confidence, state: 'open', deferredUntilMs: null, createdAtMs: now - 900_000, ...more });
  return [
    one('r1', 'vramLeak', 'warning', 'Memory held after a run on atlas grows by 0.26 GiB a run: it runs out in about 19 runs.', 'Free memory between takes: POST /free {"unload_models": true}. It costs one cold load on the next run.', ids(4, 38), 0.92),
    one('r2', 'outOfMemory', 'critical', '5 of 6 attempts of Tide test 1080p on borealis ended out of memory.', 'Decode tiled, or lower the batch.', ids(20, 6), 0.84),
    one('r3', 'coldLoads', 'info', 'Model loads take 14 % of GPU time: 61 loads for 92 runs.', 'Group portraits by checkpoint.', ids(40, 92), 0.61),
    one('r4', 'timeouts', 'info', '27 % of attempts end by max wait; p99 of like runs is 13m 40s.', 'Raise max wait to 14 min.', ids(9, 22), 0.55, { state: 'deferred', deferredUntilMs: now + kDay }),
    one('r5', 'successRate', 'warning', 'Portrait studio v4 succeeded in 81 of 100 runs, 96 before.', null, ids(60, 19), 0.7, { state: 'dismissed' }),
    one('r6', 'silentFallback', 'warning', 'VAEDecode falls back to tiled decoding in 47 scenes.', 'Decode tiled from the start.', ids(80, 12), 0.9, { state: 'applied' }),
  ];
}

function alerts(runs, now) {
  const one = (id, rule, severity, message, more) => ({ id, rule, severity, subject: `subject:${id}`, message, runId: null, workerId: null, evidence: {}, raisedAtMs: now - 360_000, clearedAtMs: null, acknowledgedAtMs: null, toldAtMs: now - 360_000, heldBack: false, ...more });
  return [
    one('a1', 'workerDown', 'critical', 'cinder has not been reachable for 6 minutes: connection refused', { workerId: 'w-cinder', evidence: { disconnectedMs: 360_000 } }),
    one('a2', 'failureStreak', 'critical', '3 runs of Tide test 720p in a row failed', { runId: runs[2]?.run.runId ?? null, evidence: { runs: 3 }, acknowledgedAtMs: now - 120_000 }),
    one('a3', 'vramHeadroom', 'warning', '3 attempts in a row on atlas ended with less than 256 MiB free', { workerId: 'w-atlas', raisedAtMs: now - kDay, clearedAtMs: now - kDay + 3_600_000 }),
  ];
}

function deviations(runs) {
  const found = runs.filter(({ run }) => run.status === 'success').slice(0, 3);
  return {
    runs: 50, runsWithoutBaseline: 4, tests: 310, sentence: '46 of 50 runs could be judged; 2 lie outside what the runs like them explain.',
    deviations: found.slice(0, 2).map(({ run }, at) => ({ subject: at ? 'nodeClass' : 'run', runId: run.runId, createdAtMs: run.createdAtMs, workflow: run.workflowName ?? 'c41d9e07', sceneId: '', classType: at ? 'VAEDecode' : '', metric: 'durationMs', verdict: 'worse', value: 61_000 + at * 20_000, baselineMedian: 47_000, ratio: 1.3 + at * 0.4, pValue: 0.0007, n: 48, level: 'warmth', inARow: 2 + at, persistent: true, runIds: [run.runId], sentence: at ? 'VAEDecode took 1.7 times its usual time, 3 runs in a row' : '30 % slower than 48 like runs, 2 in a row' })),
  };
}

const held = { presets: [{ name: 'Failed today', query: 'from=-24h&status=failed', createdAtMs: Date.now() }, { name: 'Out of memory', query: 'exitReason=outOfMemory', createdAtMs: Date.now() }] };

/** Whether it answered. */
export async function answerViews(api, request, url, { runs, filtered, reply, tell, full }) {
  const now = Date.now();
  held.recommendations ??= full ? recommendations(runs, now) : [];
  held.alerts ??= full ? alerts(runs, now) : [];
  let text = '';
  const body = async () => {
    for await (const chunk of request) text += chunk;
    return text ? JSON.parse(text) : {};
  };
  const [, id, deed] = /^\/(?:recommendations|alerts)\/([^/:]+):(\w+)$/.exec(api) ?? [];
  if (api === '/statistics') reply(statistics(filtered(url.searchParams), url));
  else if (api === '/baselines') reply({ baselines: baselines(runs, (url.searchParams.get('ids') ?? '').split(',')) });
  else if (api === '/trends') reply(full ? trend(runs, url, now) : noTrend(url.searchParams.get('metric') ?? 'duration'));
  else if (api === '/deviations') reply(full ? deviations(runs) : { deviations: [], runs: 0, runsWithoutBaseline: 0, tests: 0, sentence: 'no run to look at' });
  else if (api === '/eta') reply({ runs: [], queues: [], score: full ? { level: 0.8, n: 412, inside: 326, sooner: 48, later: 38, coverageRate: 0.791, coverageInterval: { low: 0.749, high: 0.828, level: 0.95 }, sentence: 'measured: 326 of 412 inside' } : { level: 0.8, n: 0, inside: 0, sooner: 0, later: 0, coverageRate: null, coverageInterval: null, sentence: 'nothing was predicted yet' } });
  else if (api === '/recommendations') reply({ recommendations: held.recommendations, rules });
  else if (api === '/alerts') reply({ alerts: held.alerts });
  else if (api === '/alert-rules') reply({ rules: alertRules });
  else if (api === '/alerts:test') reply({ sinks: [{ name: 'phone', delivered: true, error: null }, { name: 'desktop', delivered: false, error: 'exit code 1' }] });
  else if (api === '/openapi.json') reply({ paths: { '/api/v1/runs': {} } });
  else if (api === '/filter-presets') reply({ presets: held.presets });
  else if (api.startsWith('/filter-presets/')) {
    const name = decodeURIComponent(api.slice('/filter-presets/'.length));
    held.presets = held.presets.filter((preset) => preset.name !== name);
    if (request.method === 'DELETE') reply(null, 204);
    else reply(held.presets[held.presets.push({ name, query: (await body()).query, createdAtMs: now }) - 1]);
  } else if (api === '/runs:prune') {
    const rule = await body();
    const beyond = runs.filter(({ run }, at) => (rule.olderThanMs !== undefined && run.createdAtMs < now - rule.olderThanMs) || (rule.keep !== undefined && at >= rule.keep));
    const going = beyond.filter(({ run }) => run.tags.length === 0 && !run.archived && run.finishedAtMs !== null);
    reply({ dryRun: rule.dryRun !== false, runs: going.length, bytes: going.length * 9_000, oldestAtMs: going.at(-1)?.run.createdAtMs ?? null, newestAtMs: going[0]?.run.createdAtMs ?? null, keptOpen: 0, keptArchived: 0, keptTagged: beyond.length - going.length });
    if (rule.dryRun === false) for (const each of going) runs.splice(runs.indexOf(each), 1);
  } else if (deed === 'acknowledge') {
    const alert = held.alerts.find((each) => each.id === id);
    alert.acknowledgedAtMs = now;
    reply(alert);
    tell([{ kind: 'alert', alert }]);
  } else if (deed) {
    const one = held.recommendations.find((each) => each.id === id);
    one.state = { dismiss: 'dismissed', defer: 'deferred', apply: 'applied', reopen: 'open' }[deed];
    one.deferredUntilMs = deed === 'defer' ? ((await body()).untilMs ?? now + 7 * kDay) : null;
    reply(one);
  } else return false;
  return true;
}
