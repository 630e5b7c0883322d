// The gallery in real Chromium: every component and every part of a view in its states, both themes, three widths. Needs no comfytrace, only
// dashboard/dist.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { freePort, waitFor } from "./processes.mjs";

const web = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const shots = process.env.COMFYTRACE_SHOTS;
let browser;
let server;
let url;

before(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  server = spawn(process.execPath, [join(web, "dashboard/mock/server.mjs")], { env: { ...process.env, PORT: String(port), NEW_RUN_MS: "600000" }, stdio: "ignore" });
  await waitFor("the mock", async () => (await fetch(`${url}/api/v1/health`)).ok);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  if (shots) mkdirSync(shots, { recursive: true });
});
after(async () => {
  await browser?.close();
  server?.kill();
});

const kShelves = ["components", "live", "runs", "viewer", "run", "compare", "trends", "insights", "settings", "primitives"];

async function gallery(theme, width = 1440, shelf = "primitives", script = () => undefined) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (problem) => faults.push(String(problem)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) faults.push(message.text());
  });
  await page.addInitScript((word) => localStorage.setItem("comfytrace.theme", word), theme);
  await page.addInitScript(script);
  await page.goto(`${url}/gallery?of=${shelf}`, { timeout: 60_000 });
  await page.locator("[data-part]").first().waitFor({ timeout: 60_000 });
  if (shelf === "primitives") await page.locator("[data-part=TelemetryComparisonChart] canvas").first().waitFor({ timeout: 60_000 });
  if (shelf === "components") await page.getByRole("button", { name: /Remove 412/ }).waitFor({ timeout: 60_000 });
  return { page, faults };
}

// Of each part one picture; what scrolls is cut off in it, so the page is made as high as the part.
async function picture(page, suffix) {
  const { width, height } = page.viewportSize();
  for (const part of await page.locator("[data-part]").all()) {
    const name = (await part.getAttribute("data-part")).replace(/\W+/g, "-");
    await page.setViewportSize({ width, height: Math.min(12_000, Math.ceil((await part.boundingBox()).height) + 200) });
    await part.screenshot({ path: join(shots, `${name}-${suffix}.png`) });
  }
  await page.setViewportSize({ width, height });
}

// What stands in the gallery, and in which states at least: a state that nobody draws is one that nobody has looked at.
const kParts = {
  TelemetryBadges: ["streaming", "loading", "empty", "error"], HistoricalTelemetryCard: ["loading", "empty", "error", "stale", "disconnected", "not enough"], RunStatisticsPanel: ["loading", "no run", "error", "stale", "partial", "disconnected"],
  QueuePolicyCard: ["loading", "error", "not driven", "stale", "disconnected"], FallbackWarningsCard: ["loading", "error", "nothing", "stale", "partial", "disconnected"],
  ArtifactViewer: ["success", "failed", "under way", "loading", "empty", "error", "partial", "stale", "disconnected"], RecommendationBadge: ["open", "loading", "deferred", "resolved"], TelemetryFilterPanel: ["counting", "nothing set", "not read"],
  TelemetryComparisonChart: ["loading", "empty", "error", "stale", "not enough", "20 000", "partial", "disconnected", "one run alone"], DataTable: ["rows", "loading", "no run", "error"], ExportDialog: ["ready", "nothing"], CleanupDialog: ["counted", "counting", "nothing", "not counted"],
  "Live: worker": ["streaming", "stalled", "disconnected, stale", "connecting", "partial", "loading", "empty", "lost"], "Live: running scene": ["streaming", "stalled", "partial", "stale", "too many"], "Live: queue and recent runs": ["more than fit", "empty", "loading"],
  "Runs: the whole view": ["ready", "too much", "filtered", "loading", "empty", "no run matches", "not understood", "error", "disconnected"],
  "Live: the page's own link": ["disconnected", "polling"], "Run: claim": ["worse", "not enough", "failed", "under way", "stale", "loading", "error"], "Run: failure": ["memory", "refused"], "Run: what differs": ["ready", "empty", "loading", "error"],
  "Run: artifacts": ["kind", "too many", "nothing", "empty"], "Run: scenes": ["warnings", "loading", "too many"], "Run: timeline": ["full", "folded", "partial", "empty", "loading", "error"], "Run: against like runs": ["full", "not enough", "error"],
  "Run: recommendations, notes, reasons": ["ready", "empty", "loading", "error"], "Compare: what differs": ["like for like", "not enough", "stale"], "Compare: a run": ["ready", "loading", "error"], "Compare: nodes": ["finding", "empty", "partial"],
  "Compare: artifacts": ["slider", "loading", "empty"], "Trends: beside the chart": ["success", "empty", "not enough", "loading", "error"], "Insights: what was found": ["alert", "over", "loading"], "Insights: what it rests on": ["suggestion", "taken back", "not read"],
  "Insights: measured estimates": ["ready", "empty", "loading", "error"], "Settings: history": ["retention", "good", "partial", "not answer", "loading", "error"], "Settings: access, workers": ["alone", "token", "loading", "error", "empty"], "Settings: alerts, about, this browser": ["alerts", "no sink", "loading", "error"],
};

