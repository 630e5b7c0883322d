// Since when is it slower, by how much, how sure is that, and what changed there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { getJson, waitFor } from "./processes.mjs";
import { page, stage } from "./story.mjs";

const kDayMs = 86_400_000;
const dayOf = (ms) => new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" }).format(new Date(ms));

test("a step that was put in is found with its day, its size within the interval, and the runs that show it", async () => {
  const [truth] = stage.generate("--runs", "800", "--seed", "7", "--workflows", "2", "--workers", "2", "--scenario", "step=0.25@0.5");
  const serve = await stage.serve(["http://127.0.0.1:1"]);
  await page.goto(serve.url);
  await page.locator("nav.rail").getByRole("link", { name: "Trends" }).click();
  await page.getByRole("combobox", { name: "Which workflows" }).selectOption({ value: truth.workflowName });
  await page.waitForURL(/workflow=/);
  const trend = await getJson(`${serve.url}/api/v1/trends?metric=duration&workflow=${encodeURIComponent(truth.workflowName)}`);
  assert.ok(trend.steps.length >= 1, "the server finds a step");
  const said = page.locator(".trend-words");
  await said.getByText(/slower since/).waitFor();
  const words = (await said.innerText()).replace(/\s/g, " "); // those within a claim do not break
  const [, percent, day] = /([\d.]+) % slower since (\d+ \w+)/.exec(words);
  const [, low, high] = /95 % interval ([\d.]+) to ([\d.]+) %/.exec(words);
  assert.ok(Number(low) <= Number(percent) && Number(percent) <= Number(high), words);
  assert.ok(Number(low) - 3 <= 25 && 25 <= Number(high) + 3, `the size that was put in, 25 %, is near ${low} to ${high}`);
  assert.ok([-1, 0, 1].some((by) => dayOf(truth.fromMs + by * kDayMs).startsWith(day)), `${day} is the day of ${dayOf(truth.fromMs)}`);
  assert.match(words, /\d+ runs before, \d+ after/);
  assert.match(words, /nothing that is recorded changed there|changed/);
  await page.shot("trend-step");

  const values = page.getByRole("slider", { name: /Duration, value by value/ });
  await values.focus();
  await page.keyboard.press("End");
  const last = await values.getAttribute("aria-valuetext");
  assert.match(last, /\d/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/runs\/[0-9a-f-]+/);
});

test("a step that came with an update names the update", async () => {
  const [truth] = stage.generate("--runs", "800", "--seed", "5", "--workflows", "2", "--workers", "1", "--scenario", "update=0.25@0.5");
  const serve = await stage.serve(["http://127.0.0.1:1"]);
  const query = truth.workflowName ? `?workflow=${encodeURIComponent(truth.workflowName)}` : "";
  await page.goto(`${serve.url}/trends${query}`);
  const said = page.locator(".trend-words");
  await said.getByText(/since/).first().waitFor();
  await waitFor("the cause", async () => /ComfyUI|PyTorch|torch|version/i.test(await said.innerText()));
  await page.shot("trend-update");
});
