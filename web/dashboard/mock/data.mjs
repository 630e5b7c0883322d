// Made-up history in the shapes of docs/api.md. Errors and their tracebacks are those of the recorded real servers.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const recordings = fileURLToPath(new URL('../../../tests/recordings/0.3.64/', import.meta.url));

function recorded(file, event) {
  for (const line of readFileSync(recordings + file, 'utf8').split('\n')) {
    if (!line.includes(`"${event}"`)) continue;
    const entry = JSON.parse(line);
    if (entry.json?.type === event) return entry.json.data;
  }
  throw new Error(`no ${event} in ${file}`);
}

function failureOf(data) {
  return {
    nodeId: data.node_id, nodeType: data.node_type, exceptionType: data.exception_type,
    message: data.exception_message.replace(/\n$/, ''), traceback: data.traceback,
  };
}

const failures = [failureOf(recorded('o_oom.jsonl', 'execution_error')), failureOf(recorded('d_error.jsonl', 'execution_error'))];

let state = 12345;
export const random = () => ((state = (state * 1103515245 + 12345) % 2147483648) / 2147483648);
const pick = (list) => list[Math.floor(random() * list.length)];
export const uuid = () => 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => Math.floor(random() * 16).toString(16));

const GiB = 2 ** 30;
export const bootId = `boot-${process.pid}-${Date.now()}`;

export function workers(now) {
  const base = { pythonVersion: '3.11.2 (main)', os: 'posix', firstSeenAtMs: now - 8e9 };
  return [
    {
      worker: { ...base, workerId: 'w-atlas', name: 'atlas', url: 'http://127.0.0.1:8188', comfyuiVersion: '0.3.64', pytorchVersion: '2.8.0+cu128', ramTotalBytes: 64 * GiB, ramFreeBytes: 38.2 * GiB, lastSeenAtMs: now,
        devices: [{ index: 0, name: 'cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync', type: 'cuda', vramTotalBytes: 24 * GiB, vramFreeBytes: 2.6 * GiB, torchVramTotalBytes: null, torchVramFreeBytes: null }] },
      connection: { state: 'streaming', sinceMs: now - 60_000, source: 'extension', lastEventAtMs: now, attempt: 0, nextTryAtMs: null, lastError: null, missing: null,
        extension: { version: '0.1.0', protocol: 1, outdated: false, taps: ['send_sync', 'add_message', 'progress_registry', 'on_prompt', 'validate_prompt', 'queue.put', 'queue.get', 'queue.task_done', 'queue.wipe_queue', 'queue.delete_queue_item', 'torch_memory'], skippedTaps: [], framesDropped: 0, failures: 0, eventCostP50Us: 11.2, eventCostP99Us: 38.4 } },
      queueRunning: 1, queuePending: 3,
    },
    {
      worker: { ...base, workerId: 'w-borealis', name: 'borealis', url: 'http://192.168.1.42:8188', comfyuiVersion: '0.3.60', pytorchVersion: '2.7.1+cu126', ramTotalBytes: 32 * GiB, ramFreeBytes: 11.4 * GiB, lastSeenAtMs: now,
        devices: [{ index: 0, name: 'cuda:0 NVIDIA GeForce RTX 3090 : native', type: 'cuda', vramTotalBytes: 24 * GiB, vramFreeBytes: 12.8 * GiB, torchVramTotalBytes: null, torchVramFreeBytes: null }] },
      connection: { state: 'connected', sinceMs: now - 300_000, source: 'stock', lastEventAtMs: now - 2000, attempt: 0, nextTryAtMs: null, lastError: null,
        missing: "Stock ComfyUI tells node times, progress and previews only to the client that queued the prompt; install the extension into custom_nodes to record them for everybody.", extension: null },
      queueRunning: 1, queuePending: 0,
    },
    {
      worker: { ...base, workerId: 'w-cinder', name: 'cinder', url: 'http://192.168.1.51:8188', comfyuiVersion: null, pytorchVersion: null, ramTotalBytes: null, ramFreeBytes: null, lastSeenAtMs: now - 360_000,
        devices: [{ index: 0, name: 'cuda:0 NVIDIA GeForce RTX 3090 : native', type: 'cuda', vramTotalBytes: 24 * GiB, vramFreeBytes: null, torchVramTotalBytes: null, torchVramFreeBytes: null }] },
      connection: { state: 'disconnected', sinceMs: now - 360_000, source: 'none', lastEventAtMs: now - 360_000, attempt: 13, nextTryAtMs: now + 22_000, lastError: 'Connection refused', missing: null, extension: null },
      queueRunning: 0, queuePending: 0,
    },
  ];
}

