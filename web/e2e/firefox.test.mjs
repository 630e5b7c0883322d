// A smoke run in Firefox ESR: every view shows, a run arrives live, keys and search work, nothing is logged as an error.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Firefox } from "./bidi.mjs";
import { root, recordedGraph, Stage, waitFor } from "./processes.mjs";

const missing = existsSync(process.env.FIREFOX ?? "/usr/bin/firefox-esr") ? false : "firefox-esr is not installed";
const shots = process.env.COMFYTRACE_SHOTS ?? join(root, "build/shots");
let firefox;
let stage;
before(async () => {
  if (missing) return;
  stage = new Stage();
  firefox = await Firefox.start();
});
after(async () => {
  await firefox?.close();
  await stage?.end();
});

/** Notes in the page what it showed, however seldom a busy machine lets the test look. */
const watch = `(() => {
  window.seen = {};
  document.addEventListener("load", ({ target }) => (seen.preview ||= target.src?.startsWith("blob:") && target.naturalWidth > 0), true);
  new MutationObserver(() => {
    const words = document.body.innerText;
    seen.node ||= words.includes("ProbeSleep");
    seen.step ||= /step\\s*\\d/.test(words);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
})()`;

const has = (words) => `document.body.innerText.includes(${JSON.stringify(words)})`;

test("Firefox ESR: a live update arrives, and every view shows without an error", { skip: missing, timeout: 600_000 }, async (t) => {
  t.diagnostic(firefox.version);
  stage.generate("--runs", "300", "--seed", "6", "--workflows", "2", "--workers", "2", "--scenario", "step=0.3@0.5");
  const comfyui = await stage.replay(["0.8.0/h_long_previews"], ["--no-play", "--everyone", "--speed", "0.25"]);
  const serve = await stage.connected(await stage.serve([comfyui.url]));
  await firefox.open(serve.url);
  await firefox.reads("the idle page", has("Nothing is running"));
  await firefox.evaluate(watch);
  const id = await comfyui.submit(recordedGraph("0.8.0/h_long_previews"), "somebody-else");
  for (const what of ["node", "step", "preview"]) await firefox.reads(`the ${what}`, `seen.${what} ?? false`);
  await firefox.shot(join(shots, "firefox-live.png"));
  // Replayed at a quarter of its speed it goes on for most of a minute.
  await waitFor("its end", async () => (await serve.runs()).some((run) => run.runId === id && run.finishedAtMs), 180_000);
  await firefox.reads("its end in the list", `document.querySelector('[aria-label="Recent runs"] a[href*="${id}"]') !== null`);

  await firefox.press("g", "r");
  await firefox.reads("Runs", `location.pathname === "/runs" && document.querySelector('.runs-list a[href*="${id}"]') !== null`);
  await firefox.open(`${serve.url}/runs?status=success`);
  await firefox.reads("the filtered list", `/showing\\s+\\d+/.test(document.querySelector(".active-filters")?.innerText ?? "")`);
  await firefox.shot(join(shots, "firefox-runs.png"));
  await firefox.open(`${serve.url}/runs/${id}`);
  await firefox.reads("the run", has("ProbeSleep"));
  await firefox.reads("its picture", `[...document.images].some((image) => image.src.includes("/artifacts/") && image.naturalWidth > 0)`);
  await firefox.shot(join(shots, "firefox-run.png"));
  const [one, two] = (await serve.runs()).filter((run) => run.status === "success");
  await firefox.open(`${serve.url}/compare?ids=${one.runId},${two.runId}`);
  await firefox.reads("the comparison", has("Measures"));
  await firefox.open(`${serve.url}/trends`);
  await firefox.reads("the chart", `document.querySelector("canvas")?.width > 100 && document.querySelector(".trend-words") !== null`);
  await firefox.shot(join(shots, "firefox-trends.png"));
  await firefox.open(`${serve.url}/insights`);
  await firefox.reads("a finding", `document.querySelector(".finding[data-key]") !== null`);
  await firefox.open(`${serve.url}/settings`);
  await firefox.reads("the settings", has("Watched ComfyUI servers"));
  assert.deepEqual(firefox.faults, []);
});
