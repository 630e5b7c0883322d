// What a page's frames and main thread did between two moments: by requestAnimationFrame in the page, by the browser's trace.

/**
 * Runs in the page before anything else. What is seen of a list is looked at behind each frame, when it has been laid out;
 * the hand may get further before the next one, which its scroll event tells.
 */
export function watchPage() {
  const seen = { times: [], long: [], blank: 0, bones: 0, ahead: 0, on: false };
  window.benchFrames = seen;
  new PerformanceObserver((list) => {
    if (seen.on) for (const entry of list.getEntries()) seen.long.push(entry.duration);
  }).observe({ entryTypes: ['longtask'] });

  let drawn = null;
  /** Of the list's pixels those that are in sight, and those on which rows stand that are read. */
  const look = (list) => {
    const box = list.getBoundingClientRect();
    const top = list.querySelector('.dt-head')?.getBoundingClientRect().bottom ?? box.top;
    let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    let bone = false;
    for (const row of list.querySelectorAll('[role=row][aria-rowindex]:not(.dt-head *)')) {
      const { top: begin, bottom: end, height } = row.getBoundingClientRect();
      if (height === 0) continue;
      from = Math.min(from, begin);
      to = Math.max(to, end);
      bone ||= end > top && begin < box.bottom && (row.ariaBusy === 'true' || row.querySelector('.dt-bone') !== null);
    }
    const last = Math.min(box.bottom, box.top + list.clientHeight, box.top - list.scrollTop + list.scrollHeight);
    return { blank: from > top + 1 || to < last - 1, bone, above: top - from, below: to - last, at: list.scrollTop };
  };
  const behindFrame = new MessageChannel();
  behindFrame.port1.onmessage = () => {
    const list = document.querySelector('.dt');
    drawn = list && list.querySelector('.dt-all') ? look(list) : null;
    if (drawn?.blank) seen.blank += 1;
    if (drawn?.bone) seen.bones += 1;
  };
  document.addEventListener('scroll', ({ target }) => {
    if (!seen.on || !drawn || !target.matches?.('.dt')) return;
    const moved = target.scrollTop - drawn.at;
    // A leap goes where no row can stand before it is known.
    if (!drawn.blank && Math.abs(moved) < 4 * target.clientHeight && (moved > drawn.below + 1 || -moved > drawn.above + 1)) seen.ahead += 1;
  }, true);

  const tick = (time) => {
    if (seen.on) {
      seen.times.push(time);
      behindFrame.port2.postMessage(0);
    }
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

/** Traces until the returned function is called, which gives the events that count here. */
export async function trace(cdp) {
  const events = [];
  cdp.on('Tracing.dataCollected', ({ value }) => {
    for (const event of value) if (kEvents.has(event.name)) events.push(event);
  });
  await cdp.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'disabled-by-default-devtools.timeline.frame'], excludedCategories: ['*'] } });
  return async () => {
    const ended = new Promise((done) => cdp.once('Tracing.tracingComplete', done));
    await cdp.send('Tracing.end');
    await ended;
    return events;
  };
}

/** Frames and tasks while `act` goes on. Tracing costs a little: what is told of it is an upper bound. */
export async function measureFrames(page, act) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  const stop = await trace(cdp);
  const before = await metrics(cdp);
  await page.evaluate(() => {
    Object.assign(window.benchFrames, { times: [], long: [], blank: 0, bones: 0, ahead: 0, on: true });
  });
  const result = await act();
  const seen = await page.evaluate(() => {
    window.benchFrames.on = false;
    return window.benchFrames;
  });
  const after = await metrics(cdp);
  const events = await stop();
  await cdp.detach();
  const spent = Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]]));
  return { result, ...frameFigures(seen.times), blankFrames: seen.blank, aheadOfRowsFrames: seen.ahead, boneFrames: seen.bones, longTasks: seen.long.length, ...taskFigures(events), ...drawn(events), ...costFigures(spent) };
}

