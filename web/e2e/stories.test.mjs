// What people do with the page, in real Chromium, against a real `serve` that watches a replayed ComfyUI.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { chromium } from "playwright-core";
import { freePort, getJson, recordedGraph, root, Stage, waitFor } from "./processes.mjs";

const shots = process.env.COMFYTRACE_SHOTS ?? join(root, "build/shots");
mkdirSync(shots, { recursive: true });
let browser;
let stage;
let page;
let faults;

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
    ],
  });
});
after(() => browser?.close());
beforeEach(async () => {
  stage = new Stage();
  faults = [];
  page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: "dark" });
  // A page whose own policy forbids what it does, or that throws, is broken whatever it shows.
  page.on("pageerror", (problem) => faults.push(String(problem)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/ERR_CONNECTION|WebSocket|Failed to load resource/.test(message.text())) faults.push(message.text());
  });
});
afterEach(async () => {
  await page.close();
  await stage.end();
  assert.deepEqual(faults, []);
});

const shot = (name) => page.screenshot({ path: join(shots, `${name}.png`) });
const see = (text, options) => page.getByText(text, options).first().waitFor({ timeout: 20_000 });

test("a live update arrives: node, progress, then the end and the picture", async () => {
  const comfyui = await stage.replay(["0.8.0/h_long_previews"], ["--no-play", "--everyone"]);
  const serve = await stage.connected(await stage.serve([comfyui.url]));
  await page.goto(serve.url);
  await see("Nothing is running");
  const id = await comfyui.submit(recordedGraph("0.8.0/h_long_previews"), "somebody-else");
  await see("ProbeSleep");
  await page.getByRole("meter", { name: "Nodes done" }).waitFor();
  await see(/^step\s/);
  await waitFor("the preview", () =>
    page.evaluate(() => [...document.images].some((image) => image.src.startsWith("blob:") && image.naturalWidth > 0)),
  );
  await page.waitForFunction(() => /step\s*\d\d/.test(document.body.innerText), null, { timeout: 20_000 });
  await shot("live-running");
  await waitFor("the end", async () => (await serve.runs()).some((run) => run.runId === id && run.status === "success"));
  await see("Nothing is running");
  await page.goto(`${serve.url}/runs/${id}`);
  await see("ProbeSleep");
  await waitFor("the picture", () =>
    page.evaluate(() => [...document.images].some((image) => image.src.includes("/artifacts/") && image.naturalWidth > 0)),
  );
  await shot("run-success");
});

test("the page finds a restarted serve again by itself, and what happened meanwhile", async () => {
  const comfyui = await stage.replay(["0.3.64/a_simple_success"], ["--no-play", "--speed", "5"]);
  const port = await freePort();
  const first = await stage.connected(await stage.serve([comfyui.url], port));
  await page.goto(first.url);
  await see("Nothing is running");
  await first.stop("SIGKILL");
  await see("No connection to comfytrace");
  await shot("live-disconnected");
  const id = await comfyui.submit(recordedGraph("0.3.64/a_simple_success"));
  await stage.connected(await stage.serve([comfyui.url], port));
  await page.getByText("No connection to comfytrace").waitFor({ state: "hidden", timeout: 30_000 });
  await page.locator(`a[href*="${id}"]`).first().waitFor({ timeout: 20_000 });
});

test("a failed run says why before anything else", async () => {
  const comfyui = await stage.replay(["0.3.64/d_error"], ["--no-play", "--speed", "5"]);
  const serve = await stage.connected(await stage.serve([comfyui.url]));
  const id = await comfyui.submit(recordedGraph("0.3.64/d_error"));
  await waitFor("the failure", async () => (await serve.runs()).some((run) => run.runId === id && run.status === "failed"));
  await page.goto(`${serve.url}/runs`);
  await page.locator(`a[href*="${id}"]`).first().click();
  await see("ValueError");
  await see("probe failure: shot 12 refused");
  await see("ProbeRaise");
  await page.getByRole("region", { name: "Traceback" }).waitFor();
  await shot("run-failed");
});

