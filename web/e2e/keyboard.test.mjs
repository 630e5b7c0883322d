// The whole page without a mouse: where the focus is can always be seen, and nothing loses it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { recordedGraph, waitFor } from "./processes.mjs";
import { page, stage } from "./story.mjs";

const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
const focused = () => page.evaluate(() => {
  const at = document.activeElement;
  return { tag: at.tagName, name: at.getAttribute("aria-label") || at.textContent.trim().slice(0, 60), dialog: at.closest("dialog")?.getAttribute("aria-label") ?? null };
});
/** From here on the page notes each place that gets the focus, and where it cannot be seen. */
const watchFocus = () => page.evaluate(() => {
  window.walk = { places: 0, unseen: [], first: null, round: false };
  document.addEventListener("focusin", ({ target: at }) => {
    walk.round ||= at === walk.first;
    walk.first ??= at;
    walk.places += 1;
    const bounds = at.getBoundingClientRect();
    const rings = [at, at.closest(".inp, .pick, .check, .sw, .slider, label"), at.nextElementSibling].filter(Boolean).map((each) => getComputedStyle(each));
    const ring = rings.some((style) => (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none");
    if (!ring || bounds.width * bounds.height === 0) walk.unseen.push(at.outerHTML.slice(0, 140));
  });
});
const walked = () => page.evaluate(() => ({ places: walk.places, unseen: walk.unseen, round: walk.round }));
const until = (what, probe) => waitFor(what, probe);
const openDialog = (name) => page.getByRole("dialog", { name }).waitFor();
const gone = (name) => page.getByRole("dialog", { name }).waitFor({ state: "detached" });

test("open, list of keys, Runs, filter, a run, its pictures, compare, and back", { timeout: 600_000 }, async () => {
  const comfyui = await stage.replay(["0.3.64/a_simple_success", "0.3.64/d_error"], ["--no-play", "--speed", "10"]);
  const serve = await stage.connected(await stage.serve([comfyui.url]));
  const graph = recordedGraph("0.3.64/a_simple_success");
  for (let count = 0; count < 3; count += 1) await comfyui.submit(graph);
  await comfyui.submit(recordedGraph("0.3.64/d_error"));
  await waitFor("four runs", async () => (await serve.runs()).filter((run) => run.finishedAtMs).length === 4);
  await page.goto(serve.url);
  await page.see("Nothing is running");

  await press("?");
  await openDialog("Keyboard");
  assert.equal((await focused()).dialog, "Keyboard", "the focus is in what opened");
  await press("Escape");
  await gone("Keyboard");
  assert.equal(new URL(page.url()).pathname, "/", "Esc closed the list, and nothing more");

  await press("g", "r");
  await page.waitForURL(/\/runs$/);
  await page.getByRole("row").nth(4).waitFor();
  await watchFocus();
  await press("f");
  await until("the filter", async () => page.evaluate(() => document.activeElement.closest("[aria-label=TelemetryFilterPanel]") !== null));
  const success = page.getByRole("group", { name: "Status", exact: true }).getByRole("checkbox", { name: /^success / });
  for (let tabs = 0; tabs < 40 && !(await success.evaluate((box) => box === document.activeElement)); tabs += 1) await press("Tab");
  assert.deepEqual((await walked()).unseen, []);
  await press("Space");
  await page.waitForURL(/status=success/);
  assert.equal(await success.evaluate((box) => box === document.activeElement), true, "a choice keeps its focus while the counts are read anew");
  await until("three rows", async () => /showing 3\b/.test(await page.locator(".active-filters").innerText()));

  await press("/");
  await until("the search", async () => (await focused()).name === "Search the history");
  await press("Escape");
  assert.notEqual((await focused()).name, "Search the history");
  await press("j", "x", "j", "x");
  await page.getByRole("toolbar", { name: /2.runs selected/ }).waitFor();
  await press("Escape");
  await page.getByRole("toolbar").waitFor({ state: "detached" });
  await press("t");
  await openDialog(/tag/i);
  await press("Escape");
  await gone(/tag/i);
  await press("Enter");
  await page.waitForURL(/\/runs\/[0-9a-f-]+/);
  await page.see("ImageBlur");
  const run = new URL(page.url()).pathname;

  await press("Space");
  const box = page.locator("dialog.lightbox");
  await box.waitFor();
  await until("the focus in it", async () => (await focused()).dialog?.startsWith("Artifact 1 of"));
  await press("+", "+", "0", "Escape");
  await box.waitFor({ state: "detached" });
  const tile = page.getByRole("button", { name: /^Open picture/ }).first();
  await tile.focus();
  await press("Enter");
  await box.waitFor();
  await press("Escape");
  await box.waitFor({ state: "detached" });
  await until("the focus where it was", () => tile.evaluate((each) => each === document.activeElement));
  assert.equal(new URL(page.url()).pathname, run);

  await press("c");
  await page.waitForURL(/\/compare\?ids=/);
  await page.getByRole("button", { name: /Add a run/ }).waitFor();
  await press("n");
  await openDialog("Add a run");
  await until("the search of it", async () => (await focused()).name === "Search runs");
  await press("Escape");
  await gone("Add a run");
  await page.getByRole("button", { name: /Swap/ }).waitFor();
  await press("Escape");
  await page.waitForFunction((path) => location.pathname === path, run);
  await press("Escape");
  await page.waitForURL(/\/runs\?status=success/);
});

test("a dialog that closes gives the focus back to what opened it", async () => {
  const serve = await stage.serve(["http://127.0.0.1:1"]);
  await page.goto(`${serve.url}/runs`);
  for (const [opener, dialog] of [
    [page.getByRole("button", { name: "Clean up" }), "Clean up history"],
    [page.locator("header.top").getByRole("button", { name: "Keyboard shortcuts" }), "Keyboard"],
    [page.locator("nav.rail").getByRole("button", { name: "About" }), "About comfytrace"],
  ]) {
    await opener.focus();
    for (const close of ["Escape", "Enter"]) {
      await press("Enter");
      await openDialog(dialog);
      if (close === "Enter") await page.getByRole("dialog").getByRole("button", { name: "Close" }).first().focus();
      await press(close);
      await gone(dialog);
      await until(`the focus on the opener of ${dialog} after ${close}`, () => opener.evaluate((each) => each === document.activeElement));
    }
  }
});

test("Tab reaches everything of every view, in sight, and comes round", { timeout: 600_000 }, async () => {
  stage.generate("--runs", "60", "--seed", "2", "--workflows", "2", "--workers", "1");
  const serve = await stage.serve(["http://127.0.0.1:1"]);
  const [run] = await serve.runs();
  for (const path of ["/", "/runs", `/runs/${run.runId}`, "/trends", "/insights", "/settings"]) {
    await page.goto(serve.url + path);
    await page.locator("h1").first().waitFor();
    await page.waitForLoadState("networkidle");
    await watchFocus();
    let seen = await walked();
    for (let rounds = 0; !seen.round && rounds < 20; rounds += 1) {
      await press(...Array(20).fill("Tab"));
      seen = await walked();
    }
    assert.deepEqual(seen.unseen, [], `where the focus is cannot be seen in ${path}`);
    assert.ok(seen.round, `no end of Tab in ${path} after ${seen.places} places`);
    assert.ok(seen.places > 12, `${seen.places} places in ${path}`);
  }
});
