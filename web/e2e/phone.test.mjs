// A phone's width: nothing is cut off or scrolls sideways, everything can be reached with a thumb.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Browser } from "./browser.mjs";
import { getJson, recordedGraph, Stage, waitFor } from "./processes.mjs";

const kLeastPx = 40;
let browser;
let stage;
let serve;
let comfyui;
let page;
let views;
before(async () => {
  browser = await Browser.start();
  stage = new Stage();
  stage.generate("--runs", "300", "--seed", "6", "--workflows", "3", "--workers", "2", "--scenario", "step=0.3@0.5");
  comfyui = await stage.replay(["0.3.64/a_simple_success", "0.3.64/d_error"], ["--no-play", "--speed", "10"]);
  serve = await stage.connected(await stage.serve([comfyui.url]));
  const ids = [await comfyui.submit(recordedGraph("0.3.64/a_simple_success")), await comfyui.submit(recordedGraph("0.3.64/d_error"))];
  const ended = async (id) => ["success", "failed"].includes((await getJson(`${serve.url}/api/v1/runs/${id}`)).status);
  await waitFor("both", async () => (await ended(ids[0])) && (await ended(ids[1])));
  const { runs } = await getJson(`${serve.url}/api/v1/runs?status=success&limit=200`);
  const many = runs.find((run) => run.sceneCount > 2) ?? runs[0];
  views = [["live", "/"], ["runs", "/runs"], ["run", `/runs/${ids[0]}`], ["failed", `/runs/${ids[1]}`], ["scenes", `/runs/${many.runId}`], ["compare", `/compare?ids=${ids[0]},${many.runId}`], ["trends", "/trends"], ["insights", "/insights"], ["settings", "/settings"]];
});
after(async () => {
  await browser?.close();
  await stage?.end();
});
beforeEach(async () => (page = await browser.page({ width: 390, height: 844, touch: true })));
afterEach(() => page.done());

test("no view scrolls sideways, and what is pressed is large enough", { timeout: 300_000 }, async () => {
  for (const [name, path] of views) {
    await page.goto(serve.url + path);
    await page.locator("h1, .crumb b").first().waitFor();
    await page.waitForLoadState("networkidle");
    await page.waitForFunction(() => !document.querySelector(".main [aria-busy=true]"));
    await page.shot(`phone-${name}`);
    const found = await page.evaluate((least) => {
      const wide = [document.documentElement, document.querySelector(".main")].filter((each) => each.scrollWidth > each.clientWidth + 1);
      const hidden = (each) => !each.checkVisibility({ visibilityProperty: true, opacityProperty: true });
      // What a person presses to get on: buttons, tabs, links that look like buttons. Links within a sentence are text.
      const small = [...document.querySelectorAll(".btn, .tabs a, .tabs button, .seg button, .pick select, .more-item, .finding, .tile")]
        .filter((each) => !hidden(each) && !each.closest(".code, .sr"))
        .map((each) => {
          const { width, height } = each.getBoundingClientRect();
          // The thumb may hit what is grown around it.
          const grown = ["::before", "::after"].map((part) => getComputedStyle(each, part)).filter((style) => style.position === "absolute" && style.content !== "none");
          const grow = Math.max(0, ...grown.map((style) => parseFloat(style.height) || 0));
          return { height: Math.max(height, grow), width, what: each.outerHTML.slice(0, 110) };
        })
        .filter(({ height, width }) => width > 0 && height < least - 0.5);
      return { wide: wide.map((each) => each.className || each.tagName), small: small.map(({ what, height }) => `${Math.round(height)} px: ${what}`) };
    }, kLeastPx);
    assert.deepEqual(found, { wide: [], small: [] }, name);
  }
});

test("every view is reached by thumb, and back", async () => {
  await page.goto(serve.url);
  const tabs = page.getByRole("navigation", { name: "Views, phone" });
  for (const [word, path] of [["Runs", "/runs"], ["Trends", "/trends"], ["Insights", "/insights"], ["Live", "/"]]) {
    await tabs.getByRole("link", { name: new RegExp(`^${word}`) }).tap();
    await page.waitForFunction((wanted) => location.pathname === wanted, path);
  }
  for (const [word, path] of [["Compare", "/compare"], ["Settings", "/settings"]]) {
    await tabs.getByRole("button", { name: "More" }).tap();
    await page.getByRole("dialog", { name: "More" }).getByRole("link", { name: word }).tap();
    await page.waitForFunction((wanted) => location.pathname === wanted, path);
    await page.getByRole("dialog").waitFor({ state: "detached" });
  }
  await page.getByRole("button", { name: "Clean up" }).tap();
  await page.getByRole("dialog", { name: "Clean up history" }).getByRole("button", { name: "Cancel" }).tap();
});

test("filter, open, look at the picture, delete: all that a desk can do", { timeout: 120_000 }, async () => {
  const id = await comfyui.submit(recordedGraph("0.3.64/a_simple_success"));
  await waitFor("the run", async () => (await getJson(`${serve.url}/api/v1/runs/${id}`)).status === "success");
  await page.goto(`${serve.url}/runs`);
  await page.getByRole("button", { name: "Show", exact: true }).tap();
  await page.getByRole("group", { name: "Status", exact: true }).getByRole("checkbox", { name: /^success / }).tap();
  await page.waitForURL(/status=success/);
  await page.shot("phone-filter");
  await page.getByRole("button", { name: "1 active" }).tap();
  await page.locator(`.runs-list a[href*="${id}"]`).first().tap();
  await page.waitForURL(new RegExp(id));
  await page.getByRole("button", { name: /^Open picture/ }).first().tap();
  const box = page.locator("dialog.lightbox");
  await box.locator("img").waitFor();
  await page.shot("phone-picture");
  const { width } = await box.boundingBox();
  assert.ok(width <= 390);
  await box.getByRole("button", { name: "Close" }).tap();
  await page.getByRole("button", { name: "More for this run" }).tap();
  await page.getByRole("menuitem", { name: "Delete" }).tap();
  await page.getByRole("dialog").getByRole("button", { name: /delete/i }).tap();
  await waitFor("it to be gone", async () => (await fetch(`${serve.url}/api/v1/runs/${id}`)).status === 404);
});
