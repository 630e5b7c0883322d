// One Chromium for the tests of a file, and pages in it that tell what they did wrong.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { root } from "./processes.mjs";

const shots = process.env.COMFYTRACE_SHOTS ?? join(root, "build/shots");
/** Both a browser and the machine may be busy: what is waited for has this long. */
export const patienceMs = Number(process.env.COMFYTRACE_TEST_PATIENCE_S ?? 30) * 1000;

export class Browser {
  static async start() {
    mkdirSync(shots, { recursive: true });
    const own = new Browser();
    own.chromium = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
      ],
    });
    return own;
  }

  /** A page of a person who has never been here: no cookie, no choice kept. */
  async page({ width = 1440, height = 900, theme = "dark", touch = false } = {}) {
    const context = await this.chromium.newContext({ viewport: { width, height }, colorScheme: theme, hasTouch: touch, permissions: ["clipboard-read", "clipboard-write"] });
    context.setDefaultTimeout(patienceMs);
    const page = await context.newPage();
    page.faults = [];
    // What was still being loaded when the page is closed fails, and is no fault of the page.
    let isLeaving = false;
    const fault = (text) => isLeaving || page.faults.push(text);
    // A page whose own policy forbids what it does, or that throws, is broken whatever it shows.
    page.on("pageerror", (problem) => fault(String(problem)));
    page.on("console", (message) => {
      if (message.type() === "error" && !/ERR_CONNECTION|WebSocket|Failed to load resource/.test(message.text())) fault(message.text());
    });
    page.see = (text, options) => page.getByText(text, options).first().waitFor();
    page.shot = (name) => page.screenshot({ path: join(shots, `${name}.png`) });
    /** Waits until the text is on the page, whatever elements it is made of. */
    page.reads = (pattern) => page.waitForFunction((source) => new RegExp(source).test(document.body.innerText.replace(/\s+/g, " ")), pattern.source);
    /** Closes it, and says what it did wrong. */
    page.done = async () => {
      isLeaving = true;
      await context.close();
      assert.deepEqual(page.faults, []);
    };
    return page;
  }

  close() {
    return this.chromium.close();
  }
}

/** What axe finds that keeps people from using the page. */
export async function barriers(page) {
  const { AxeBuilder } = await import("@axe-core/playwright");
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 4).map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join(" | ")}`);
}

/** The address of a link or a file without the machine's part. */
export function pathOf(page) {
  const { pathname, search } = new URL(page.url());
  return pathname + search;
}