const graphs = [
  { name: 'Portrait studio v5', model: 'sd_xl_base_1.0.safetensors', titles: ['SDXL portrait, batch of 4', 'Casting, red coat', 'Profile, window light', 'Hands study, IP-Adapter'],
    nodes: [['CheckpointLoaderSimple', '', 2.1], ['CLIPTextEncode', 'positive', 0.02], ['CLIPTextEncode', 'negative', 0.01], ['EmptyLatentImage', '', 0.004], ['KSampler', 'base', 24], ['VAEDecode', '', 0.9], ['SaveImage', '', 0.4]] },
  { name: 'Keyframe + Wan 2.2 i2v 5B', model: 'wan2.2_ti2v_5B_fp16.safetensors', titles: ['The Lighthouse Keeper', 'Tide test 720p', 'Glasshouse, dusk'],
    nodes: [['UNETLoader', 'wan2.2', 6.2], ['CLIPLoader', 'umt5', 1.4], ['VAELoader', 'wan2.2', 0.3], ['LoadImage', 'keyframe', 0.06], ['CLIPTextEncode', 'motion', 1.1], ['Wan22ImageToVideoLatent', '', 1.9], ['KSampler', 'motion', 252], ['VAEDecode', '81 frames', 41], ['CreateVideo', '', 0.2], ['SaveVideo', '', 3.3]] },
  { name: null, model: 'flux1-dev-fp8.safetensors', titles: ['Glasshouse, dawn', 'Paper city', 'Forest light'],
    nodes: [['UNETLoader', '', 4.5], ['DualCLIPLoader', '', 2.2], ['VAELoader', '', 0.2], ['CLIPTextEncode', '', 0.6], ['FluxGuidance', '', 0.001], ['EmptySD3LatentImage', '', 0.01], ['KSampler', '', 29], ['VAEDecode', '', 0.7], ['PreviewImage', '', 0.3], ['SaveImage', '', 0.4]] },
];

function parametersOf(graph) {
  return {
    checkpoints: [graph.model], loras: random() < 0.4 ? [{ name: 'film_grain_v2.safetensors', strengthModel: 0.65, strengthClip: 0.65 }] : [],
    vaes: [], textEncoders: [], sampler: 'dpmpp_2m', scheduler: 'karras', steps: 30, cfg: 5.5, denoise: 1,
    width: 1280, height: 704, batchSize: 1, frames: graph.name?.includes('Wan') ? 81 : null, fps: graph.name?.includes('Wan') ? 16 : null,
    seed: String(774120981n + BigInt(Math.floor(random() * 1e9)) * 9000000000n),
    positivePrompt: 'an old lighthouse keeper trims the lamp at dusk, warm rim light through ribbed glass, storm outside, 35 mm film, slight grain, deep blacks, the sea far below in moonlight, patient camera',
    negativePrompt: 'blurry, text, watermark',
  };
}

