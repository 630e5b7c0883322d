// What comfytrace suggests is acted on, and stays so: after a reload, and after the server was started anew.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { freePort, getJson, waitFor } from "./processes.mjs";
import { page, stage } from "./story.mjs";

beforeEach(() => stage.generate("--runs", "600", "--seed", "7", "--workflows", "3", "--workers", "2", "--scenario", "step=0.3@0.5"));

const stateOf = async (serve, id) => (await getJson(`${serve.url}/api/v1/recommendations`)).recommendations.find((each) => each.id === id)?.state;
const titleOf = (recommendation) => recommendation.message.split(/[:;] |\. (?=[A-Z])/)[0];
const shelf = (name) => page.getByRole("radiogroup", { name: "Which" }).getByRole("radio", { name: new RegExp(`^${name}\\b`) });
const finding = (each) => page.locator(`.finding[data-key="r-${each.id}"]`);

async function suggested(serve, least) {
  return waitFor(`${least} recommendations`, async () => {
    const open = (await getJson(`${serve.url}/api/v1/recommendations`)).recommendations.filter((each) => each.state === "open");
    return open.length >= least && open;
  });
}

test("dismissed stays away, deferred comes back, applied is noted", { timeout: 600_000 }, async () => {
  const port = await freePort();
  const first = await stage.serve(["http://127.0.0.1:1"], port);
  const [away, later, done] = await suggested(first, 3);
  await page.goto(first.url);
  await page.locator("nav.rail").getByRole("link", { name: /^Insights/ }).click();

  await finding(away).click();
  const detail = page.getByRole("region", { name: "What it rests on" });
  await detail.getByRole("heading", { name: titleOf(away) }).waitFor();
  assert.match(await detail.innerText(), new RegExp(`Rests on\\s+${away.evidenceRunIds.length}\\sruns`), "it names its evidence");
  await page.shot("insights-recommendation");
  await detail.getByRole("button", { name: "Dismiss" }).click();
  await waitFor("dismissed", async () => (await stateOf(first, away.id)) === "dismissed");
  await finding(away).waitFor({ state: "detached" });

  await finding(later).click();
  await detail.getByRole("heading", { name: titleOf(later) }).waitFor();
  await detail.getByRole("button", { name: "Defer" }).click();
  await page.getByRole("menuitem", { name: "For a week" }).click();
  await waitFor("deferred", async () => (await stateOf(first, later.id)) === "deferred");
  await finding(later).waitFor({ state: "detached" });

  await finding(done).click();
  await detail.getByRole("heading", { name: titleOf(done) }).waitFor();
  await detail.getByRole("button", { name: "I did this" }).click();
  await waitFor("applied", async () => (await stateOf(first, done.id)) === "applied");

  await page.reload();
  await shelf("Open").waitFor();
  await page.waitForFunction(() => !document.querySelector(".findings [aria-busy=true]"));
  for (const each of [away, later, done]) assert.equal(await finding(each).count(), 0, "gone after a reload");

  await first.stop("SIGTERM");
  const second = await stage.serve(["http://127.0.0.1:1"], port);
  await page.goto(`${second.url}/insights`);
  await shelf("Dismissed").click();
  await finding(away).waitFor();
  await shelf("Deferred").click();
  await finding(later).waitFor();
  await finding(later).click();
  await detail.getByText(/deferred until/).waitFor();
  await shelf("Applied").click();
  await finding(done).waitFor();
  assert.deepEqual([await stateOf(second, away.id), await stateOf(second, later.id), await stateOf(second, done.id)], ["dismissed", "deferred", "applied"]);

  // Its time is over while nothing runs here.
  const untilMs = Date.now() + 1_500;
  await getJson(`${second.url}/api/v1/recommendations/${later.id}:defer`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ untilMs }) });
  await second.stop("SIGTERM");
  await waitFor("its time", () => Date.now() > untilMs);
  const third = await stage.serve(["http://127.0.0.1:1"], port);
  await waitFor("open again", async () => (await stateOf(third, later.id)) === "open");
  await page.goto(`${third.url}/insights`);
  await finding(later).waitFor();
});

test("what was dismissed by mistake is undone", async () => {
  const serve = await stage.serve(["http://127.0.0.1:1"]);
  const [each] = await suggested(serve, 1);
  await page.goto(`${serve.url}/insights?id=r-${each.id}`);
  const detail = page.getByRole("region", { name: "What it rests on" });
  await detail.getByRole("heading", { name: titleOf(each) }).waitFor();
  await detail.getByRole("button", { name: "Dismiss" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await waitFor("open again", async () => (await stateOf(serve, each.id)) === "open");
  await finding(each).waitFor();
});

test("a run's suggestion leads to the same one among all, and its evidence to the run", async () => {
  const serve = await stage.serve(["http://127.0.0.1:1"]);
  const open = await suggested(serve, 2);
  const each = open.at(-1);
  const [runId] = each.evidenceRunIds;
  await page.goto(`${serve.url}/runs/${runId}`);
  const panel = page.getByRole("region", { name: "Recommendations" });
  await panel.getByRole("article").filter({ hasText: titleOf(each) }).getByRole("button", { name: /^Show / }).click();
  await page.waitForURL(/\/insights\?/);
  await page.getByRole("region", { name: "What it rests on" }).getByRole("heading", { name: titleOf(each) }).waitFor();
  await page.getByRole("region", { name: "What it rests on" }).locator(`a[href*="${runId}"]`).first().click();
  await page.waitForURL(new RegExp(runId));
});
