// Filters by several criteria, counts that are true, presets that stay, links that can be sent.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Browser, pathOf } from "./browser.mjs";
import { getJson, Stage, waitFor } from "./processes.mjs";

let browser;
let stage;
let serve;
let page;
before(async () => {
  browser = await Browser.start();
  stage = new Stage();
  stage.generate("--runs", "1500", "--seed", "11");
  serve = await stage.serve(["http://127.0.0.1:1"]);
});
after(async () => {
  await browser?.close();
  await stage?.end();
});
beforeEach(async () => (page = await browser.page()));
afterEach(() => page.done());

/** "showing 64 of 1 500" as numbers. */
async function shown(on = page) {
  const words = (await on.locator(".active-filters [role=status]").innerText()).replace(/(?<=\d)[\u202f\u00a0\s](?=\d{3}\b)/g, "");
  const [, matched, total] = /showing (\d+)(?: of (\d+))?/.exec(words) ?? [];
  return { matched: Number(matched), total: Number(total) };
}
/** The number of all may come after the number that matches. */
const says = async (matched, total, on = page) => waitFor(`${matched} of ${total}`, async () => {
  const now = await shown(on);
  return now.matched === matched && now.total === total;
});
const counted = async (query) => getJson(`${serve.url}/api/v1/runs?${query}&limit=1000`);
const idsIn = (on) => on.locator(".runs-list a[href*='/runs/']").evaluateAll((links) => [...new Set(links.map((link) => link.getAttribute("href")))]);
const agrees = async (on = page) => {
  const { total, runs } = await counted(new URL(on.url()).search.slice(1));
  await waitFor(`${total} shown`, async () => (await shown(on)).matched === total);
  return { total, runs };
};

test("several criteria at once, each counted, and the number shown is the history's", async () => {
  await page.goto(`${serve.url}/runs`);
  const all = await agrees();
  await says(1500, 1500);
  const panel = page.getByRole("region", { name: "TelemetryFilterPanel" });
  const facet = (group, value) => panel.getByRole("group", { name: group, exact: true }).getByRole("checkbox", { name: new RegExp(`^${value} `) });
  await facet("Status", "success").check();
  await page.waitForURL(/status=success/);
  const good = await agrees();
  assert.ok(good.total < all.total && good.total > 0);
  const common = panel.getByRole("group", { name: "Workflow", exact: true }).locator("li").first();
  const workflow = await common.locator("[title]").getAttribute("title");
  await common.getByRole("checkbox").check();
  await page.waitForURL(/workflow=/);
  const narrow = await agrees();
  assert.ok(narrow.total < good.total && narrow.total > 0);
  assert.ok(narrow.runs.every((run) => run.status === "success" && run.workflowName === workflow));
  await panel.getByLabel("Duration from, s").fill("5");
  await page.keyboard.press("Enter");
  await page.waitForURL(/durationMin/);
  const { runs, total } = await agrees();
  assert.ok(total < narrow.total && total > 0, `${total} of ${narrow.total}`);
  assert.ok(runs.every((run) => run.durationMs >= 5000));
  assert.equal(await page.locator(".active-filters .chip").count(), 3, "a chip a criterion");
  await page.shot("runs-three-criteria");
  await page.locator(".active-filters .chip").first().getByRole("button").click();
  await page.waitForFunction(() => !location.search.includes("status="));
  await agrees();
});

test("a preset outlives the page, and its link opens the same rows in another browser", async () => {
  await page.goto(`${serve.url}/runs?status=failed,partial&attemptsMin=1`);
  const { total, runs } = await agrees();
  assert.ok(total > 0 && total < 1500);
  const panel = page.getByRole("region", { name: "TelemetryFilterPanel" });
  await panel.getByRole("button", { name: "Save", exact: true }).click();
  await panel.getByRole("textbox", { name: "Name of the preset" }).fill("What went wrong");
  await page.keyboard.press("Enter");
  await panel.getByRole("button", { name: "What went wrong", exact: true }).waitFor();

  await page.goto(`${serve.url}/runs`);
  await waitFor("all", async () => (await shown()).matched === 1500);
  await panel.getByRole("button", { name: "What went wrong", exact: true }).click();
  await waitFor("the preset's", async () => (await shown()).matched === total);

  await panel.getByRole("button", { name: "Link" }).click();
  await panel.getByRole("button", { name: "Copied" }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(link.startsWith(serve.url), link);
  const other = await browser.page({ theme: "light" });
  await other.goto(link);
  await waitFor("the same number", async () => (await shown(other)).matched === total);
  const rows = await idsIn(other);
  assert.ok(rows.length > 0 && rows.every((href) => runs.some((run) => href.includes(run.runId))));
  assert.deepEqual(rows, await idsIn(page), "the same rows");
  assert.equal(pathOf(other).startsWith("/runs?"), true);
  await other.done();
});

test("a filter that matches nothing says so, and is taken back with one click", async () => {
  await page.goto(`${serve.url}/runs?text=thereisnosuchword`);
  await page.see("No run matches");
  await says(0, 1500);
  await page.getByRole("button", { name: "Reset filter" }).click();
  await waitFor("all", async () => (await shown()).matched === 1500);
});

test("a filter that cannot be read says which part, and keeps the page", async () => {
  await page.goto(`${serve.url}/runs?regex=${encodeURIComponent("(unclosed")}`);
  await page.see("Filter not understood");
  await page.getByRole("button", { name: "Reset filter" }).waitFor();
});
