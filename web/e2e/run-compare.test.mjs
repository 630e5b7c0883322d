// The run's page and the comparison in real Chromium on the mock's runs: keys, pictures, both themes, a phone, paper.
// Needs no comfytrace, only dashboard/dist.
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
let slow;
let usual;
let failed;

before(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  server = spawn(process.execPath, [join(web, "dashboard/mock/server.mjs")], { env: { ...process.env, PORT: String(port), NEW_RUN_MS: "600000" }, stdio: "ignore" });
  await waitFor("the mock", async () => (await fetch(`${url}/api/v1/health`)).ok);
  const { runs } = await (await fetch(`${url}/api/v1/runs?limit=1000`)).json();
  const family = runs.filter((run) => run.title === "The Lighthouse Keeper" && run.sceneCount === 6);
  const good = family.filter((run) => run.status === "success");
  slow = good[3].runId;  // the first that decodes twice as long
  usual = good[10].runId;
  failed = family.find((run) => run.status === "partial").runId;
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

async function open(path, { theme = "dark", width = 1440 } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (problem) => faults.push(String(problem)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) faults.push(message.text());
  });
  await page.addInitScript((word) => localStorage.setItem("comfytrace.theme", word), theme);
  await page.goto(url + path);
  return { page, faults };
}

const paths = () => [["run", `/runs/${slow}`], ["failed", `/runs/${failed}`], ["compare", `/compare?ids=${usual},${slow}`], ["three", `/compare?ids=${usual},${slow},${failed}`]];

for (const [theme, width] of [["dark", 1440], ["light", 1440], ["dark", 390]]) {
  test(`axe finds nothing serious and nothing is too wide, ${theme}, ${width}`, { timeout: 300_000 }, async () => {
    for (const [name, path] of paths()) {
      const { page, faults } = await open(path, { theme, width });
      await page.getByRole("heading", { name: path.startsWith("/runs") ? /slower than|out of memory/ : /longer than|side by side/ }).first().waitFor({ timeout: 60_000 });
      await page.waitForLoadState("networkidle");
      const { violations } = await new AxeBuilder({ page }).analyze();
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      assert.deepEqual(serious.map(({ id, nodes }) => `${name} ${id}: ${nodes.slice(0, 4).map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join(" | ")}`), []);
      assert.deepEqual(await page.evaluate(() => [".main"].map((each) => document.querySelector(each)).filter((each) => each.scrollWidth > each.clientWidth + 1).length), 0, `${name} scrolls sideways`);
      assert.deepEqual(faults, []);
      if (shots) await page.screenshot({ path: join(shots, `${name}-${theme}-${width}.png`) });
      await page.context().close();
    }
  });
}

test("a picture fills the lightbox, is zoomed by keys, and Esc leaves it", { timeout: 120_000 }, async () => {
  const { page } = await open(`/runs/${slow}`);
  await page.getByRole("button", { name: /Open picture lk_00001/ }).waitFor({ timeout: 60_000 });
  await page.keyboard.press("Space");
  const picture = page.locator("dialog.lightbox img");
  await picture.waitFor();
  const box = await picture.boundingBox();
  assert.ok(box.width > 1000 && box.height > 500, `the picture is ${box.width} by ${box.height}`);
  await page.keyboard.press("+");
  await page.getByText("150 %").waitFor();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("dialog", { name: /Artifact 2 of 7/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog.lightbox").waitFor({ state: "detached" });
  assert.equal(new URL(page.url()).searchParams.get("artifact"), null);
  await page.context().close();
});

test("the line between two pictures follows the pointer and the keys", { timeout: 120_000 }, async () => {
  const { page } = await open(`/compare?ids=${usual},${slow}`);
  const line = page.getByRole("slider", { name: "Line between A and B" });
  await line.waitFor({ timeout: 60_000 });
  const box = await page.locator(".slider").boundingBox();
  await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
  await page.mouse.down();
  await page.mouse.up();
  assert.equal(await line.getAttribute("aria-valuenow"), "25");
  await line.focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await line.getAttribute("aria-valuenow"), "26");
  await page.context().close();
});

test("on paper a run is light, whole and without buttons", { timeout: 120_000 }, async () => {
  const { page } = await open(`/runs/${slow}`, { width: 760 });
  await page.getByRole("heading", { name: /slower than/ }).first().waitFor({ timeout: 60_000 });
  await page.emulateMedia({ media: "print" });
  const seen = await page.evaluate(() => ({
    ground: getComputedStyle(document.body).backgroundColor, rail: document.querySelector(".rail").checkVisibility(),
    acts: [...document.querySelectorAll(".rh-acts, .overview, .ph .btn")].filter((each) => each.checkVisibility()).length,
    cut: document.querySelector(".main").scrollHeight > document.querySelector(".main").clientHeight + 1,
  }));
  assert.deepEqual(seen, { ground: "rgb(255, 255, 255)", rail: false, acts: 0, cut: false });
  await page.context().close();
});
