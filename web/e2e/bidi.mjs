// As much of WebDriver BiDi, the W3C's protocol, as a smoke run of Firefox needs: Debian's own binary speaks it without
// a driver between, and playwright-core asks newer commands of it than an extended support release has.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";
import { waitFor } from "./processes.mjs";

const kAnnouncement = /WebDriver BiDi listening on (ws:\/\/\S+)/;
// A new profile is made at the start, which takes long on a busy machine.
const kStartMs = 180_000;
// No first run, no update, no call home.
const kPreferences = {
  "app.update.auto": false, "app.normandy.enabled": false, "browser.aboutwelcome.enabled": false, "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore", "browser.startup.page": 0, "browser.safebrowsing.malware.enabled": false, "browser.safebrowsing.phishing.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false, "datareporting.healthreport.uploadEnabled": false, "extensions.update.enabled": false, "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false, "services.settings.server": "http://127.0.0.1:1", "toolkit.telemetry.server": "", "ui.systemUsesDarkTheme": 1,
};

export class Firefox {
  #child;
  #socket;
  #profile = mkdtempSync(join(tmpdir(), "comfytrace-firefox-"));
  #waiting = new Map();
  #last = 0;
  #context;
  /** What the page logged as an error, and what it threw. */
  faults = [];
  version = "";

  static async start() {
    const firefox = new Firefox();
    try {
      await firefox.#start();
    } catch (problem) {
      await firefox.close();
      throw problem;
    }
    return firefox;
  }

  async #start() {
    writeFileSync(join(this.#profile, "user.js"), Object.entries(kPreferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`).join(""));
    const args = ["--headless", "--no-remote", "--profile", this.#profile, "--remote-debugging-port=0"];
    this.#child = spawn(process.env.FIREFOX ?? "/usr/bin/firefox-esr", args, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, HOME: this.#profile, MOZ_CRASHREPORTER_DISABLE: "1" } });
    let said = "";
    this.#child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
    const url = await waitFor("Firefox", () => kAnnouncement.exec(said)?.[1], kStartMs);
    this.#socket = new WebSocket(`${url}/session`);
    await new Promise((done, fail) => this.#socket.once("open", done).once("error", fail));
    this.#socket.on("message", (data) => this.#hear(JSON.parse(data)));
    const { capabilities } = await this.ask("session.new", { capabilities: {} });
    this.version = `${capabilities.browserName} ${capabilities.browserVersion}`;
    await this.ask("session.subscribe", { events: ["log.entryAdded"] });
    this.#context = (await this.ask("browsingContext.getTree", {})).contexts[0].context;
    await this.ask("browsingContext.setViewport", { context: this.#context, viewport: { width: 1440, height: 900 } });
  }

  #hear(message) {
    if (message.type === "event") {
      if (message.method === "log.entryAdded" && message.params.level === "error") this.faults.push(message.params.text);
      return;
    }
    const { done, fail } = this.#waiting.get(message.id) ?? {};
    this.#waiting.delete(message.id);
    if (message.type === "error") fail?.(new Error(`${message.error}: ${message.message}`));
    else done?.(message.result);
  }

  ask(method, params) {
    const id = (this.#last += 1);
    return new Promise((done, fail) => {
      this.#waiting.set(id, { done, fail });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  async open(url) {
    await this.ask("browsingContext.navigate", { context: this.#context, url, wait: "complete" });
  }

  /** The value of an expression in the page: a string, a number or a boolean. */
  async evaluate(expression) {
    const answer = await this.ask("script.evaluate", { expression, target: { context: this.#context }, awaitPromise: true });
    if (answer.type === "exception") throw new Error(answer.exceptionDetails.text);
    return answer.result.value ?? null;
  }

  reads(what, expression) {
    return waitFor(what, () => this.evaluate(expression));
  }

  async press(...keys) {
    const actions = keys.flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
    await this.ask("input.performActions", { context: this.#context, actions: [{ type: "key", id: "keys", actions }] });
  }

  async shot(file) {
    const { data } = await this.ask("browsingContext.captureScreenshot", { context: this.#context });
    writeFileSync(file, Buffer.from(data, "base64"));
  }

  async close() {
    const ended = new Promise((done) => (this.#child?.exitCode === null && this.#child.signalCode === null ? this.#child.once("exit", done) : done()));
    if (this.#socket?.readyState === WebSocket.OPEN) this.ask("browser.close", {}).catch(() => {});
    else this.#child?.kill("SIGKILL");
    const killed = setTimeout(() => this.#child?.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(killed);
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
