// Why did it fail? From Live and from Runs to the node, its message, the traceback, and what differs from runs that went well.
import assert from "node:assert/strict";
import { test } from "node:test";
import { getJson, recordedGraph, waitFor } from "./processes.mjs";
import { page, stage } from "./story.mjs";

async function failed(recording, served) {
  const comfyui = await stage.replay([recording], ["--no-play", "--speed", "5"]);
  const serve = await stage.connected(await stage.serve([comfyui.url]));
  if (served) await served(serve);
  const id = await comfyui.submit(recordedGraph(recording));
  await waitFor("the failure", async () => (await serve.runs()).some((run) => run.runId === id && run.status === "failed"));
  return { serve, id };
}

test("from Live: the run says node, message and traceback before anything else", async () => {
  const { serve, id } = await failed("0.3.64/d_error", (serve) => page.goto(serve.url));
  await page.getByRole("region", { name: "Recent runs" }).locator(`a[href*="${id}"]`).click();
  const error = page.getByRole("region", { name: /^Error:/ });
  await error.waitFor();
  const { failure } = (await getJson(`${serve.url}/api/v1/runs/${id}`)).scenes[0].attempts[0];
  const said = await error.innerText();
  for (const words of [failure.exceptionType, "probe failure: shot 12 refused", failure.nodeType, `node ${failure.nodeId}`]) assert.ok(said.includes(words), `${words} in: ${said}`);
  const trace = error.getByRole("region", { name: "Traceback" });
  assert.match(await trace.innerText(), /raise|refused/);
  const [seen, window] = [await error.boundingBox(), page.viewportSize()];
  assert.ok(seen.y + 120 < window.height, "without scrolling");
  await page.shot("run-failed");
});

test("from Runs: the failed one is told apart, and its words are found", async () => {
  stage.generate("--runs", "20", "--seed", "3", "--failures", "0");
  const { serve, id } = await failed("0.3.64/d_error");
  await page.goto(`${serve.url}/runs`);
  const row = page.getByRole("row").filter({ has: page.locator(`a[href*="${id}"]`) });
  await row.waitFor();
  assert.match(await row.innerText(), /failed/);
  assert.match(await row.innerText(), /execution error/);
  await page.getByRole("searchbox", { name: "Search the history" }).fill("refused");
  await page.waitForURL(/text=refused/);
  await page.reads(/showing 1 of 21/);
  await page.locator(`a[href*="${id}"]`).first().click();
  await page.see("ValueError");
});

test("an exhausted memory names what it asked for, and what to do", async () => {
  const { id, serve } = await failed("0.3.64/o_oom");
  await page.goto(`${serve.url}/runs/${id}`);
  const error = page.getByRole("region", { name: /^Error:/ });
  await error.waitFor();
  assert.match(await error.innerText(), /memory/i);
  await page.reads(/out of memory/i);
  await page.shot("run-out-of-memory");
});
