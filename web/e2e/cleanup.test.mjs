// Old runs are cleaned up: first what would go, then it goes; what is archived or tagged stays.
import assert from "node:assert/strict";
import { test } from "node:test";
import { getJson, recordedGraph, waitFor } from "./processes.mjs";
import { page, stage } from "./story.mjs";

const patch = (serve, id, what) => getJson(`${serve.url}/api/v1/runs/${id}`, { method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify(what) });
const countOf = async (serve) => (await getJson(`${serve.url}/api/v1/runs?limit=1`)).total;
const digits = (words) => Number(/([\d\s]*\d)\srun/.exec(words)[1].replace(/\D/g, ""));

test("a dry run tells what goes and what it frees, Cancel keeps it, Remove removes it; archived and tagged stay", async () => {
  stage.generate("--runs", "300", "--seed", "4");
  const serve = await stage.serve(["http://127.0.0.1:1"]);
  const { runs } = await getJson(`${serve.url}/api/v1/runs?sort=oldest&limit=12`);
  const plain = runs.filter((run) => !run.archived && run.tags.length === 0);
  const [archived, tagged, gone] = plain;
  await patch(serve, archived.runId, { archived: true });
  await patch(serve, tagged.runId, { tags: ["keeper"] });

  await page.goto(`${serve.url}/runs`);
  const opener = page.getByRole("button", { name: "Clean up" });
  const dialog = page.getByRole("dialog", { name: "Clean up history" });
  await opener.focus();
  await page.keyboard.press("Enter");
  await dialog.waitFor();
  await dialog.getByRole("radio", { name: /Beyond the newest/ }).check();
  await dialog.getByRole("textbox", { name: /Beyond the newest/ }).fill("200");
  await page.keyboard.press("Enter");
  const remove = dialog.getByRole("button", { name: /^Remove \d+\sruns?$/ });
  await remove.waitFor();
  const preview = await dialog.locator(".prune-preview").innerText();
  const would = digits(await remove.innerText());
  assert.match(preview, /gives back about [\d.]+\s\S+/, "what it frees");
  assert.match(preview, /archived/);
  assert.match(preview, /tagged/);
  assert.ok(would > 0 && would < 100, `${would} of the 100 beyond the newest 200 go, the rest is kept`);
  assert.equal(await countOf(serve), 300, "a dry run takes nothing");
  await page.shot("cleanup-dry-run");

  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await countOf(serve), 300, "Esc keeps all");
  await page.waitForFunction(() => document.activeElement?.textContent === "Clean up");

  await page.keyboard.press("Enter");
  await dialog.getByRole("radio", { name: /Beyond the newest/ }).check();
  await dialog.getByRole("textbox", { name: /Beyond the newest/ }).fill("200");
  await page.keyboard.press("Enter");
  await remove.click();
  await dialog.getByText(new RegExp(`^${would}\\sruns? removed`)).waitFor();
  assert.equal(await countOf(serve), 300 - would);
  assert.equal((await fetch(`${serve.url}/api/v1/runs/${gone.runId}`)).status, 404);
  for (const kept of [archived, tagged]) assert.equal((await fetch(`${serve.url}/api/v1/runs/${kept.runId}`)).status, 200);
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await waitFor("the list", async () => (await page.locator(".active-filters [role=status]").innerText()).includes(`showing ${300 - would}`));
  await page.goto(`${serve.url}/runs?sort=oldest`);
  await page.locator(`a[href*="${archived.runId}"]`).first().waitFor();
  assert.equal(await page.locator(`a[href*="${gone.runId}"]`).count(), 0);
});

test("one run is tagged, archived and deleted from its page", async () => {
  const comfyui = await stage.replay(["0.3.64/a_simple_success"], ["--no-play", "--speed", "10"]);
  const serve = await stage.connected(await stage.serve([comfyui.url]));
  const id = await comfyui.submit(recordedGraph("0.3.64/a_simple_success"));
  await waitFor("the run", async () => (await serve.runs()).some((run) => run.runId === id && run.status === "success"));
  await page.goto(`${serve.url}/runs/${id}`);
  await page.see("ImageBlur");
  await page.getByRole("button", { name: "tag", exact: true }).click();
  await page.getByRole("textbox", { name: "New tag" }).fill("portrait");
  await page.keyboard.press("Enter");
  const kept = () => getJson(`${serve.url}/api/v1/runs/${id}`);
  await waitFor("the tag", async () => (await kept()).tags.includes("portrait"));
  const deed = async (name) => {
    await page.getByRole("button", { name: "More for this run" }).click();
    await page.getByRole("menuitem", { name }).click();
  };
  await deed("Archive");
  await waitFor("the archive flag", async () => (await kept()).archived);
  await deed("Delete");
  await page.shot("run-delete-dialog");
  await page.getByRole("dialog").getByRole("button", { name: /delete/i }).click();
  await waitFor("it to be gone", async () => (await fetch(`${serve.url}/api/v1/runs/${id}`)).status === 404);
  await page.waitForURL(/\/runs$/);
});
