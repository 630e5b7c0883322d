// Ways through a long list, each with the frames that it took.
import { measureFrames, round } from './frames.mjs';
import { sleep } from './processes.mjs';

const kRow = '.dt-row.go:has(.title-cell)';

export async function* scrollFigures(page) {
  const box = await page.locator('.dt').boundingBox();
  const cdp = await page.context().newCDPSession(page);
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };

  for (const [pxPerSecond, seconds] of [[2_000, 10], [8_000, 10]]) {
    const { result, ...figures } = await measureFrames(page, () => wheel(cdp, middle, pxPerSecond, seconds));
    yield { way: `wheel, ${pxPerSecond} px/s`, ...await rest(page), ...figures };
  }
  await page.evaluate(() => document.querySelector('.dt').scrollTo({ top: 0 }));
  await sleep(500);
  const { result, ...figures } = await measureFrames(page, () => drag(page, box));
  yield { way: 'scroll bar, top to bottom in 10 s', ...result, ...await rest(page), ...figures };
  for (const key of ['Home', 'End', 'Home', 'End', 'PageUp']) {
    yield { way: `key ${key}`, ...await press(page, key), ...await rest(page) };
  }
  await cdp.detach();
}

/** Wheel turns as a browser gets them, one a frame; where it takes them later, larger ones. */
async function wheel(cdp, { x, y }, pxPerSecond, seconds) {
  const began = performance.now();
  let done = 0;
  for (let passed = 0; passed < seconds; passed = (performance.now() - began) / 1000) {
    const wanted = pxPerSecond * (passed + 1 / 60);
    await cdp.send('Input.dispatchMouseEvent', { type: 'mouseWheel', x, y, deltaX: 0, deltaY: wanted - done });
    done = wanted;
    await sleep(1000 / 60);
  }
}

async function drag(page, box) {
  const x = box.x + box.width - 4;
  const top = box.y + 6;
  await page.mouse.move(x, top);
  await page.mouse.down();
  const began = performance.now();
  for (let share = 0; share < 1; share = (performance.now() - began) / 10_000) {
    await page.mouse.move(x, top + (box.height - 20) * share);
    await sleep(1000 / 60);
  }
  await page.mouse.move(x, top + box.height);
  const scrolled = await page.evaluate(() => {
    const list = document.querySelector('.dt');
    return list.scrollTop / (list.scrollHeight - list.clientHeight);
  });
  await page.mouse.up();
  return { scrolledShare: round(scrolled, 3) };
}

async function press(page, key) {
  const took = page.evaluate(({ key }) => new Promise((done) => {
    let began = 0;
    document.addEventListener('keydown', (event) => {
      if (event.key === key) began = performance.now();
    }, { once: true, capture: true });
    const look = () => {
      const current = document.querySelector('.dt-row.cur');
      if (began > 0 && current && !current.querySelector('.dt-bone')) requestAnimationFrame(() => done(performance.now() - began));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }), { key });
  await page.keyboard.press(key);
  const limit = sleep(60_000).then(() => null);
  const ms = await Promise.race([took, limit]);
  return { rowsShownMs: ms === null ? null : round(ms, 0) };
}

/** How long after the hand has come to rest every row in sight is there, and which row is the first. */
async function rest(page) {
  const began = performance.now();
  const row = await page.waitForFunction((selector) => {
    const rows = [...document.querySelectorAll(selector)];
    const bones = document.querySelector('.dt-row .dt-bone, .dt-row.dt-bone');
    return !bones && rows.length > 0 && Math.min(...rows.map((each) => Number(each.getAttribute('aria-rowindex')) - 1));
  }, kRow, { timeout: 60_000 }).then((found) => found.jsonValue(), () => null);
  const rows = await page.evaluate(() => Number(document.querySelector('.dt').getAttribute('aria-rowcount')) - 1);
  return { filledAfterMs: row === null ? null : round(performance.now() - began, 0), firstRow: row, listRows: rows };
}