function attemptOf({ graph, status, exitReason, at, workerId, known, scale }) {
  const promptId = uuid();
  const ended = status !== 'queued' && status !== 'executing';
  const cachedTo = random() < 0.45 ? 1 + Math.floor(random() * 3) : 0;
  const nodes = [];
  let offset = 3;
  const stopAt = status === 'failed' ? graph.nodes.length - 3 : status === 'cancelled' ? 4 : graph.nodes.length;
  graph.nodes.forEach(([classType, title, seconds], index) => {
    const base = { nodeId: String(index + 1), displayNodeId: String(index + 1), parentNodeId: null, classType, title, progressValue: null, progressMax: null, vramPeakBytes: null };
    if (index < cachedTo) return;
    if (index > stopAt) return;
    const ms = Math.max(1, Math.round(seconds * 1000 * scale * (0.9 + random() * 0.2)));
    const last = index === stopAt && stopAt < graph.nodes.length;
    nodes.push({ ...base, state: last ? (status === 'failed' ? 'failed' : 'interrupted') : 'finished', startOffsetMs: offset, durationMs: last ? Math.round(ms * 0.2) + 30 : ms,
      ...(classType === 'KSampler' ? { progressValue: 30, progressMax: 30, vramPeakBytes: 9.4 * GiB } : {}) });
    offset += last ? Math.round(ms * 0.2) + 30 : ms;
  });
  graph.nodes.slice(0, cachedTo).forEach(([classType, title], index) => nodes.push({ nodeId: String(index + 1), displayNodeId: String(index + 1), parentNodeId: null, classType, title, state: 'cached', startOffsetMs: 2, durationMs: null, progressValue: null, progressMax: null, vramPeakBytes: null }));
  const refused = exitReason === 'validationError';
  const durationMs = ended && !refused ? offset + 20 : null;
  const wait = Math.round(random() * 20_000);
  const startedAtMs = status === 'queued' || refused ? null : at + wait;
  const out = graph.nodes.length;
  const artifacts = status !== 'success' ? [] : graph.name?.includes('Wan')
    ? [{ nodeId: String(out), filename: 'lk_00012_.mp4', subfolder: 'video', type: 'output', kind: 'image', text: null, cached: false }]
    : Array.from({ length: graph.name ? 4 : 2 }, (_, index) => ({ nodeId: String(out), filename: `still_${String(index + 41).padStart(5, '0')}_.png`, subfolder: '', type: graph.name || index ? 'output' : 'temp', kind: 'image', text: null, cached: false }));
  if (status === 'success' && random() < 0.2) artifacts.push({ nodeId: '9', filename: '', subfolder: '', type: 'output', kind: 'text', text: 'a quiet harbour, lanterns, 1280 x 704\nscore 0.83', cached: false });
  const before = 21.9 * GiB;
  const peak = workerId === 'w-atlas' ? Math.round((11 + random() * 12) * GiB) : null;
  const attempt = {
    promptId, workerId, status, exitReason, origin: known ? 'observed' : pick(['observed', 'backfilled']), queueNumber: 12,
    queuedAtMs: at, queuedAtSource: 'receipt', startedAtMs, startedAtSource: startedAtMs ? 'server' : null,
    finishedAtMs: durationMs === null ? (refused ? at + 40 : null) : startedAtMs + durationMs, finishedAtSource: ended ? 'server' : null, durationMs, queueWaitMs: startedAtMs ? wait : null,
    nodeCount: graph.nodes.length, cachedKnown: true, cachedNodeIds: graph.nodes.slice(0, cachedTo).map((_, index) => String(index + 1)), nodeTimesKnown: known && !refused,
    artifacts, failure: status === 'failed' && !refused ? (exitReason === 'outOfMemory' ? failures[0] : failures[1]) : null,
    validationErrors: refused ? [{ nodeId: '3', classType: 'ImageBlur', type: 'value_bigger_than_max', message: 'Value 9999 bigger than max of 31', details: 'blur_radius' }] : [],
    vramFreeBeforeBytes: peak ? before : null, vramFreeAfterBytes: peak ? before - 0.3 * GiB : null, vramDeltaBytes: peak ? Math.round(-0.3 * GiB) : null, vramPeakBytes: peak,
    environment: environmentOf(workerId),
    fallbackNotes: graph.name?.includes('Wan') && status === 'success' ? ['VAEDecode fell back to tiled decoding: out of memory on the full decode.'] : [],
    explanations: ended ? [{ atMs: startedAtMs ? startedAtMs + (durationMs ?? 0) : at + 40, what: `ended as ${exitReason ?? status}`, because: status === 'success' ? 'execution_success came for this prompt' : "the last message in the worker's history says so" }] : [],
  };
  const samples = known && peak && startedAtMs && durationMs ? Array.from({ length: 60 }, (_, index) => {
    const part = index / 59;
    const used = Math.round((part < 0.06 ? 9 + part * 80 : 14 + Math.sin(part * 30) * 0.4) * GiB * (part > 0.85 ? peak / (14 * GiB) : 1));
    return { atMs: Math.round(startedAtMs + part * durationMs), deviceIndex: 0, vramUsedBytes: Math.min(peak, used), vramFreeBytes: 24 * GiB - Math.min(peak, used), utilizationRatio: 0.9, temperatureCelsius: null, powerWatts: null };
  }) : [];
  return { attempt, nodes: known && !refused ? nodes : [], samples };
}

