// IndexedDB in Chromium: every run is fetched with getAll and looked at in JavaScript.
// node indexeddb.mjs FACTS.csv QUESTIONS.ndjson ANSWERS.ndjson [ms a kind of question]
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { askAll, readQuestions } from "./questions.mjs";

const [facts, questionsPath, answersPath, budgetMs = "8000"] = process.argv.slice(2);
if (!answersPath) {
  console.error("usage: node indexeddb.mjs FACTS.csv QUESTIONS.ndjson ANSWERS.ndjson [ms a kind of question]");
  process.exit(2);
}

// IndexedDB is kept by origin, so the page has one.
const script = await readFile(new URL("indexeddb_page.js", import.meta.url));
const server = createServer((request, response) => {
  if (request.url === "/facts.csv") return createReadStream(facts).pipe(response);
  response.setHeader("content-type", request.url === "/page.js" ? "text/javascript" : "text/html");
  response.end(request.url === "/page.js" ? script : "<!doctype html><script src=/page.js></script>");
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const profile = await mkdtemp(join(tmpdir(), "comfytrace-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const { runs, seconds } = await page.evaluate(() => load("/facts.csv"));
  const loadSeconds = Number(seconds.toPrecision(4));
  const asked = (question) => page.evaluate((one) => ask(one), question);
  await askAll("IndexedDB", runs, loadSeconds, readQuestions(questionsPath), answersPath, Number(budgetMs), asked, false);
} finally {
  await browser.close();
  server.close();
  await rm(profile, { recursive: true, force: true });
}
