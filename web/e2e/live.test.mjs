// A run is watched from the queue to its picture, in real Chromium, against a real `serve` on a replayed ComfyUI.
import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort, recordedGraph, waitFor } from "./processes.mjs";
import { page, stage } from "./story.mjs";

const previewSeen = () => [...document.images].some((image) => image.src.startsWith("blob:") && image.naturalWidth > 0);

test("from the queue over node, progress and preview to the picture, without a reload", async () => {
  const comfyui = await stage.replay(["0.8.0/h_long_previews"], ["--no-play", "--everyone"]);
  const serve = await stage.connected(await stage.serve([comfyui.url]));
  await page.goto(serve.url);
  await page.see("Nothing is running");
  const graph = recordedGraph("0.8.0/h_long_previews");
  const id = await comfyui.submit(graph, "somebody-else");
  const next = await comfyui.submit(graph, "somebody-else");
  const queue = page.getByRole("region", { name: "Queue" });
  await queue.locator(`a[href*="${next}"]`).waitFor();
  await page.see("ProbeSleep");
  await page.getByRole("meter", { name: "Nodes done" }).waitFor();

  const steps = new Set();
  await waitFor("the preview and ten steps", async () => {
    const step = /step\s*(\d+)/.exec(await page.locator(".live").innerText())?.[1];
    if (step) steps.add(Number(step));
    return Math.max(...steps) >= 10 && (await page.evaluate(previewSeen));
  });
  assert.ok(steps.size >= 3, `steps are told as they happen, seen ${[...steps]}`);
  assert.deepEqual([...steps], [...steps].sort((a, b) => a - b), "never backwards");
  assert.equal(await page.getByRole("region", { name: "Running" }).or(page.locator(`a[href*="${id}"]`)).first().isVisible(), true);
  await page.shot("live-running");

  await page.getByRole("region", { name: "Recent runs" }).locator(`a[href*="${id}"]`).waitFor();
  await page.getByRole("region", { name: "Recent runs" }).locator(`a[href*="${next}"]`).waitFor();
  assert.equal(await queue.locator("a").count(), 0, "the queue is empty again");
  await page.see("Nothing is running");

  await page.getByRole("region", { name: "Recent runs" }).locator(`a[href*="${id}"]`).click();
  await page.see("ProbeSleep");
  await page.getByRole("button", { name: /^Open picture/ }).first().click();
  const picture = page.locator("dialog.lightbox img");
  await picture.waitFor();
  await waitFor("the picture", () => picture.evaluate((image) => image.complete && image.naturalWidth > 0));
  await page.shot("run-picture");
});

test("an empty history says what to do next", async () => {
  const comfyui = await stage.replay(["0.3.64/a_simple_success"], ["--no-play"]);
  const serve = await stage.connected(await stage.serve([comfyui.url]));
  await page.goto(`${serve.url}/runs`);
  await page.see(/no runs/i);
  await page.shot("runs-empty");
});

test("a worker that is not there is explained, with its next try", async () => {
  const serve = await stage.serve([`http://127.0.0.1:${await freePort()}`]);
  await page.goto(serve.url);
  await page.see("No worker is reachable");
  await page.see(/refused/i);
  await page.getByRole("button", { name: "Connect now" }).first().waitFor();
  await page.shot("live-no-worker");
});
