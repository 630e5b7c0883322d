// The gallery in real Chromium: every component in every state, both themes, three widths. Needs no comfytrace, only
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

async function gallery(theme, width = 1440) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (problem) => faults.push(String(problem)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) faults.push(message.text());
  });
  await page.addInitScript((word) => localStorage.setItem("comfytrace.theme", word), theme);
  await page.goto(`${url}/gallery`);
  await page.locator("[data-part=TelemetryComparisonChart] canvas").first().waitFor({ timeout: 60_000 });
  await page.getByRole("button", { name: /Remove 412/ }).waitFor({ timeout: 60_000 });
  return { page, faults };
}

for (const theme of ["dark", "light"]) {
  test(`axe finds nothing serious in the gallery, ${theme}`, { timeout: 300_000 }, async () => {
    const { page, faults } = await gallery(theme);
    if (shots) {
      await page.setViewportSize({ width: 1440, height: 11_500 });  // what scrolls is cut off in a picture
      for (const part of await page.locator("[data-part]").all()) {
        const name = (await part.getAttribute("data-part")).replace(/\W+/g, "-");
        await part.screenshot({ path: join(shots, `${name}-${theme}.png`) });
      }
      await page.setViewportSize({ width: 1440, height: 900 });
    }
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 4).map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join(" | ")}`), []);
    assert.deepEqual(faults, []);
    await page.context().close();
  });
}

test("nothing in the gallery is wider than its place, down to a phone", { timeout: 300_000 }, async () => {
  for (const width of [1440, 1000, 390]) {
    const { page } = await gallery("dark", width);
    const wide = await page.evaluate(() => {
      const main = document.querySelector(".main");
      const limit = main.getBoundingClientRect().right + 1;
      const out = [...main.querySelectorAll("[data-sample]")].filter((sample) =>
        [...sample.querySelectorAll(".panel, .claim, .badges, dialog, .rec, .seg, .kv-row")].some((each) => each.getBoundingClientRect().right > limit));
      return { names: out.map((sample) => `${sample.closest("[data-part]").dataset.part}: ${sample.dataset.sample}`), scrolls: main.scrollWidth > main.clientWidth ? [...main.querySelectorAll("*")].filter((each) => each.getBoundingClientRect().right > limit).slice(0, 4).map((each) => each.outerHTML.slice(0, 120)) : [] };
    });
    if (shots) {
      await page.setViewportSize({ width, height: 15_000 });
      await page.locator(".gal").screenshot({ path: join(shots, `gallery-${width}.png`) });
    }
    assert.deepEqual(wide, { names: [], scrolls: [] }, `at ${width} px`);
    await page.context().close();
  }
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
