// A family of like runs with a step in one node, and the answers of docs/api.md on them, worked out of the made-up runs.
import { graphs, makeRun, random, summaryOf } from './data.mjs';

const kDay = 86_400_000;
const kTitles = ['The harbour at dusk', 'One hundred and ninety-nine steps', 'Trimming the lamp', 'The storm breaks', 'A light answers', 'Morning, and the tide'];
const noise = (by) => 1 + (random() - 0.5) * 2 * by;

/** Rewrites a made run so that its nodes scatter little, decode takes `decode` times as long, and all its numbers agree. */
function steady(made, decode) {
  let at = made.run.createdAtMs + 12_000;
  made.run.scenes.forEach((scene, index) => {
    const attempt = scene.attempts.at(-1);
    const told = made.timeline.attempts.find((each) => each.promptId === attempt.promptId);
    const cached = index > 0;
    let offset = 3;
    told.nodes = graphs[1].nodes.map(([classType, title, seconds], place) => {
      const held = cached && place < 3;
      const durationMs = held ? null : Math.round(seconds * 1000 * noise(0.012) * (classType === 'VAEDecode' ? decode : 1));
      const node = { nodeId: String(place + 1), displayNodeId: String(place + 1), parentNodeId: null, classType, title, state: held ? 'cached' : 'finished', startOffsetMs: held ? 2 : offset, durationMs,
        progressValue: classType === 'KSampler' ? 30 : null, progressMax: classType === 'KSampler' ? 30 : null, vramPeakBytes: held ? null : Math.round((classType === 'KSampler' ? 21.2 : classType === 'VAEDecode' ? 23.1 : 10.4) * 2 ** 30) };
      if (!held) offset += durationMs + 2;
      return node;
    });
    const durationMs = offset + 20;
    Object.assign(attempt, { status: 'success', exitReason: 'success', queuedAtMs: at - 400, startedAtMs: at, finishedAtMs: at + durationMs, durationMs, queueWaitMs: index === 0 ? 12_000 : 400, failure: null, nodeTimesKnown: true, vramPeakBytes: Math.round((decode > 1.5 ? 23.6 : 22.1) * 2 ** 30 * noise(0.004)), vramDeltaBytes: Math.round(-random() * 2e8),
      cachedNodeIds: cached ? ['1', '2', '3'] : [], fallbackNotes: decode > 1.5 && index < 5 ? ['VAEDecode fell back to tiled decoding: out of memory on the full decode.'] : [] });
    const samples = Array.from({ length: 180 }, (_, each) => {
      const ms = (each / 179) * durationMs;
      const node = told.nodes.find((one) => one.durationMs !== null && ms >= one.startOffsetMs && ms <= one.startOffsetMs + one.durationMs);
      const used = node?.classType === 'KSampler' ? 21.4 : node?.classType === 'VAEDecode' ? 22.4 + Math.sin(each) * 1.1 : 9.5;
      return { atMs: Math.round(at + ms), deviceIndex: 0, vramUsedBytes: Math.round(Math.min(23.6, used * noise(0.004)) * 2 ** 30), vramFreeBytes: 0, utilizationRatio: node?.classType === 'KSampler' ? 0.97 * noise(0.02) : 0.5 + 0.4 * random(), temperatureCelsius: 71, powerWatts: 380 };
    });
    for (const sample of samples) sample.vramFreeBytes = 24 * 2 ** 30 - sample.vramUsedBytes;
    Object.assign(told, { status: 'success', startedAtMs: at, finishedAtMs: at + durationMs, durationMs, nodeTimesKnown: true, samples });
    Object.assign(scene, { title: kTitles[index], status: 'success', exitReason: 'success', sceneId: `scene-00${index + 1}`, workSize: 2_189_721_600 });
    told.sceneId = scene.sceneId;
    at += durationMs + 400;
  });
  const { run } = made;
  run.artifacts = run.scenes.map((scene, index) => ({ index, sceneId: scene.sceneId, promptId: scene.attempts.at(-1).promptId, url: `/api/v1/runs/${run.runId}/artifacts/${index}`, nodeId: '10', filename: `lk_${String(index + 1).padStart(5, '0')}_.png`, subfolder: 'keyframes', type: 'output', kind: 'image', text: null, cached: false }));
  run.artifacts.push({ ...run.artifacts[2], index: 6, nodeId: '9', filename: '', subfolder: '', kind: 'text', text: 'a keeper trims the lamp, warm rim light\nscore 0.83' });
  Object.assign(run, { title: 'The Lighthouse Keeper', startedAtMs: run.scenes[0].attempts[0].startedAtMs, finishedAtMs: run.scenes.at(-1).attempts.at(-1).finishedAtMs, queueWaitMs: 12_000 });
  run.durationMs = run.finishedAtMs - run.startedAtMs;
  return made;
}

