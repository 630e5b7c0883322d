// The server is lost and found again, or falls silent: the page says so, goes on by itself, and loses nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort, recordedGraph, waitFor } from "./processes.mjs";
import { page, stage } from "./story.mjs";

const recent = (id) => page.getByRole("region", { name: "Recent runs" }).locator(`a[href*="${id}"]`);
const banner = () => page.getByText("No connection to comfytrace");

test("what ended before, during and after a loss is all there, without a reload", async () => {
  const comfyui = await stage.replay(["0.3.64/a_simple_success"], ["--no-play", "--speed", "5"]);
  const graph = recordedGraph("0.3.64/a_simple_success");
  const port = await freePort();
  const first = await stage.connected(await stage.serve([comfyui.url], port));
  await page.goto(first.url);
  await page.evaluate(() => (window.sameDocument = true));
  const before = await comfyui.submit(graph);
  await recent(before).waitFor();

  await first.stop("SIGKILL");
  await banner().waitFor();
  await page.see(/Shown data is from \d\d:\d\d:\d\d/);
  await page.see(/Next try in \d+ s|Trying now/);
  await recent(before).waitFor();
  await page.shot("live-disconnected");
  const during = await comfyui.submit(graph);

  const second = await stage.connected(await stage.serve([comfyui.url], port));
  await banner().waitFor({ state: "hidden" });
  await recent(during).waitFor();
  const after = await comfyui.submit(graph);
  await recent(after).waitFor();
  const kept = (await second.runs()).map((run) => run.runId).sort();
  assert.deepEqual(kept, [before, during, after].sort(), "the history has each once");
  const listed = await page.getByRole("region", { name: "Recent runs" }).locator("tbody a").evaluateAll((links) => links.map((link) => link.getAttribute("href").split("/").at(-1)));
  assert.deepEqual(listed.sort(), kept, "and the page has what the history has");
  assert.equal(await page.evaluate(() => window.sameDocument), true, "in the same document");
});

test("a worker that is lost and comes back is told, and so is what it did meanwhile", async () => {
  const port = await freePort();
  const graph = recordedGraph("0.3.64/a_simple_success");
  const comfyui = await stage.replay(["0.3.64/a_simple_success"], ["--no-play", "--speed", "5"], port);
  const serve = await stage.connected(await stage.serve([comfyui.url]));
  await page.goto(serve.url);
  await page.see("Nothing is running");
  await comfyui.stop("SIGKILL");
  await page.see("No worker is reachable");
  const again = await stage.replay(["0.3.64/a_simple_success"], ["--no-play", "--speed", "5"], port);
  const id = await again.submit(graph);
  await recent(id).waitFor();
  await page.see("Nothing is running");
});

test("a server that has stopped answering is not called live", { timeout: 180_000 }, async () => {
  const comfyui = await stage.replay(["0.3.64/a_simple_success"], ["--no-play", "--speed", "5"]);
  const serve = await stage.connected(await stage.serve([comfyui.url]));
  await page.goto(`${serve.url}/`);
  await page.see("Nothing is running");
  serve.child.kill("SIGSTOP");
  try {
    await banner().waitFor({ timeout: 90_000 });
    await page.shot("live-silent");
  } finally {
    serve.child.kill("SIGCONT");
  }
  await banner().waitFor({ state: "hidden", timeout: 60_000 });
  const id = await comfyui.submit(recordedGraph("0.3.64/a_simple_success"));
  await waitFor("the run", () => recent(id).isVisible());
});