test("every part of the page stands in the gallery in the states it can be in, and no state breaks", { timeout: 600_000 }, async () => {
  const missing = new Set(Object.entries(kParts).flatMap(([part, states]) => states.map((state) => `${part}: ${state}`)));
  for (const shelf of kShelves) {
    const { page, faults } = await gallery("dark", 1440, shelf);
    const drawn = await page.evaluate(() => [...document.querySelectorAll("[data-sample]")].map((sample) => [sample.closest("[data-part]").dataset.part, sample.dataset.sample]));
    for (const [part, name] of drawn) for (const state of kParts[part] ?? []) if (name.includes(state)) missing.delete(`${part}: ${state}`);
    assert.deepEqual(faults, [], shelf);
    await page.context().close();
  }
  assert.deepEqual([...missing], []);
});

for (const theme of ["dark", "light"]) {
  for (const shelf of kShelves) {
    test(`axe finds nothing serious in the gallery, ${shelf}, ${theme}`, { timeout: 300_000 }, async () => {
      const { page, faults } = await gallery(theme, 1440, shelf);
      if (shots) await picture(page, theme);
      const { violations } = await new AxeBuilder({ page }).analyze();
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 4).map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join(" | ")}`), []);
      assert.deepEqual(faults, []);
      await page.context().close();
    });
  }
}

test("nothing in the gallery is wider than its place, down to a phone", { timeout: 600_000 }, async () => {
  for (const shelf of kShelves) {
    const { page } = await gallery("dark", 1440, shelf);
    for (const width of [1440, 1000, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForTimeout(300);
      const wide = await page.evaluate(() => {
        const main = document.querySelector(".main");
        const limit = main.getBoundingClientRect().right + 1;
        const out = [...main.querySelectorAll("[data-sample]")].filter((sample) =>
          [...sample.querySelectorAll(".panel, .claim, .badges, dialog, .rec, .seg, .kv-row")].some((each) => each.getBoundingClientRect().right > limit && !each.closest(".scroll-x")));
        return { names: out.map((sample) => `${sample.closest("[data-part]").dataset.part}: ${sample.dataset.sample}`), scrolls: main.scrollWidth > main.clientWidth ? [...main.querySelectorAll("*")].filter((each) => each.getBoundingClientRect().right > limit).slice(0, 4).map((each) => each.outerHTML.slice(0, 120)) : [] };
      });
      if (shots && width === 390) await picture(page, "phone");
      assert.deepEqual(wide, { names: [], scrolls: [] }, `${shelf} at ${width} px`);
    }
    await page.context().close();
  }
});

// On a busy machine that takes a while.
test("a chart whose place is not measured yet does not make the page wider", { timeout: 120_000 }, async () => {
  const { page } = await gallery("dark", 1440, "run", () => {
    window.ResizeObserver = class {
      observe() {}
      unobserve() {}
      disconnect() {}
    };
  });
  await page.locator(".like-charts canvas").first().waitFor({ timeout: 60_000 });
  const [needed, there, plot, place] = await page.evaluate(() => {
    const main = document.querySelector(".main");
    const chart = document.querySelector(".like-charts .cmp-plot");
    return [main.scrollWidth, main.clientWidth, chart.querySelector("canvas").getBoundingClientRect().width, chart.clientWidth];
  });
  assert.ok(plot > place, `the chart is drawn wider than its place: ${plot} in ${place}`);
  assert.equal(needed, there);
  await page.context().close();
});

test("a table of a million rows shows its last row, and its first again", { timeout: 300_000 }, async () => {
  const { page, faults } = await gallery("dark");
  const table = page.getByRole("grid", { name: "Runs, ready" });
  await table.focus();
  await page.keyboard.press("End");
  await table.locator('[aria-rowindex="1003442"]').waitFor({ timeout: 30_000 });
  const box = await table.boundingBox();
  const last = await table.locator('[aria-rowindex="1003442"]').boundingBox();
  assert.ok(last.y >= box.y && last.y + last.height <= box.y + box.height + 1, "the last row is in sight");
  await page.keyboard.press("Home");
  await table.locator('[aria-rowindex="2"]').waitFor({ timeout: 30_000 });
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("a chart is read by keyboard", { timeout: 300_000 }, async () => {
  const { page } = await gallery("dark");
  const values = page.getByRole("slider", { name: "Duration, value by value" }).first();
  await values.focus();
  await page.keyboard.press("End");
  const last = await values.getAttribute("aria-valuetext");
  await page.keyboard.press("ArrowLeft");
  const before = await values.getAttribute("aria-valuetext");
  assert.match(last, /\d+m\s\d\ds/);
  assert.notEqual(last, before);
  await page.context().close();
});