/** 44 takes over 40 days; the last four decode twice as long. The newest but one failed. */
export function lighthouse(now) {
  const takes = Array.from({ length: 44 }, (_, index) => steady(makeRun({ at: Math.round(now - (44 - index) * 0.9 * kDay), graph: graphs[1], workerId: 'w-atlas', scenes: 6 }), index >= 40 ? 2 : 1));
  const failed = makeRun({ at: now - 0.4 * kDay, graph: graphs[1], status: 'partial', workerId: 'w-atlas', scenes: 6 });
  for (const scene of failed.run.scenes) scene.workSize = 2_189_721_600;
  Object.assign(failed.run, { title: 'The Lighthouse Keeper' });
  failed.run.scenes[2].attempts.at(-1).vramFreeBeforeBytes = 20.1 * 2 ** 30;
  return [...takes, failed];
}

const sorted = (values) => [...values].sort((a, b) => a - b);
const median = (values) => (values.length === 0 ? null : (sorted(values)[Math.floor((values.length - 1) / 2)] + sorted(values)[Math.ceil((values.length - 1) / 2)]) / 2);
/** Of the median, by order statistics. */
function medianInterval(values) {
  const s = sorted(values);
  const half = 0.98 * Math.sqrt(s.length);
  return { low: s[Math.max(0, Math.floor(s.length / 2 - half))], high: s[Math.min(s.length - 1, Math.ceil(s.length / 2 + half))], level: 0.95 };
}

function metric(name, unit, value, values, word) {
  const enough = values.length >= 5 && value !== null;
  const middle = median(values);
  const base = { metric: name, unit, value, baselineMedian: middle, delta: enough ? value - middle : null, deltaRatio: enough ? value / middle - 1 : null, baselineMedianInterval: null, deltaRatioInterval: null, predictionInterval: null, effectSize: null, pValue: null, variation: 0.01, rank: values.filter((each) => each < value).length + 1, n: values.length, needed: Math.max(0, 5 - values.length) };
  if (!enough) return { ...base, verdict: 'notEnoughData', sentence: `Not enough data: ${values.length} of 5 like runs` };
  const interval = medianInterval(values);
  const deltaRatioInterval = { low: value / interval.high - 1, high: value / interval.low - 1, level: 0.95 };
  const out = value > sorted(values).at(-1) || value < sorted(values)[0];
  const verdict = out && Math.abs(base.deltaRatio) > 0.03 ? (base.deltaRatio > 0 ? 'worse' : 'better') : 'noEvidence';
  const percent = Math.round(Math.abs(base.deltaRatio) * 100);
  const sentence = verdict === 'noEvidence' ? `No evidence of a difference to ${values.length} like runs` : `${percent} % ${base.deltaRatio > 0 ? word[1] : word[0]} than the median of ${values.length} like runs; rank ${base.rank} of ${values.length + 1}`;
  return { ...base, deltaRatioInterval, verdict, sentence };
}

const peakOf = (run) => Math.max(...run.scenes.flatMap((scene) => scene.attempts.flatMap((attempt) => attempt.vramPeakBytes ?? [])));
const isLike = (a, b) => a.scenes[0].workflowFingerprint === b.scenes[0].workflowFingerprint && a.scenes.length === b.scenes.length && a.title === b.title;

