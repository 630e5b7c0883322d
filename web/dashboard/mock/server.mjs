// The page with made-up runs: docs/api.md as far as the page uses it. MOCK=empty has no runs, MOCK=noworker no worker
// either. Not a stand-in for comfytrace in tests of comfytrace.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { answerViews, sinks } from './views-data.mjs';
import { bootId, graphs, history, makeRun, random, summaryOf, workers } from './data.mjs';
import { answerOfRuns, lighthouse } from './run-data.mjs';

const port = Number(process.env.PORT ?? 8190);
const mode = process.env.MOCK ?? 'full';
const startedAtMs = Date.now();
const runs = mode === 'full' ? history(startedAtMs) : [];
const family = mode === 'full' ? lighthouse(startedAtMs) : [];
runs.push(...family);
const fleet = mode === 'noworker' ? [] : workers(startedAtMs).slice(0, mode === 'empty' ? 1 : 3);
if (mode === 'empty') Object.assign(fleet[0], { queueRunning: 0, queuePending: 0, connection: { ...fleet[0].connection, state: 'connected' } });
let seq = 40;

const policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; font-src 'self'";
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };

function picture(seed) {
  const hue = (seed * 47) % 360;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 360"><defs><linearGradient id="a" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="hsl(${hue} 45% 24%)"/><stop offset="1" stop-color="hsl(${(hue + 40) % 360} 60% 52%)"/></linearGradient></defs><rect width="640" height="360" fill="url(#a)"/><circle cx="${120 + ((seed * 83) % 400)}" cy="${90 + ((seed * 31) % 120)}" r="${30 + ((seed * 7) % 40)}" fill="hsl(${(hue + 60) % 360} 80% 78%)"/><path d="M0 300Q160 ${220 + ((seed * 13) % 60)} 320 290T640 270V360H0Z" fill="hsl(${hue} 35% 14%)"/></svg>`;
}

const json = (response, value, status = 200) => {
  response.writeHead(status, { 'Content-Type': status >= 400 ? 'application/problem+json' : 'application/json' });
  response.end(JSON.stringify(value));
};

// ---- what runs ----

const sceneOf = (run, workerId, more) => ({
  kind: 'scene', runId: run.runId, sceneId: run.scenes[0].sceneId, promptId: run.scenes[0].attempts[0].promptId, workerId, runTitle: run.title, sceneTitle: run.scenes[0].title,
  status: 'queued', outcome: 'queued', exitReason: null, attempts: 1, timestamp: Date.now(), duration: null, elapsedMs: null, queuedAtMs: Date.now() - 40_000, startedAtMs: null, finishedAtMs: null, queueNumber: 0,
  nodeCount: 0, nodesDone: 0, nodeTimesKnown: false, node: null, progress: null, gpuVramFree: null, gpuUtilization: null, eta: null, etaLow: null, etaHigh: null, etaScenes: 0, ...more,
});
const open = [];
function begin(workerId, status, sceneMore) {
  const graph = graphs[workerId === 'w-atlas' ? 1 : 0];
  const made = makeRun({ at: Date.now(), graph, status, exitReason: null, workerId });
  runs.unshift(made);
  const scene = sceneOf(made.run, workerId, sceneMore);
  open.push({ made, scene, graph });
  return open.at(-1);
}
if (mode === 'full') {
  begin('w-atlas', 'executing', { status: 'executing', outcome: 'executing', startedAtMs: Date.now() - 133_000, queuedAtMs: Date.now() - 145_000, nodeCount: 10, nodesDone: 6, nodeTimesKnown: true, gpuUtilization: 99, node: { nodeId: '7', classType: 'KSampler', title: 'motion', progressValue: 14, progressMax: 30, startedAtMs: Date.now() - 60_000 }, progress: 0.647, eta: 131_000, etaLow: 123_000, etaHigh: 143_000, etaScenes: 42 });
  begin('w-borealis', 'executing', { status: 'executing', outcome: 'executing', startedAtMs: Date.now() - 31_000 });
  for (let index = 0; index < 3; index += 1) begin('w-atlas', 'queued', { queueNumber: index + 2, queuedAtMs: Date.now() - 30_000 + index * 4000 });
  const nodes = open[0].made.timeline.attempts[0].nodes.filter((node) => Number(node.nodeId) <= 7 && node.state !== 'cached');
  for (const node of nodes) {
    if (node.nodeId === '7') Object.assign(node, { state: 'running', durationMs: null, progressValue: 14, progressMax: 30 });
  }
  Object.assign(open[0].made.timeline.attempts[0], { nodes, samples: [], startedAtMs: open[0].scene.startedAtMs, finishedAtMs: null, durationMs: null });
  for (const { made, scene } of open) Object.assign(made.run, { status: scene.outcome, startedAtMs: scene.startedAtMs, durationMs: null, finishedAtMs: null });
}

// ---- HTTP ----

function filtered(query) {
  const list = (name) => query.get(name)?.split(',').filter(Boolean);
  const status = list('status');
  const worker = list('worker');
  const words = (query.get('text') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const span = /^-(\d+)([dh])$/.exec(query.get('from') ?? '');
  const from = span ? Date.now() - Number(span[1]) * (span[2] === 'd' ? 86_400_000 : 3_600_000) : 0;
  const bound = (name) => (query.has(name) ? Number(query.get(name)) : null);
  const within = (value, low, high) => (low === null && high === null) || (value !== null && value >= (low ?? -Infinity) && value <= (high ?? Infinity));
  const inList = (name, value) => !list(name) || list(name).includes(value);
  const at = (name) => (/^\d+$/.test(query.get(name) ?? '') ? Number(query.get(name)) : null);
  const found = runs.filter(({ run }) => {
    if ((at('from') !== null && run.createdAtMs < at('from')) || (at('to') !== null && run.createdAtMs >= at('to'))) return false;
    const summary = summaryOf(run);
    if (!inList('exitReason', run.exitReason) || !(inList('workflow', run.workflowName) || inList('workflow', summary.workflowFingerprint)) || !inList('model', summary.model)) return false;
    if (!within(run.durationMs, bound('durationMinMs'), bound('durationMaxMs'))) return false;
    if (status && !status.includes(run.status)) return false;
    if (worker && !summary.workerIds.some((id) => worker.includes(id))) return false;
    const hay = [run.title, summary.error, run.notes, ...run.tags, ...run.scenes.map((scene) => scene.parameters.positivePrompt)].join(' ').toLowerCase();
    return run.createdAtMs >= from && words.every((word) => hay.split(/\W+/).some((each) => each.startsWith(word)));
  }).sort((a, b) => b.run.createdAtMs - a.run.createdAtMs);
  return query.get('sort') === 'oldest' ? found.reverse() : found;
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://mock');
  const api = /^\/api\/v1(\/.*)$/.exec(url.pathname)?.[1];
  response.setHeader('Content-Security-Policy', policy);
  if (!api) {
    const file = /^\/assets\//.test(url.pathname) ? url.pathname : '/index.html';
    try {
      const body = readFileSync(fileURLToPath(new URL(`../dist${file}`, import.meta.url)));
      response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' });
      response.end(body);
    } catch {
      response.writeHead(404).end('not built: npm run build');
    }
    return;
  }
  if (api === '/health') {
    return json(response, {
      status: 'ok', version: '0.1.0', bootId, startedAtMs, nowMs: Date.now(),
      history: { kind: 'sqlite', location: '/home/you/.local/share/comfytrace/history.db', schemaVersion: 1, runs: runs.length, bytes: runs.length * 9_000, oldestRunAtMs: runs.at(-1)?.run.createdAtMs ?? null, newestRunAtMs: runs[0]?.run.createdAtMs ?? null },
      writer: { pending: 0, failing: false, lastError: null }, cost: { cpuRatio: 0.003, residentBytes: 28 * 2 ** 20 }, workers: { total: fleet.length, connected: Math.max(0, fleet.length - 1) },
      alerts: { open: mode === 'full' ? 2 : 0, sinks: mode === 'full' ? sinks : [] },
      setup: { listenHost: '127.0.0.1', listenPort: 8199, tokenNeeded: false, configFile: '/home/you/.config/comfytrace/config.toml', retention: { days: 365, maxBytes: null } },
      counters: [{ name: 'unknown_message', severity: 'info', sentence: 'messages of a kind that is not known were passed over', value: 2 }],
    });
  }
  if (api === '/workers') return json(response, { workers: fleet });
  if (/^\/workers\/[^/]+:connect$/.test(api)) return response.writeHead(204).end();
  const reply = (value, status = 200) => (status === 204 ? response.writeHead(204).end() : json(response, value, status));
  const answer = answerOfRuns(api, url, { runs, fleet, open, family });
  if (answer !== undefined) return json(response, answer, answer.detail ? answer.status : 200);
  if (await answerViews(api, request, url, { runs, filtered, reply, tell, full: mode === 'full' })) return;
  if (api === '/runs') {
    const bad = url.searchParams.get('text') === 'badfilter';
    if (bad) return json(response, { type: 'about:blank', title: 'Bad Request', status: 400, detail: 'unknown status "sucess"', field: 'status', mend: 'one of: queued, executing, success, failed' }, 400);
    const found = filtered(url.searchParams);
    const limit = Number(url.searchParams.get('limit') ?? 50);
    const start = Number(url.searchParams.get('cursor') ?? 0) + Number(url.searchParams.get('offset') ?? 0);
    return json(response, { runs: found.slice(start, start + limit).map(({ run }) => summaryOf(run)), nextCursor: start + limit < found.length ? String(start + limit) : null, total: found.length });
  }
  const [, id, rest = ''] = /^\/runs\/([^/]+)(\/.*)?$/.exec(api) ?? [];
  const made = runs.find(({ run }) => run.runId === id);
  if (!made) return json(response, { type: 'about:blank', title: 'Not Found', status: 404, detail: 'no such run' }, 404);
  if (rest === '/timeline') return json(response, made.timeline);
  const artifact = /^\/artifacts\/(\d+)$/.exec(rest);
  if (artifact) {
    response.writeHead(200, { 'Content-Type': 'image/svg+xml' });
    return response.end(picture(parseInt(id.slice(0, 4), 16) + Number(artifact[1])));
  }
  if (request.method === 'PATCH') {
    let body = '';
    for await (const chunk of request) body += chunk;
    Object.assign(made.run, JSON.parse(body));
    tell([{ kind: 'run', run: summaryOf(made.run) }]);
    return json(response, made.run);
  }
  if (request.method === 'DELETE') {
    runs.splice(runs.indexOf(made), 1);
    tell([{ kind: 'runDeleted', runId: id }]);
    return response.writeHead(204).end();
  }
  return json(response, made.run);
});

// ---- live ----

const sockets = new WebSocketServer({ server, path: '/telemetry' });
const send = (socket, value) => socket.readyState === 1 && socket.send(JSON.stringify(value));
function tell(updates) {
  seq += 1;
  for (const socket of sockets.clients) send(socket, { type: 'update', seq, serverTimeMs: Date.now(), updates });
}
sockets.on('connection', (socket) => {
  send(socket, { type: 'hello', protocol: 1, version: '0.1.0', bootId, serverTimeMs: Date.now() });
  send(socket, { type: 'snapshot', seq, serverTimeMs: Date.now(), workers: fleet, scenes: open.map(({ scene }) => scene), recent: runs.slice(0, 20).map(({ run }) => summaryOf(run)) });
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message.type === 'subscribe') socket.previews = message.previews;
  });
});