const kEvents = new Set(['RunTask', 'ThreadControllerImpl::RunTask', 'DroppedFrame', 'DrawFrame', 'BeginFrame', 'thread_name', 'FunctionCall', 'UpdateLayoutTree']);

/**
 * The tasks of the renderer's main thread, the one that runs script: by the clock, and by the processor's time, which
 * other programs on the machine do not lengthen.
 */
export function taskFigures(events) {
  const calls = new Map();
  for (const { name, pid, tid } of events) if (name === 'FunctionCall') calls.set(`${pid} ${tid}`, (calls.get(`${pid} ${tid}`) ?? 0) + 1);
  const [main] = [...calls].sort((a, b) => b[1] - a[1])[0] ?? [];
  const tasks = events.filter(({ name, pid, tid, dur }) => /RunTask$/.test(name) && dur && `${pid} ${tid}` === main);
  const cpu = tasks.flatMap(({ tdur }) => (tdur === undefined ? [] : [tdur / 1000]));
  const most = (values) => round(values.reduce((all, value) => Math.max(all, value), 0), 1);
  return {
    longestTaskMs: most(tasks.map(({ dur }) => dur / 1000)), longestTaskCpuMs: cpu.length > 0 ? most(cpu) : null,
    tasksOver16CpuMs: cpu.filter((each) => each > 1000 / 60).length, tasksOver50CpuMs: cpu.filter((each) => each > 50).length, mainThreadCpuMs: round(cpu.reduce((sum, each) => sum + each, 0), 0),
  };
}

function drawn(events) {
  const count = (name) => events.filter((event) => event.name === name).length;
  const dropped = count('DroppedFrame');
  const shown = count('DrawFrame');
  return { drawnFrames: shown, droppedFrames: dropped, droppedShare: round(dropped / Math.max(1, dropped + shown), 3) };
}

async function metrics(cdp) {
  const { metrics: all } = await cdp.send('Performance.getMetrics');
  return Object.fromEntries(all.filter(({ name }) => /^(TaskDuration|ScriptDuration|LayoutDuration|RecalcStyleDuration|LayoutCount|Timestamp)$/.test(name)).map(({ name, value }) => [name, value]));
}

function costFigures(spent) {
  const share = (name) => round(spent[name] / spent.Timestamp, 3);
  return { seconds: round(spent.Timestamp, 1), mainThreadShare: share('TaskDuration'), scriptShare: share('ScriptDuration'), layoutShare: share('LayoutDuration'), styleShare: share('RecalcStyleDuration'), layouts: spent.LayoutCount };
}

export function frameFigures(times) {
  const gaps = times.slice(1).map((time, at) => time - times[at]).sort((a, b) => a - b);
  if (gaps.length === 0) return { frames: times.length };
  const at = (share) => round(gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * share))], 1);
  const seconds = (times.at(-1) - times[0]) / 1000;
  return {
    frames: times.length, framesPerSecond: round(gaps.length / seconds, 1), frameMedianMs: at(0.5), frameP95Ms: at(0.95), frameP99Ms: at(0.99), frameMaxMs: round(gaps.at(-1), 1),
    lateFrames: gaps.filter((gap) => gap > 25).length,
  };
}

export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { n: sorted.length, minMs: round(sorted[0], 0), medianMs: round(sorted[Math.floor(sorted.length / 2)], 0), maxMs: round(sorted.at(-1), 0) };
}

/** What the page holds once all that nobody holds is gone. */
export async function memoryOf(page) {
  const cdp = await page.context().newCDPSession(page);
  for (let pass = 0; pass < 3; ++pass) await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners } = await cdp.send('Memory.getDOMCounters');
  await cdp.detach();
  return { heapMiB: round(usedSize / 2 ** 20, 2), nodes, listeners: jsEventListeners };
}

export function round(value, digits) {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