function comparisonOf(made, runs) {
  const { run } = made;
  const like = runs.filter((each) => each.run.runId !== run.runId && each.run.createdAtMs < run.createdAtMs && each.run.status === 'success' && isLike(each.run, run)).sort((a, b) => b.run.createdAtMs - a.run.createdAtMs).slice(0, 50);
  const n = like.length;
  const cohort = { level: n >= 5 ? 'warmth' : null, n, needed: Math.max(0, 5 - n), limit: 50, heldEqual: n >= 5 ? ['workflow', 'model files', 'size of work', 'GPU', 'cold or warm start'] : [], notEqual: n >= 5 ? [{ what: 'ComfyUI version', thisRun: '0.3.64', cohort: `0.3.60 in ${Math.min(n, 40)} of ${n}`, nEqual: Math.max(0, n - 40) }] : [],
    runIds: n >= 5 ? like.map((each) => each.run.runId) : [], fromMs: n ? like.at(-1).run.createdAtMs : null, toMs: n ? like[0].run.createdAtMs : null, sentence: n >= 5 ? `${n} runs of the same workflow, model files, size of work and GPU` : `Not enough data: ${n} of 5 like runs` };
  const fine = run.status === 'success';
  const why = `Not compared: this run ended as ${run.status}, and only successful runs say how long the work takes`;
  const take = (each) => (fine ? each : { ...each, verdict: 'notEnoughData', sentence: why, delta: null, deltaRatio: null, deltaRatioInterval: null });
  const duration = take(metric('duration', 'ms', run.durationMs, like.map((each) => each.run.durationMs), ['faster', 'slower']));
  const nodesOf = ({ timeline }) => timeline.attempts.flatMap((attempt) => attempt.nodes).filter((node) => node.durationMs !== null);
  const nodes = !fine ? [] : graphs[1].nodes.map(([classType, title], index) => {
    const id = String(index + 1);
    const of = (each) => nodesOf(each).filter((node) => node.nodeId === id);
    const total = (each) => of(each).reduce((sum, node) => sum + node.durationMs, 0);
    const values = like.map(total).filter((value) => value > 0);
    const { verdict, baselineMedian, delta, deltaRatio } = metric('duration', 'ms', total(made), values, ['faster', 'slower']);
    return { nodeId: id, classType, title, verdict, executions: of(made).length, durationMs: total(made), baselineMedianMs: baselineMedian, deltaMs: delta, deltaRatio, pValue: null, n: values.length, needed: Math.max(0, 5 - values.length) };
  }).sort((a, b) => Math.abs(b.deltaMs ?? 0) - Math.abs(a.deltaMs ?? 0));
  const worst = nodes[0];
  return {
    runId: run.runId, verdict: duration.verdict, sentence: duration.sentence, explanation: worst && duration.verdict === 'worse' ? `${worst.classType} +${Math.round(worst.deltaRatio * 100)} %, rest unchanged; ComfyUI version differs` : '', cohort, duration,
    vramPeak: take(metric('vramPeak', 'bytes', Number.isFinite(peakOf(run)) ? peakOf(run) : null, like.map((each) => peakOf(each.run)), ['less', 'more'])), queueWait: take(metric('queueWait', 'ms', run.queueWaitMs, like.map((each) => each.run.queueWaitMs), ['shorter', 'longer'])),
    scenes: run.scenes.map((scene, index) => ({ sceneId: scene.sceneId, cohort: { ...cohort, notEqual: [] }, duration: scene.status === 'success' ? metric('duration', 'ms', scene.attempts.at(-1).durationMs, like.map((each) => each.run.scenes[index].attempts.at(-1).durationMs), ['faster', 'slower']) : { ...duration, verdict: 'notEnoughData', sentence: 'Not compared: this scene is no success', deltaRatio: null } })),
    scenesLeftOut: 0, nodeClasses: nodes, nodes, nodesMissing: n >= 5 ? null : cohort.sentence,
  };
}

const kTexts = [['checkpoint', (p) => p.checkpoints.join(', '), true], ['LoRAs', (p) => p.loras.map((lora) => `${lora.name} ${lora.strengthModel}`).join(', ') || null, true], ['size', (p) => `${p.width}×${p.height}`, true], ['frames', (p) => p.frames && String(p.frames), true], ['steps', (p) => String(p.steps), true], ['sampler', (p) => p.sampler, true], ['scheduler', (p) => p.scheduler, true], ['cfg', (p) => String(p.cfg), true], ['seed', (p) => p.seed, false], ['prompt', (p) => p.positivePrompt, false], ['negative prompt', (p) => p.negativePrompt, false]];

function split(rows) {
  const same = ({ values }) => values.every((value) => value === values[0]);
  return { differ: rows.filter((row) => !same(row)), equal: rows.filter((row) => same(row) && row.values[0] !== null).map((row) => row.name) };
}

