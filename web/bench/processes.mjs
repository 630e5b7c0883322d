// The processes that a benchmark of the page drives, each ended by its own pid, and the machine they ran on.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const binary = process.env.COMFYTRACE_BINARY ?? join(root, 'build/release/comfytrace');
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export function machine() {
  return { cpu: cpus()[0]?.model ?? null, cores: cpus().length, memoryBytes: totalmem(), kernel: spawnSync('uname', ['-r']).stdout?.toString().trim() ?? null };
}

/** How much the machine has to do, by the minute and the five minutes: figures of a busy machine say so. */
export const load = () => loadavg().slice(0, 2).map((each) => Math.round(each * 100) / 100);

export function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

export async function until(what, probe, patienceMs = 300_000) {
  const end = performance.now() + patienceMs;
  let last;
  while (performance.now() < end) {
    try {
      last = await probe();
      if (last) return last;
    } catch (problem) {
      last = problem;
    }
    await sleep(20);
  }
  throw new Error(`waited ${patienceMs} ms in vain for ${what}; last: ${last}`);
}

export class Stage {
  folder = mkdtempSync(join(tmpdir(), 'comfytrace-page-bench-'));
  #children = [];

  #start(name, ...args) {
    const out = openSync(join(this.folder, `${name}.log`), 'a');
    const kept = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(COMFY|XDG_)/.test(key)));
    const child = spawn(binary, args, { stdio: ['ignore', out, out], env: { ...kept, HOME: this.folder, NO_COLOR: '1' } });
    closeSync(out);
    this.#children.push(child);
    return child;
  }

  /** A history of so many runs, made up; the same size gives the same one. */
  async generate(runs) {
    const store = join(this.folder, `made-${runs}.db`);
    const child = this.#start('generate', 'generate', '--store', store, '--runs', String(runs), '--seed', '7', '--end-ms', String(Date.now() - 60_000));
    await new Promise((done, fail) => child.once('exit', (code) => (code === 0 ? done() : fail(new Error(`generate ended with ${code}`)))));
    if (!existsSync(store)) throw new Error('generate made nothing');
    return store;
  }

  async replay(recordings, options = []) {
    const port = await freePort();
    const files = recordings.map((name) => join(root, 'tests/recordings', `${name}.jsonl`));
    const child = this.#start('replay', 'replay', ...files, '--listen', `127.0.0.1:${port}`, ...options);
    await until('replay to answer', async () => (await fetch(`http://127.0.0.1:${port}/queue`)).ok);
    return { url: `http://127.0.0.1:${port}`, stop: () => end(child) };
  }

  async serve(store, workers) {
    const port = await freePort();
    const child = this.#start('serve', 'serve', '--store', store, '--listen', `127.0.0.1:${port}`, ...workers.flatMap((url) => ['--comfyui', url]));
    const url = `http://127.0.0.1:${port}`;
    const health = await until('serve to answer', async () => {
      const answer = await fetch(`${url}/api/v1/health`);
      return answer.ok ? await answer.json() : null;
    });
    return { url, port, runs: health.history?.runs ?? null, version: health.version, stop: () => end(child) };
  }

  log(name) {
    return readFileSync(join(this.folder, `${name}.log`), 'utf8');
  }

  async end() {
    await Promise.all(this.#children.map((child) => end(child, 'SIGKILL')));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function end(child, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.once('exit', () => done());
    child.kill(signal);
  });
}

/** A browser with scrollbars to drag. */
export function openBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', ignoreDefaultArgs: ['--hide-scrollbars'],
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}
