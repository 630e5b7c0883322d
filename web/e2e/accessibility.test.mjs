// axe on every view with real runs, in both themes, at a desk and on a phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { barriers, Browser } from "./browser.mjs";
import { getJson, recordedGraph, Stage, waitFor } from "./processes.mjs";

let browser;
let stage;
let serve;
let views;
before(async () => {
  browser = await Browser.start();
  stage = new Stage();
  stage.generate("--runs", "400", "--seed", "6", "--workflows", "3", "--workers", "2", "--scenario", "step=0.3@0.5");
  const comfyui = await stage.replay(["0.3.64/a_simple_success", "0.3.64/d_error", "0.3.64/d3_partial_validation"], ["--no-play", "--speed", "10"]);
  serve = await stage.connected(await stage.serve([comfyui.url]));
  const ids = [];
  for (const name of ["a_simple_success", "d_error", "d3_partial_validation"]) ids.push(await comfyui.submit(recordedGraph(`0.3.64/${name}`)));
  await waitFor("all three", async () => (await Promise.all(ids.map((id) => getJson(`${serve.url}/api/v1/runs/${id}`)))).every((run) => run.finishedAtMs));
  await waitFor("a recommendation", async () => (await getJson(`${serve.url}/api/v1/recommendations`)).recommendations.length > 0);
  const { runs } = await getJson(`${serve.url}/api/v1/runs?status=success&limit=200`);
  const many = runs.find((run) => run.sceneCount > 2) ?? runs[0];
  views = [["live", "/"], ["runs", "/runs?status=failed,success"], ["run", `/runs/${ids[0]}`], ["failed", `/runs/${ids[1]}`], ["refused", `/runs/${ids[2]}`], ["scenes", `/runs/${many.runId}`], ["compare", `/compare?ids=${ids[0]},${many.runId}`], ["trends", "/trends"], ["insights", "/insights"], ["settings", "/settings"]];
});
after(async () => {
  await browser?.close();
  await stage?.end();
});

for (const theme of ["dark", "light"]) {
  for (const width of [1440, 390]) {
    test(`nothing serious in any view, ${theme}, ${width} px`, { timeout: 300_000 }, async () => {
      const page = await browser.page({ width, theme, touch: width < 700 });
      await page.addInitScript((word) => localStorage.setItem("comfytrace.theme", word), theme);
      for (const [name, path] of views) {
        await page.goto(serve.url + path);
        await page.locator("h1, .crumb b").first().waitFor();
        await page.waitForLoadState("networkidle");
        await page.waitForFunction(() => !document.querySelector(".main [aria-busy=true]"));
        assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme);
        assert.deepEqual(await barriers(page), [], `${name}, ${theme}, ${width} px`);
        const wide = () => [...document.querySelectorAll("[role=grid]")].filter((grid) => grid.scrollWidth > grid.clientWidth + 1).length;
        assert.equal(await page.evaluate(wide), 0, `${name}, ${width} px: columns beyond the edge of their table`);
        await page.shot(`${name}-${theme}-${width}`);
      }
      await page.done();
    });
  }
}

test("nothing serious in the dialogs", { timeout: 120_000 }, async () => {
  const page = await browser.page();
  await page.goto(`${serve.url}/runs`);
  await page.getByRole("row").nth(3).waitFor();
  for (const [name, open] of [
    ["Clean up history", () => page.getByRole("button", { name: "Clean up" }).click()],
    ["Keyboard", () => page.keyboard.press("?")],
    ["About comfytrace", () => page.locator("nav.rail").getByRole("button", { name: "About" }).click()],
  ]) {
    await open();
    await page.getByRole("dialog", { name }).waitFor();
    assert.deepEqual(await barriers(page), [], name);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  }
  await page.done();
});