function differenceOf(mades, fleet, family) {
  const runs = mades.map((made) => made.run);
  const two = runs.length === 2;
  const scenes = Math.max(...runs.map((run) => run.scenes.length));
  const worker = (run) => fleet.find((state) => state.worker.workerId === run.scenes[0].attempts[0].workerId)?.worker;
  const version = (made) => (family.indexOf(made) >= 0 && family.indexOf(made) < 40 ? '0.3.60' : worker(made.run)?.comfyuiVersion ?? null);
  const environment = split([{ name: 'ComfyUI version', values: mades.map(version), mayExplain: true }, { name: 'PyTorch version', values: runs.map((run) => worker(run)?.pytorchVersion ?? null), mayExplain: true }, { name: 'GPU', values: runs.map((run) => worker(run)?.devices[0].name ?? null), mayExplain: true }, { name: 'worker', values: runs.map((run) => worker(run)?.name ?? null), mayExplain: false }]);
  const outcome = split([{ name: 'status', values: runs.map((run) => run.status), mayExplain: false }, { name: 'exit reason', values: runs.map((run) => run.exitReason), mayExplain: false }, { name: 'error', values: mades.map(({ run }) => summaryOf(run).error), mayExplain: false }]);
  const perScene = (run, of) => run.scenes.flatMap((scene) => of(scene) ?? []);
  const number = (name, of, isSum, sign) => {
    const lists = runs.map((run) => perScene(run, of));
    const values = lists.map((list) => (list.length === 0 ? null : isSum ? list.reduce((a, b) => a + b, 0) : median(list)));
    const known = two && values.every((value) => value !== null);
    const n = lists.map((list) => list.length);
    const apart = known && !isSum && Math.min(...n) >= 4 && (sorted(lists[0]).at(-1) < sorted(lists[1])[0] || sorted(lists[1]).at(-1) < sorted(lists[0])[0]);
    const ratio = known && values[0] ? values[1] / values[0] - 1 : null;
    const spread = apart ? (sorted(lists[1]).at(-1) - sorted(lists[1])[0]) / values[0] / 2 : 0;
    return { name, values, n, delta: known ? values[1] - values[0] : null, deltaRatio: ratio, deltaRatioInterval: apart ? { low: ratio - spread, high: ratio + spread, level: 0.95 } : null, pValue: apart ? 0.004 : null, verdict: !known || Math.min(...n) < 4 ? 'notEnoughData' : !apart || sign === 0 ? 'noEvidence' : (ratio > 0) === sign > 0 ? 'worse' : 'better', needed: Math.max(0, 4 - Math.min(...n)) };
  };
  const numbers = [number('durationMs', (scene) => (scene.status === 'success' ? [scene.attempts.at(-1).durationMs] : null), false, 1), number('queueWaitMs', (scene) => scene.attempts.at(-1).queueWaitMs ?? null, false, 1), number('vramPeakBytes', (scene) => scene.attempts.at(-1).vramPeakBytes ?? null, false, 1), number('attempts', (scene) => [scene.attempts.length], true, 1), number('successes', (scene) => [scene.status === 'success' ? 1 : 0], true, -1)];
  const ids = [...new Set(mades.flatMap((made) => made.timeline.attempts.flatMap((attempt) => attempt.nodes.map((node) => node.nodeId))))];
  const nodes = ids.map((nodeId) => {
    const of = (made) => made.timeline.attempts.flatMap((attempt) => attempt.nodes.filter((node) => node.nodeId === nodeId));
    const lists = mades.map((made) => of(made).flatMap((node) => node.durationMs ?? []));
    const values = lists.map(median);
    const first = values[0], last = values.at(-1);
    const known = first !== null && last !== null;
    const spread = known && two ? Math.max(...lists[1]) - Math.min(...lists[1]) : 0;
    const sample = mades.flatMap(of)[0];
    return { nodeId, classType: sample.classType, title: sample.title, durationMs: values, executions: lists.map((list) => list.length), cached: mades.map((made) => of(made).filter((node) => node.state === 'cached').length), deltaMs: known ? last - first : null, deltaRatio: known && first ? last / first - 1 : null, share: known && numbers[0].delta ? (last - first) / numbers[0].delta : null, deltaMsInterval: known && two && lists[1].length >= 4 ? { low: last - first - spread / 2, high: last - first + spread / 2, level: 0.95 } : null, pValue: known && two && lists[1].length >= 4 ? (Math.abs(last - first) > spread * 2 ? 0.01 : 0.4) : null };
  }).sort((a, b) => Math.abs(b.deltaMs ?? 0) - Math.abs(a.deltaMs ?? 0));
  const likeForLike = runs.every((run) => run.scenes[0].workflowFingerprint === runs[0].scenes[0].workflowFingerprint && run.scenes[0].parameters.checkpoints[0] === runs[0].scenes[0].parameters.checkpoints[0]);
  const percent = numbers[0].deltaRatio === null ? null : Math.round(Math.abs(numbers[0].deltaRatio) * 100);
  return {
    runs: runs.map((run) => ({ runId: run.runId, title: run.title, createdAtMs: run.createdAtMs, sceneCount: run.scenes.length })),
    sentence: !two ? `${runs.length} runs side by side` : percent === null ? 'The durations cannot be compared: not both runs have a successful scene' : `B took ${percent} % ${numbers[0].delta >= 0 ? 'longer' : 'less time'} than A${scenes > 1 ? ' a scene' : ''}${likeForLike ? (environment.differ.length > 0 ? `; what they ran on differs in ${environment.differ.map((row) => row.name).join(' and ')}` : '') : '; not like for like: model files'}`,
    likeForLike, notLike: likeForLike ? [] : ['model files differs'], outcome: outcome.differ, environment: environment.differ, environmentEqual: environment.equal,
    scenes: Array.from({ length: scenes }, (_, index) => {
      const rows = split(kTexts.map(([name, of, mayExplain]) => ({ name, mayExplain, values: runs.map((run) => (run.scenes[index] ? of(run.scenes[index].parameters) : null)) })));
      return { sceneIds: runs.map((run) => run.scenes[index]?.sceneId ?? null), parameters: rows.differ, equal: rows.equal };
    }),
    numbers, nodeClasses: nodes.map((node) => ({ ...node, nodeId: '' })), nodes, nodesMissing: mades.some((made) => made.timeline.attempts.every((attempt) => attempt.nodes.length === 0)) ? 'of some runs the node times are not known' : null,
    artifacts: Array.from({ length: Math.max(...runs.map((run) => run.artifacts.length)) }, (_, index) => ({ kind: runs.map((run) => run.artifacts[index]?.kind).find(Boolean), nodeId: runs.map((run) => run.artifacts[index]?.nodeId).find(Boolean), indexes: runs.map((run) => (run.artifacts[index] ? index : null)), sceneIds: runs.map((run) => run.artifacts[index]?.sceneId ?? null) })),
  };
}