export function makeRun({ at, graph = pick(graphs), status = 'success', exitReason = status === 'success' ? 'success' : null, workerId = pick(['w-atlas', 'w-atlas', 'w-borealis']), scenes = 1 }) {
  const runId = uuid();
  const made = [];
  const timeline = [];
  for (let index = 0; index < scenes; index += 1) {
    const sceneStatus = status === 'partial' ? (index === 2 ? 'failed' : 'success') : status;
    const reason = status === 'partial' ? (index === 2 ? 'outOfMemory' : 'success') : exitReason;
    const tries = status === 'partial' && index === 2 ? 2 : 1;
    const sceneId = scenes > 1 ? `scene-${index + 1}` : runId;
    const attempts = [];
    for (let each = 0; each < tries; each += 1) {
      const one = attemptOf({ graph, status: sceneStatus, exitReason: reason, at: at + index * 60_000, workerId, known: workerId === 'w-atlas', scale: 0.6 + random() * 0.5 });
      attempts.push(one.attempt);
      timeline.push({ sceneId, promptId: one.attempt.promptId, workerId, status: sceneStatus, startedAtMs: one.attempt.startedAtMs, finishedAtMs: one.attempt.finishedAtMs, durationMs: one.attempt.durationMs, nodeTimesKnown: one.attempt.nodeTimesKnown, nodes: one.nodes, samples: one.samples });
    }
    made.push({ sceneId, title: scenes > 1 ? ['The harbour at dusk', 'One hundred and ninety-nine steps', 'Trimming the lamp', 'The storm breaks', 'A light answers', 'Morning, and the tide'][index % 6] : pick(graph.titles), status: sceneStatus, exitReason: reason, workflowFingerprint: 'c41d9e07aa51f2', workSize: null, parameters: parametersOf(graph), attempts });
  }
  const all = made.flatMap((scene) => scene.attempts);
  const run = {
    runId, grouped: scenes > 1, title: scenes > 1 ? 'The Lighthouse Keeper' : made[0].title, status, exitReason: status === 'partial' ? 'outOfMemory' : exitReason, createdAtMs: at,
    startedAtMs: all[0].startedAtMs, finishedAtMs: status === 'queued' || status === 'executing' ? null : (all.at(-1).finishedAtMs ?? at + 40),
    durationMs: all.every((one) => one.durationMs === null) ? null : made.reduce((sum, scene) => sum + (scene.attempts.at(-1).durationMs ?? 0), 0), queueWaitMs: all[0].queueWaitMs,
    storyId: null, storyTitle: scenes > 1 ? 'take 2' : null, workflowName: graph.name, tags: random() < 0.08 ? ['keep'] : [], notes: null, archived: false,
    policy: scenes > 1 ? { maxWaitMs: 600_000, pollIntervalMs: 2_000, attemptLimit: 0, postExecutionTimeoutMs: 30_000, retryBudget: 1, frameFloor: 0 } : null,
    scenes: made, artifacts: [],
  };
  let index = 0;
  for (const scene of made) {
    for (const attempt of scene.attempts) {
      for (const artifact of attempt.artifacts) {
        run.artifacts.push({ index, sceneId: scene.sceneId, promptId: attempt.promptId, url: `/api/v1/runs/${runId}/artifacts/${index}`, ...artifact });
        index += 1;
      }
    }
  }
  return { run, timeline: { runId, attempts: timeline } };
}

