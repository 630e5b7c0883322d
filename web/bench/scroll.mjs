// Ways through a long list, each with the frames that it took.
import { measureFrames, round } from './frames.mjs';
import { sleep } from './processes.mjs';

const kRow = '.dt-row.go:has(.title-cell)';

export async function* scrollFigures(page) {
  const box = await page.locator('.dt').boundingBox();
  const cdp = await page.context().newCDPSession(page);
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };

  for (const [pxPerSecond, seconds] of [[2_000, 10], [8_000, 10], [16_000, 10]]) {
    const before = await firstInSight(page);
    const { result, ...figures } = await measureFrames(page, () => wheel(cdp, middle, pxPerSecond, seconds));
    yield { way: `wheel, ${pxPerSecond} px/s`, rowsPassed: await firstInSight(page) - before, ...await rest(page), ...figures };
  }
  await page.evaluate(() => document.querySelector('.dt').scrollTo({ top: 0 }));
  await sleep(500);
  const thumb = await thumbOf(page, box);
  await sleep(1_000);
  const { result, ...figures } = await measureFrames(page, () => drag(page, box, thumb));
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

/** The thumb, which stands below a button with an arrow or at the very top: where a press moves the list by leaps. */
async function thumbOf(page, box) {
  const x = box.x + box.width - 4;
  for (let y = 3; y < 60; y += 3) {
    await page.mouse.move(x, box.y + y);
    await page.mouse.down();
    await page.mouse.move(x, box.y + y + 20, { steps: 2 });
    const found = await page.evaluate(() => new Promise((done) => {
      const list = document.querySelector('.dt');
      requestAnimationFrame(() => requestAnimationFrame(() => done(list.scrollTop > (10 / list.clientHeight) * list.scrollHeight)));
    }));
    await page.mouse.move(x, box.y + y);
    await page.mouse.up();
    await page.evaluate(() => document.querySelector('.dt').scrollTo({ top: 0 }));
    await sleep(100);
    if (found) return { x, y: box.y + y };
  }
  throw new Error('the scroll bar has no thumb to drag');
}

async function drag(page, box, { x, y }) {
  await page.mouse.move(x, y);
  await page.mouse.down();
  const began = performance.now();
  for (let share = 0; share < 1; share = (performance.now() - began) / 10_000) {
    await page.mouse.move(x, y + (box.height - 20) * share);
    await sleep(1000 / 60);
  }
  await page.mouse.move(x, y + box.height);
  const scrolled = await page.evaluate(() => new Promise((done) => {
    const list = document.querySelector('.dt');
    requestAnimationFrame(() => requestAnimationFrame(() => done(list.scrollTop / (list.scrollHeight - list.clientHeight))));
  }));
  await page.mouse.up();
  if (scrolled < 0.9) throw new Error(`the scroll bar was dragged to ${scrolled} of the list instead of to its end`);
  return { scrolledShare: round(scrolled, 3) };
}

/** From the key until every row in sight is there, the one that the keys stand on among them. */
async function press(page, key) {
  // Armed before the key is pressed: a key that came first would be waited for in vain.
  await page.evaluate(({ key }) => {
    window.benchPress = new Promise((done) => {
      let began = 0;
      document.addEventListener('keydown', (event) => {
        if (event.key === key) began = performance.now();
      }, { once: true, capture: true });
      const look = () => {
        const current = document.querySelector('.dt-row.cur');
        const end = began > 0 && (performance.now() - began > 60_000 ? null : current && current.ariaBusy !== 'true' && !document.querySelector('.dt-row .dt-bone, .dt-row[aria-busy]') ? performance.now() - began : undefined);
        if (end === null || end > 0) requestAnimationFrame(() => done(end && performance.now() - began));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
  }, { key });
  await page.keyboard.press(key);
  const ms = await page.evaluate(() => window.benchPress);
  return { rowsShownMs: ms === null ? null : round(ms, 0) };
}

/** The number of the row below the head, the first being 0. */
function firstInSight(page) {
  return page.evaluate(() => {
    const top = document.querySelector('.dt-head').getBoundingClientRect().bottom;
    const rows = [...document.querySelectorAll('.dt-all [role=row][aria-rowindex]')].filter((row) => row.getBoundingClientRect().bottom > top + 1);
    return Math.min(...rows.map((row) => Number(row.getAttribute('aria-rowindex')) - 2));
  });
}

/** How long after the hand has come to rest every row is there, and which row is the first in sight. */
async function rest(page) {
  const began = performance.now();
  const filled = await page.waitForFunction((selector) => document.querySelector(selector) && !document.querySelector('.dt-row .dt-bone, .dt-row[aria-busy]'), kRow, { timeout: 60_000 }).then(() => true, () => false);
  const rows = await page.evaluate(() => Number(document.querySelector('.dt').getAttribute('aria-rowcount')) - 1);
  return { filledAfterMs: filled ? round(performance.now() - began, 0) : null, firstRow: await firstInSight(page), listRows: rows };
}