test("an empty history says what to do next", async () => {
  const comfyui = await stage.replay(["0.3.64/a_simple_success"], ["--no-play"]);
  const serve = await stage.connected(await stage.serve([comfyui.url]));
  await page.goto(`${serve.url}/runs`);
  await see(/no runs/i);
  await shot("runs-empty");
});

test("a worker that is not there is explained, with its next try", async () => {
  const serve = await stage.serve([`http://127.0.0.1:${await freePort()}`]);
  await page.goto(serve.url);
  await see("No worker is reachable");
  await see(/refused/i);
  await page.getByRole("button", { name: "Connect now" }).first().waitFor();
  await shot("live-no-worker");
});

test("runs can be searched, and the search is in the address", async () => {
  const comfyui = await stage.replay(["0.3.64/a_simple_success", "0.3.64/d_error"], ["--no-play", "--speed", "10"]);
  const serve = await stage.connected(await stage.serve([comfyui.url]));
  const good = await comfyui.submit(recordedGraph("0.3.64/a_simple_success"));
  const bad = await comfyui.submit(recordedGraph("0.3.64/d_error"));
  await waitFor("both to end", async () => (await serve.runs()).filter((run) => run.finishedAtMs).length === 2);
  await page.goto(`${serve.url}/runs?status=failed`);
  await page.locator(`a[href*="${bad}"]`).first().waitFor();
  assert.equal(await page.locator(`a[href*="${good}"]`).count(), 0);
  await shot("runs-filtered");
  await page.goto(`${serve.url}/runs?text=refused`);
  await page.locator(`a[href*="${bad}"]`).first().waitFor();
  assert.equal(await page.locator(`a[href*="${good}"]`).count(), 0);
});

test("tags, notes and deletion reach the history", async () => {
  const comfyui = await stage.replay(["0.3.64/a_simple_success"], ["--no-play", "--speed", "10"]);
  const serve = await stage.connected(await stage.serve([comfyui.url]));
  const id = await comfyui.submit(recordedGraph("0.3.64/a_simple_success"));
  await waitFor("the run", async () => (await serve.runs()).some((run) => run.runId === id && run.status === "success"));
  await page.goto(`${serve.url}/runs/${id}`);
  await see("ImageBlur");
  const deed = async (name) => {
    await page.getByRole("button", { name: "More for this run" }).click();
    await page.getByRole("menuitem", { name }).click();
  };
  await deed("Archive");
  await waitFor("the archive flag", async () => (await getJson(`${serve.url}/api/v1/runs/${id}`)).archived);
  await deed("Delete");
  await shot("run-delete-dialog");
  await page.getByRole("dialog").getByRole("button", { name: /delete/i }).click();
  await waitFor("it to be gone", async () => (await fetch(`${serve.url}/api/v1/runs/${id}`)).status === 404);
});

test("nothing serious for assistive technology, in both themes and on a phone", async () => {
  const { AxeBuilder } = await import("@axe-core/playwright");
  const comfyui = await stage.replay(["0.3.64/d_error"], ["--no-play", "--speed", "10"]);
  const serve = await stage.connected(await stage.serve([comfyui.url]));
  const id = await comfyui.submit(recordedGraph("0.3.64/d_error"));
  await waitFor("the run", async () => (await serve.runs()).some((run) => run.runId === id && run.status === "failed"));
  for (const colorScheme of ["dark", "light"]) {
    for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
      const context = await browser.newContext({ viewport, colorScheme });
      await context.addInitScript((theme) => localStorage.setItem("comfytrace.theme", theme), colorScheme);
      const each = await context.newPage();
      for (const path of ["/", "/runs", `/runs/${id}`]) {
        await each.goto(serve.url + path);
        await each.locator("h1").first().waitFor();
        await each.waitForTimeout(300);
        assert.equal(await each.evaluate(() => document.documentElement.dataset.theme), colorScheme);
        const { violations } = await new AxeBuilder({ page: each }).analyze();
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        assert.deepEqual(serious.map(({ id: rule, nodes }) => `${rule}: ${nodes[0].html}`), [], `${colorScheme} ${viewport.width} ${path}`);
        await each.screenshot({ path: join(shots, `${colorScheme}-${viewport.width}-${path === "/" ? "live" : path === "/runs" ? "runs" : "run"}.png`) });
      }
      await context.close();
    }
  }
});