function preview(scene, step) {
  const head = Buffer.from(JSON.stringify({ runId: scene.runId, sceneId: scene.sceneId, promptId: scene.promptId, workerId: scene.workerId, nodeId: '7', mime: 'image/svg+xml' }));
  const size = Buffer.alloc(4);
  size.writeUInt32BE(head.length);
  const frame = Buffer.concat([size, head, Buffer.from(picture(3 + step))]);
  for (const socket of sockets.clients) if (socket.previews && socket.readyState === 1) socket.send(frame);
}

setInterval(() => {
  const first = open.find(({ scene }) => scene.status === 'executing' && scene.node);
  if (!first) return;
  const { scene } = first;
  scene.node.progressValue += 1;
  scene.timestamp = Date.now();
  scene.elapsedMs = Date.now() - scene.startedAtMs;
  scene.duration = scene.elapsedMs / 1000;
  const left = ((31 - scene.node.progressValue) / 30) * 252_000 * 0.6 + 45_000;
  Object.assign(scene, { eta: Math.round(left), etaLow: Math.round(left * 0.94), etaHigh: Math.round(left * 1.09), etaScenes: 42 });
  if (scene.node.progressValue > 30) scene.node.progressValue = 1;
  scene.progress = (6 + scene.node.progressValue / 30) / 10;
  tell([{ ...scene, node: { ...scene.node } }]);
  preview(scene, scene.node.progressValue % 3);
}, 1000);

// Now and then a short run comes and goes, so that the lists are seen to move.
if (mode === 'full') {
  setInterval(() => {
    const made = makeRun({ at: Date.now() - 30_000, workerId: 'w-borealis', graph: graphs[0], status: random() < 0.8 ? 'success' : 'cancelled', exitReason: 'success' });
    runs.unshift(made);
    tell([{ kind: 'run', run: summaryOf(made.run) }]);
  }, Number(process.env.NEW_RUN_MS ?? 20_000));
}

server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port} (made-up runs, ${mode})`));