function environmentOf(workerId) {
  const at = workers(Date.now()).find((each) => each.worker.workerId === workerId)?.worker;
  const device = at?.devices[0];
  if (!device) return null;
  return { deviceName: device.name, deviceType: device.type, deviceCount: at.devices.length, vramTotalBytes: device.vramTotalBytes, comfyuiVersion: at.comfyuiVersion ?? '', pythonVersion: at.pythonVersion ?? '', pytorchVersion: at.pytorchVersion ?? '', os: at.os ?? '' };
}

export function summaryOf(run) {
  const attempts = run.scenes.flatMap((scene) => scene.attempts);
  const failed = attempts.findLast((attempt) => attempt.failure || attempt.validationErrors.length);
  const peaks = attempts.flatMap((attempt) => attempt.vramPeakBytes ?? []);
  const picture = run.artifacts.find((artifact) => artifact.kind === 'image');
  const keep = ({ runId, title, status, exitReason, createdAtMs, startedAtMs, finishedAtMs, durationMs, queueWaitMs, storyTitle, workflowName, tags, archived }) => ({ runId, title, status, exitReason, createdAtMs, startedAtMs, finishedAtMs, durationMs, queueWaitMs, storyTitle, workflowName, tags, archived });
  return {
    ...keep(run), sceneCount: run.scenes.length, scenesSucceeded: run.scenes.filter((scene) => scene.status === 'success').length, attemptCount: attempts.length, artifactCount: run.artifacts.length,
    workflowFingerprint: run.scenes[0].workflowFingerprint, model: run.scenes[0].parameters.checkpoints[0] ?? null, workerIds: [...new Set(attempts.map((attempt) => attempt.workerId))],
    deviceNames: [...new Set(attempts.flatMap((attempt) => attempt.environment?.deviceName || []))].sort(),
    vramPeakBytes: peaks.length ? Math.max(...peaks) : null, error: run.status === 'success' || !failed ? null : failed.failure ? `${failed.failure.nodeType}: ${failed.failure.message.split('\n')[0]}` : failed.validationErrors[0].message,
    thumbnail: picture?.index ?? null,
  };
}

export function history(now) {
  const made = [];
  let at = now - 90_000;
  for (let index = 0; index < 420; index += 1) {
    const dice = random();
    if (index === 6) made.push(makeRun({ at, status: 'partial', scenes: 6, graph: graphs[1], workerId: 'w-atlas' }));
    else if (index === 2 || dice < 0.03) made.push(makeRun({ at, status: 'failed', exitReason: 'outOfMemory', workerId: 'w-atlas' }));
    else if (dice < 0.05) made.push(makeRun({ at, status: 'failed', exitReason: 'executionError', workerId: 'w-atlas' }));
    else if (index === 9 || dice < 0.06) made.push(makeRun({ at, status: 'failed', exitReason: 'validationError', workerId: 'w-atlas' }));
    else if (dice < 0.09) made.push(makeRun({ at, status: 'cancelled', exitReason: 'interrupted' }));
    else if (dice < 0.1) made.push(makeRun({ at, status: 'timeout', exitReason: 'maxWait' }));
    else made.push(makeRun({ at }));
    at -= Math.round(60_000 + random() * 900_000);
  }
  return made;
}

export { graphs };
