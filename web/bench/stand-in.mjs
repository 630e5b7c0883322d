// A comfytrace whose live stream is played from a recording of a real one, at any rate; everything else the real one answers.
import { createHash } from 'node:crypto';
import { createServer, request } from 'node:http';
import { WebSocket } from 'ws';
import { freePort, sleep } from './processes.mjs';

/** What a real serve tells a page: the snapshot, then texts and previews with the time they came, for `seconds`. */
export async function recordStream(url, seconds) {
  const frames = [];
  let snapshot = null;
  let hello = null;
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/telemetry`);
  socket.binaryType = 'arraybuffer';
  const began = performance.now();
  socket.onmessage = ({ data }) => {
    const atMs = performance.now() - began;
    if (typeof data !== 'string') return void frames.push({ atMs, preview: splitPreview(Buffer.from(data)) });
    const message = JSON.parse(data);
    if (message.type === 'hello') hello = message;
    else if (message.type === 'snapshot') snapshot = message;
    else if (message.type === 'update') for (const update of message.updates) frames.push({ atMs, update });
  };
  await new Promise((done, fail) => {
    socket.onopen = done;
    socket.onerror = () => fail(new Error('the stream was not reached'));
  });
  socket.send(JSON.stringify({ type: 'subscribe', bufferMs: 20, previews: true }));
  await sleep(seconds * 1000);
  socket.close();
  if (!hello || !snapshot || frames.length === 0) throw new Error(`nothing to play: ${frames.length} frames`);
  return { hello, snapshot, frames, seconds };
}

function splitPreview(bytes) {
  const length = bytes.readUInt32BE(0);
  return { head: JSON.parse(bytes.subarray(4, 4 + length).toString()), image: bytes.subarray(4 + length) };
}

/**
 * Serves the page of `upstream` with a live stream of its own. `play(rate, seconds)` sends that many recorded updates a
 * second, each in a frame of its own; every time round the runs are new ones.
 */
export async function standIn(upstream, recording) {
  const sockets = new Set();
  let seq = recording.snapshot.seq;
  let at = 0;
  let round = 0;
  const server = createServer((asked, answer) => {
    const target = new URL(asked.url, upstream);
    const passed = request(target, { method: asked.method, headers: { ...asked.headers, host: target.host, origin: target.origin } }, (given) => {
      answer.writeHead(given.statusCode, given.headers);
      given.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  server.on('upgrade', (asked, socket) => {
    const accept = createHash('sha1').update(`${asked.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', () => undefined);
    socket.write(frame({ ...recording.hello, serverTimeMs: Date.now() }));
    socket.write(frame({ ...recording.snapshot, serverTimeMs: Date.now() }));
    sockets.add(socket);
  });
  const port = await freePort();
  await new Promise((done) => server.listen(port, '127.0.0.1', done));

  const sent = { updates: 0, previews: 0, rounds: 0 };
  const open = new Map();
  const send = (bytes) => {
    for (const socket of sockets) socket.write(bytes);
  };
  const tell = (update, now) => {
    sent.updates += 1;
    if (update.kind === 'scene') {
      const key = JSON.stringify([update.runId, update.sceneId, update.promptId]);
      if (update.status === 'queued' || update.status === 'executing') open.set(key, update);
      else open.delete(key);
    }
    send(frame({ type: 'update', seq: ++seq, serverTimeMs: now, updates: [update] }));
  };
  const sendNext = () => {
    const now = Date.now();
    if (at === recording.frames.length) {
      at = 0;
      round += 1;
      sent.rounds += 1;
      // The recording was cut while these ran; under new names nobody would ever end them.
      for (const scene of [...open.values()]) tell({ ...scene, status: 'completed', outcome: 'success', finishedAtMs: now }, now);
    }
    const { update, preview } = recording.frames[at++];
    if (update) tell(renamed(update, round, now), now);
    else {
      sent.previews += 1;
      send(previewFrame(preview, round));
    }
    return update !== undefined;
  };
  const drained = async () => {
    while ([...sockets].some((socket) => socket.writableLength > 4 << 20)) await sleep(5);
  };
  return {
    url: `http://127.0.0.1:${port}`,
    sent,
    connected: () => sockets.size,
    async play(rate, seconds) {
      const began = performance.now();
      let done = 0;
      for (let passed = 0; passed < seconds; passed = (performance.now() - began) / 1000) {
        while (done < passed * rate) if (sendNext()) done += 1;
        await drained();
        await sleep(Math.max(0, began + ((done + 1) / rate) * 1000 - performance.now()));
      }
      return { seconds: (performance.now() - began) / 1000, updates: done };
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Round by round other runs, queued and begun now, as those of a busy day are. */
function renamed(update, round, now) {
  if (round === 0) return update;
  const text = JSON.stringify(update, (key, value) => {
    if ((key === 'runId' || key === 'promptId' || key === 'sceneId') && typeof value === 'string' && value !== '') return `${value}-${round}`;
    if ((key === 'createdAtMs' || key === 'queuedAtMs' || key === 'startedAtMs') && typeof value === 'number') return now - 1_000;
    if (key === 'finishedAtMs' && typeof value === 'number') return now;
    return value;
  });
  return JSON.parse(text);
}

function frame(message) {
  return wrap(0x81, Buffer.from(JSON.stringify(message)));
}

function previewFrame({ head, image }, round) {
  const named = Buffer.from(JSON.stringify(round === 0 ? head : { ...head, runId: `${head.runId}-${round}`, promptId: `${head.promptId}-${round}`, sceneId: head.sceneId && `${head.sceneId}-${round}` }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(named.length);
  return wrap(0x82, Buffer.concat([length, named, image]));
}

function wrap(kind, payload) {
  const { length } = payload;
  const head = length < 126 ? Buffer.from([kind, length]) : length < 65_536 ? Buffer.from([kind, 126, length >> 8, length & 255]) : Buffer.alloc(10);
  if (head.length === 10) {
    head[0] = kind;
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}
