// Two runs side by side: which parameter differs, and what came of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { recordedGraph, waitFor } from "./processes.mjs";
import { page, stage } from "./story.mjs";

test("two runs are chosen in the list, and the one parameter that differs is named with both values", async () => {
  const comfyui = await stage.replay(["0.3.64/a_simple_success"], ["--no-play", "--speed", "5"]);
  const serve = await stage.connected(await stage.serve([comfyui.url]));
  const ended = (count) => waitFor(`${count} runs`, async () => (await serve.runs()).filter((run) => run.status === "success").length === count);
  const graph = recordedGraph("0.3.64/a_simple_success");
  await comfyui.submit(graph);
  await ended(1);
  graph["1"].inputs.width = 128;
  await comfyui.submit(graph);
  await ended(2);
  await page.goto(`${serve.url}/runs`);
  for (const at of [0, 1]) await page.getByRole("checkbox", { name: "Select", exact: true }).nth(at).check();
  await page.getByRole("toolbar", { name: "2 runs selected" }).getByRole("button", { name: "Compare" }).click();
  await page.waitForURL(/\/compare\?ids=/);
  const parameters = page.getByRole("region", { name: "Parameters" });
  await parameters.waitFor();
  const row = parameters.getByRole("row").filter({ hasText: /^\s*size/ });
  await row.waitFor();
  const cells = await row.getByRole("cell").allInnerTexts();
  assert.deepEqual(cells.slice(1, 3).map((cell) => cell.replace(/\D+/g, "x")).sort(), ["128x64", "96x64"], cells.join(" | "));

  const line = page.getByRole("slider", { name: "Line between A and B" });
  await line.waitFor();
  await waitFor("both pictures", () => page.locator(".slider img").evaluateAll((images) => images.length === 2 && images.every((image) => image.naturalWidth > 0)));
  await line.focus();
  const at = Number(await line.getAttribute("aria-valuenow"));
  await page.keyboard.press("ArrowLeft");
  assert.equal(Number(await line.getAttribute("aria-valuenow")), at - 1);
  await page.shot("compare-slider");
  await page.getByRole("button", { name: "Side by side" }).click();
  await line.waitFor({ state: "detached" });
  await page.shot("compare-side-by-side");

  const before = new URL(page.url()).searchParams.get("ids").split(",");
  await page.getByRole("button", { name: /Swap/ }).click();
  await page.waitForFunction((ids) => new URL(location.href).searchParams.get("ids") === ids, [...before].reverse().join(","));
});
