// What each story has of its own: a browser for all tests of the file, and for each test a stage of processes and a page.
import { after, afterEach, before, beforeEach } from "node:test";
import { Browser } from "./browser.mjs";
import { Stage } from "./processes.mjs";

export let browser;
export let stage;
export let page;

before(async () => (browser = await Browser.start()));
after(() => browser?.close());
beforeEach(async () => {
  stage = new Stage();
  page = await browser.page();
});
afterEach(async () => {
  await stage.end();
  await page.done();
});
