// The script that the first load needs stays within its budget. Reads dashboard/dist: run after `npm run build`.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const kBudget = 150 * 1024;
const dist = join(dirname(fileURLToPath(import.meta.url)), "dist");
const assets = join(dist, "assets");

/** A script and what it imports before it runs; `import()` is not among them. */
function needed(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(join(assets, file), "utf8");
  for (const [, name] of text.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)) needed(name, seen);
  return seen;
}

test("the first load of every view is at most 150 KB of script, gzipped", () => {
  const html = readFileSync(join(dist, "index.html"), "utf8");
  const entries = [...html.matchAll(/assets\/([\w.-]+\.js)/g)].map(([, name]) => name);
  assert.ok(entries.length > 0, "index.html names its script");
  const views = readdirSync(assets).filter((name) => /-view-[\w-]+\.js$/.test(name) && !name.startsWith("gallery"));
  assert.ok(views.length >= 7, `a chunk a view, found ${views}`);
  for (const view of views) {
    const files = new Set([...entries, view].flatMap((file) => [...needed(file)]));
    const bytes = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(assets, file))).length, 0);
    console.log(`${view}: ${Math.round(bytes / 1024)} KB gzipped`);
    assert.ok(bytes <= kBudget, `${view}: ${bytes} bytes gzipped are more than ${kBudget}`);
    assert.ok(![...files].some((file) => file.startsWith("gallery") || file.startsWith("comparison-plot")), `${view} pulls in the gallery or uPlot`);
  }
});
