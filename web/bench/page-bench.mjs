#!/usr/bin/env node
// The page's speed, in a real browser against real processes. A JSON line a figure.
//
// usage: node web/bench/page-bench.mjs [--runs N | --store FILE] [--only size,start,scroll,live,hour] [--seconds S]
//
// --runs makes a history of so many runs (default 20000); --store takes a copy of one that is there. COMFYTRACE_BINARY names the
// program (default build/release/comfytrace); the page is the one that is built into it.
import { constants, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureFrames, memoryOf, spread, taskFigures, trace, watchPage } from './frames.mjs';
import { Stage, load, machine, openBrowser, sleep, until } from './processes.mjs';
import { scriptSizes } from './script-size.mjs';
import { scrollFigures } from './scroll.mjs';
import { recordStream, standIn } from './stand-in.mjs';

const { values: given } = parseArgs({ options: { runs: { type: 'string', default: '20000' }, store: { type: 'string' }, only: { type: 'string', default: 'size,start,scroll,live,hour' }, seconds: { type: 'string', default: '60' }, starts: { type: 'string', default: '9' } } });
const wanted = new Set(given.only.split(','));
const seconds = Number(given.seconds);
const say = (figure, more) => console.log(JSON.stringify({ bench: 'page', case: figure, load: load(), ...more }));

/** Each an executing scene, its nodes, steps and previews, one after another. */
const kRecordings = ['0.8.0/h_long_previews', '0.3.64/h3_progress_burst', '0.3.64/m_batch8', '0.3.64/d_error', '0.3.64/g_queue'];

const kRow = '.dt-row.go:has(.title-cell)';

const stage = new Stage();
let browser = null;
try {
  const store = await historyOf(stage);
  const idle = await stage.replay(['0.8.0/a_simple_success'], ['--no-play']);
  const serve = await stage.serve(store, [idle.url]);
  browser = await openBrowser();
  say('machine', { ...machine(), browser: browser.version(), comfytrace: serve.version, runs: serve.runs });
  if (wanted.has('size')) for (const size of await scriptSizes(serve.url)) say('first load', size);
  if (wanted.has('start')) for (const view of kViews()) say('interactive', { view: view.name, runs: serve.runs, ...await starts(serve.url, view, Number(given.starts)) });
  if (wanted.has('scroll')) {
    await inPage(`${serve.url}/runs`, async (page) => {
      await page.waitForSelector(kRow);
      await sleep(2_000);
      for await (const figure of scrollFigures(page)) say('scroll', { runs: serve.runs, ...figure });
    });
  }
  if (wanted.has('live') || wanted.has('hour')) await liveFigures(serve);
} finally {
  await browser?.close();
  await stage.end();
}

async function historyOf(place) {
  if (!given.store) return place.generate(Number(given.runs));
  const copy = join(place.folder, 'copied.db');
  copyFileSync(given.store, copy, constants.COPYFILE_FICLONE);
  return copy;
}

async function inPage(url, act) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    const page = await context.newPage();
    const faults = [];
    page.on('pageerror', (error) => faults.push(error.message));
    await page.addInitScript(watchPage);
    page.setDefaultTimeout(300_000);
    await page.goto(url);
    const result = await act(page);
    if (faults.length > 0) throw new Error(`the page broke: ${faults[0]}`);
    return result;
  } finally {
    await context.close();
  }
}

/** From the start of the navigation until the view's content is painted, and until a key has had its effect, in an empty cache. */
async function starts(url, view, times) {
  const painted = [];
  const interactive = [];
  const work = [];
  for (let time = 0; time < times; ++time) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    page.setDefaultTimeout(300_000);
    await page.addInitScript(watchStart, view);
    const cdp = await context.newCDPSession(page);
    const stop = await trace(cdp);
    await page.goto(url + view.path, { waitUntil: 'commit' });
    await page.waitForFunction(() => window.benchStart?.painted, null, { polling: 'raf' });
    await page.keyboard.press(view.key);
    const start = await (await page.waitForFunction(() => window.benchStart.answered && window.benchStart, null, { polling: 'raf' })).jsonValue();
    painted.push(start.painted);
    interactive.push(start.answered);
    work.push(taskFigures(await stop()).mainThreadCpuMs);
    await context.close();
  }
  return { painted: spread(painted), interactive: spread(interactive), mainThreadCpu: spread(work) };
}

