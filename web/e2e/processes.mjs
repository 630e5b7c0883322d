// Real processes for browser tests: `comfytrace serve` and `comfytrace replay`, on loopback and free ports,
// stopped by their own pid.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const binary = process.env.COMFYTRACE_BINARY ?? join(root, "build/release/comfytrace");
const patienceMs = Number(process.env.COMFYTRACE_TEST_PATIENCE_S ?? 20) * 1000;

export function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

export async function waitFor(what, probe, mostMs = patienceMs) {
  const end = Date.now() + mostMs;
  let last;
  while (Date.now() < end) {
    try {
      last = await probe();
      if (last) return last;
    } catch (problem) {
      last = problem;
    }
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`waited ${mostMs} ms in vain for ${what}; last: ${last}`);
}

export async function getJson(url, options) {
  const answer = await fetch(url, options);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** A folder that is HOME for the processes of one test, and goes with it. */
export class Stage {
  #processes = [];
  folder = mkdtempSync(join(tmpdir(), "comfytrace-browser-"));

  #start(log, ...args) {
    const out = openSync(join(this.folder, log), "a");
    const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(COMFY|XDG_)/.test(name)));
    const child = spawn(binary, args, { stdio: ["ignore", out, out], env: { ...kept, HOME: this.folder, NO_COLOR: "1" } });
    const started = {
      child,
      log: () => readFileSync(join(this.folder, log), "utf8"),
      stop: (signal = "SIGTERM") =>
        new Promise((done) => {
          if (child.exitCode !== null || child.signalCode !== null) return done();
          child.once("exit", () => done());
          child.kill(signal);
        }),
    };
    this.#processes.push(started);
    return started;
  }

  async replay(recordings, options = [], port) {
    const at = port ?? (await freePort());
    const files = recordings.map((name) => join(root, "tests/recordings", `${name}.jsonl`));
    const started = this.#start("replay.log", "replay", ...files, "--listen", `127.0.0.1:${at}`, ...options);
    const url = `http://127.0.0.1:${at}`;
    await waitFor("replay to answer", () => getJson(`${url}/queue`));
    return { ...started, url, port: at, submit: (graph, clientId) => submit(url, graph, clientId) };
  }

  async serve(urls, port) {
    const at = port ?? (await freePort());
    const watched = urls.flatMap((url) => ["--comfyui", url]);
    const started = this.#start("serve.log", "serve", ...watched, "--listen", `127.0.0.1:${at}`, "--store", join(this.folder, "history.db"));
    const url = `http://127.0.0.1:${at}`;
    await waitFor("serve to answer", () => getJson(`${url}/api/v1/health`));
    return { ...started, url, port: at, runs: async () => (await getJson(`${url}/api/v1/runs`)).runs };
  }

  /** Makes up the history that `serve` will open; gives what was put in, as `generate --truth` says it. */
  generate(...options) {
    const truth = join(this.folder, "truth.json");
    const endMs = Date.now() - 3_600_000;
    execFileSync(binary, ["generate", "--store", join(this.folder, "history.db"), "--end-ms", String(endMs), "--truth", truth, ...options], { stdio: "ignore" });
    return JSON.parse(readFileSync(truth, "utf8"));
  }

  async connected(serve) {
    await waitFor("the worker", async () => {
      const { workers } = await getJson(`${serve.url}/api/v1/workers`);
      return workers.every(({ connection }) => ["connected", "streaming"].includes(connection.state));
    });
    return serve;
  }

  async end() {
    await Promise.all(this.#processes.map((each) => each.stop("SIGKILL")));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function submit(url, prompt, clientId) {
  const body = clientId ? { prompt, client_id: clientId } : { prompt };
  const answer = await getJson(`${url}/prompt`, { method: "POST", body: JSON.stringify(body) });
  return answer.prompt_id;
}

/** The graph of the index-th prompt that was posted in a recording. */
export function recordedGraph(name, index = 0) {
  return readFileSync(join(root, "tests/recordings", `${name}.jsonl`), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .filter((entry) => entry.dir === "http>" && entry.method === "POST" && entry.path === "/prompt")[index].json.prompt;
}