function eta(open, now) {
  const scenes = open.map(({ scene }) => ({ runId: scene.runId, sceneId: scene.sceneId, promptId: scene.promptId, workerId: scene.workerId, status: scene.status, left: scene.eta }));
  const one = (left, n, needed, reason) => ({ basis: left === null ? 'none' : 'nodes', remainingMs: left, remainingLowMs: left === null ? null : Math.round(left * 0.94), remainingHighMs: left === null ? null : Math.round(left * 1.09), doneAtMs: left === null ? null : now + left, n, level: left === null ? null : 'warmth', needed, stepsPerSecond: null, reason });
  return {
    runs: scenes.map((scene, at) => ({ runId: scene.runId, eta: one(scene.left, scene.left === null ? 2 : 42, scene.left === null ? 1 : 0, scene.left === null ? 'too few like scenes' : ''), scenes: [{ sceneId: scene.sceneId, promptId: scene.promptId, workerId: scene.workerId, eta: one(scene.left, scene.left === null ? 2 : 42, scene.left === null ? 1 : 0, scene.left === null ? 'too few like scenes' : ''), startsAtMs: scene.status === 'queued' ? now + 131_000 + (at - 2) * 305_000 : null }] })),
    queues: [{ workerId: 'w-atlas', eta: one(1_046_000, 42, 0, ''), scenes: 4, scenesUnknown: 0 }, { workerId: 'w-borealis', eta: one(null, 2, 1, 'a scene unlike any before'), scenes: 1, scenesUnknown: 1 }],
    score: { level: 0.8, n: 100, inside: 78, sooner: 12, later: 10, coverageRate: 0.78, coverageInterval: { low: 0.69, high: 0.85, level: 0.95 }, sentence: 'measured: 78 of 100 inside' },
  };
}

/** What this file answers, or undefined. */
export function answerOfRuns(api, url, { runs, fleet, open, family }) {
  const byId = (id) => runs.find(({ run }) => run.runId === id);
  if (api === '/eta' && open.length > 0) return eta(open, Date.now());
  if (api === '/compare') {
    const ids = (url.searchParams.get('ids') ?? '').split(',').filter(Boolean);
    const found = ids.map(byId);
    return found.some((each) => !each) ? { status: 404, detail: `there is no run ${ids[found.indexOf(undefined)]}` } : differenceOf(found, fleet, family);
  }
  const asked = /^\/runs\/([^/]+)\/comparison$/.exec(api);
  if (!asked) return undefined;
  const made = byId(asked[1]);
  return made ? comparisonOf(made, runs) : undefined;
}