function kViews() {
  return [{ name: 'Live', path: '/', content: '.wks article, .wks section, .wks .wk', key: '?', effect: 'dialog[open], [role=dialog]' }, { name: 'Runs', path: '/runs', content: kRow, key: 'j', effect: '.dt-row.cur' }];
}

/** Runs in the page: watches for the view's content, and for what the key does, each until it has been painted. */
function watchStart(view) {
  const start = (window.benchStart = { painted: 0, answered: 0 });
  const look = () => {
    const name = start.painted === 0 ? 'painted' : 'answered';
    if (start[name] === 0 && document.querySelector(name === 'painted' ? view.content : view.effect)) {
      // The frame that shows it is done when the next one begins.
      requestAnimationFrame(() => {
        start[name] = performance.now();
        if (name === 'painted') requestAnimationFrame(look);
      });
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

async function liveFigures(quiet) {
  const recording = await recorded();
  const kinds = recording.frames.reduce((all, { update }) => ({ ...all, [update?.kind ?? 'preview']: (all[update?.kind ?? 'preview'] ?? 0) + 1 }), {});
  const recordedHourUpdates = Math.round((recording.frames.filter(({ update }) => update).length / recording.seconds) * 3600);
  say('recording', { seconds: recording.seconds, kinds, workers: recording.snapshot.workers.length, updatesAnHour: recordedHourUpdates });
  const played = await standIn(quiet.url, recording);
  try {
    if (wanted.has('live')) {
      for (const view of ['/', '/runs']) {
        await inPage(played.url + view, async (page) => {
          await until('the page to listen', () => played.connected() > 0);
          await sleep(3_000);
          const { result, ...figures } = await measureFrames(page, () => played.play(500, seconds));
          say('500 updates/s', { view, updates: result.updates, updatesPerSecond: Math.round(result.updates / result.seconds), runs: quiet.runs, ...figures });
        });
      }
    }
    if (wanted.has('hour')) for (const view of ['/', '/runs']) await hour(played, view, recordedHourUpdates, quiet.runs);
  } finally {
    await played.stop();
  }
}

/** An hour of the recording at its own rate, as fast as a page takes it. */
async function hour(played, view, updates, runs) {
  await inPage(played.url + view, async (page) => {
    await until('the page to listen', () => played.connected() > 0);
    await played.play(500, 10);
    await sleep(3_000);
    const at = [{ ofHour: 0, ...await memoryOf(page) }];
    const began = performance.now();
    for (let part = 1; part <= 4; ++part) {
      await played.play(2_000, updates / 4 / 2_000);
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 1_500))));
      at.push({ ofHour: part / 4, ...await memoryOf(page) });
    }
    say('an hour of updates', { view, updates, runs, playedInSeconds: Math.round((performance.now() - began) / 1000), previews: played.sent.previews, memory: at });
  });
}

/** What a serve tells that watches three busy workers. */
async function recorded() {
  const speed = ['--loop', '--speed', '2', '--wait-for-client'];
  const workers = [];
  for (let at = 0; at < 3; ++at) workers.push(await stage.replay([...kRecordings.slice(at), ...kRecordings.slice(0, at)], speed));
  const serve = await stage.serve(join(stage.folder, 'busy.db'), workers.map(({ url }) => url));
  const recording = await recordStream(serve.url, 40);
  await serve.stop();
  for (const worker of workers) await worker.stop();
  return recording;
}
