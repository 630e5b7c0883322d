// Statistics and trends of a filter, as far as a run's page asks for them.

const kDay = 86_400_000;
const sorted = (values) => [...values].sort((a, b) => a - b);
const at = (values, p) => (values.length === 0 ? null : sorted(values)[Math.min(values.length - 1, Math.floor(p * values.length))]);

function distribution(values) {
  const mean = values.length ? values.reduce((a, b) => a + b, 0) / values.length : null;
  return { n: values.length, min: at(values, 0), mean, median: at(values, 0.5), p90: at(values, 0.9), p95: at(values, 0.95), p99: at(values, 0.99), max: values.length ? sorted(values).at(-1) : null, standardDeviation: mean === null ? null : Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length), sum: values.reduce((a, b) => a + b, 0), exact: true };
}

export function statisticsOf(runs) {
  const count = (status) => runs.filter((run) => run.status === status).length;
  const [runsSucceeded, runsPartial, runsFailed, runsTimedOut, runsCancelled] = ['success', 'partial', 'failed', 'timeout', 'cancelled'].map(count);
  const decided = runsSucceeded + runsPartial + runsFailed + runsTimedOut;
  const scenes = runs.flatMap((run) => run.scenes);
  const attempts = scenes.flatMap((scene) => scene.attempts);
  const good = runs.filter((run) => run.status === 'success');
  return { total: { key: '', fromMs: null, runs: runs.length, runsOpen: count('queued') + count('executing'), runsSucceeded, runsPartial, runsFailed, runsTimedOut, runsCancelled, successRate: decided ? runsSucceeded / decided : null, scenes: scenes.length, scenesSucceeded: scenes.filter((scene) => scene.status === 'success').length, attempts: attempts.length, attemptsOutOfMemory: attempts.filter((each) => each.exitReason === 'outOfMemory').length, attemptsTimedOut: 0, fallbacks: attempts.filter((each) => each.fallbackNotes.length > 0).length, frames: scenes.reduce((sum, scene) => sum + (scene.parameters.frames ?? 1), 0), executions: 0,
    durationMs: distribution(good.flatMap((run) => run.durationMs ?? [])), queueWaitMs: distribution(runs.flatMap((run) => run.queueWaitMs ?? [])), vramPeakBytes: distribution(attempts.flatMap((each) => each.vramPeakBytes ?? [])) }, groups: [], groupsLeftOut: 0 };
}

export function trendOf(runs, metric) {
  const days = new Map();
  for (const run of runs) {
    const day = Math.floor(run.createdAtMs / kDay) * kDay;
    days.set(day, [...(days.get(day) ?? []), run]);
  }
  const values = (list) => (metric === 'successRate' ? [list.filter((run) => run.status === 'success').length / list.length] : list.flatMap((run) => (run.status === 'success' ? run.durationMs ?? [] : [])));
  const rows = [...days].sort((a, b) => a[0] - b[0]).map(([day, list]) => ({ day, y: at(values(list), 0.5), n: list.length })).filter((row) => row.y !== null);
  const judged = runs.filter((run) => run.status === 'success').length;
  return { metric, verdict: 'noEvidence', confidence: 'medium', sentence: metric === 'successRate' ? `No evidence of a change in ${runs.length} runs` : `No evidence of a trend in ${judged} runs`, runs: runs.length, runsJudged: judged, runsMissing: 0, runsLeftOut: 0, cohorts: 1, scale: 'plain', scaleSentence: '', fromMs: rows[0]?.day ?? null, toMs: rows.at(-1)?.day ?? null, median: null, variation: null, smallestStep: null, steps: [],
    slope: { verdict: 'noEvidence', confidence: 'medium', fromMs: 0, n: rows.length, needed: 0, perDay: null, ratioPerDay: null, ratioPerDayInterval: null, pValue: null, tau: null, sentence: '' },
    series: { bucket: 'day', unit: metric === 'successRate' ? 'rate' : 'ms', scale: 'plain', xMs: rows.map((row) => row.day), y: rows.map((row) => row.y), n: rows.map((row) => row.n), lower: rows.map(() => null), upper: rows.map(() => null), runIds: [] } };
}
