// Runs in the browser (indexeddb.mjs): a store of runs by id, filled once, and questions answered by reading it whole.
const kText = /_id|status|exit_reason|workflow_name|fingerprint|^model|devices|version|tags|like_key/;
let database;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function load(url) {
  const lines = (await (await fetch(url)).text()).trimEnd().split("\n");
  const names = lines[0].split(",");
  const start = performance.now();
  const opening = indexedDB.open("runs", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("runs", { keyPath: "number" });
  database = await done(opening);
  for (let from = 1; from < lines.length; from += 2000) {
    const transaction = database.transaction("runs", "readwrite", { durability: "relaxed" });
    const store = transaction.objectStore("runs");
    for (let i = from; i < Math.min(from + 2000, lines.length); ++i) {
      const run = { number: i };
      lines[i].split(",").forEach((value, at) => {
        if (kText.test(names[at])) run[names[at]] = value;
        else run[names[at]] = value === "" ? null : Number(value);
      });
      run.tags = run.tags === "" ? [] : run.tags.split("|");
      store.put(run);
    }
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onerror = () => reject(transaction.error);
    });
  }
  return { runs: lines.length - 1, seconds: (performance.now() - start) / 1000 };
}

function matches(run, filter, likeKey) {
  const within = (value, least, most) =>
    (least == null || (value != null && value >= least)) && (most == null || (value != null && value <= most));
  const among = (value, values) => values.length === 0 || values.includes(value);
  return (
    (filter.fromMs == null || run.created_at_ms >= filter.fromMs) &&
    (filter.toMs == null || run.created_at_ms < filter.toMs) &&
    among(run.status, filter.statuses) &&
    among(run.workflow_name, filter.workflows) &&
    among(run.model, filter.models) &&
    among(run.worker_ids, filter.workerIds) &&
    among(run.devices, filter.gpus) &&
    within(run.duration_ms, filter.durationMinMs, filter.durationMaxMs) &&
    within(run.attempt_count, filter.attemptsMin, filter.attemptsMax) &&
    within(run.vram_peak_bytes, filter.vramPeakMinBytes, filter.vramPeakMaxBytes) &&
    (filter.tags.length === 0 || run.tags.some((tag) => filter.tags.includes(tag))) &&
    (likeKey === "" || run.like_key === likeKey)
  );
}

function percentile(ascending, p) {
  if (ascending.length === 0) return null;
  const place = p * (ascending.length - 1);
  const low = Math.floor(place);
  const next = ascending[Math.min(low + 1, ascending.length - 1)];
  return ascending[low] + (place - low) * (next - ascending[low]);
}

const durationsOf = (runs) =>
  Float64Array.from(runs.filter((run) => run.duration_ms != null), (run) => run.duration_ms).sort();
const sum = (runs, name) => runs.reduce((all, run) => all + (run[name] ?? 0), 0);

function grouped(runs, keyOf) {
  const groups = new Map();
  for (const run of runs) {
    const key = keyOf(run);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(run);
  }
  return [...groups];
}

function answerOf({ kind, limit }, runs) {
  const newest = () => runs.sort((a, b) => b.created_at_ms - a.created_at_ms || b.number - a.number).slice(0, limit);
  if (kind === "page") return { runIds: newest().map((run) => run.run_id) };
  if (kind === "like") {
    const like = newest();
    const durations = durationsOf(like);
    return { runs: like.length, p50: percentile(durations, 0.5), p95: percentile(durations, 0.95) };
  }
  if (kind === "days") {
    const days = grouped(runs, (run) => Math.floor(run.created_at_ms / 86_400_000)).sort((a, b) => a[0] - b[0]);
    return {
      lines: days.map(([key, of]) => {
        const durations = durationsOf(of);
        const [p50, p95] = [percentile(durations, 0.5), percentile(durations, 0.95)];
        return { key: String(key), runs: of.length, sum: 0, p50, p95 };
      }),
    };
  }
  if (kind === "workflows") {
    const lines = grouped(runs, (run) => run.workflow_name).map(([key, of]) => {
      return { key, runs: of.length, sum: sum(of, "duration_ms"), p50: null, p95: null };
    });
    return { lines: lines.sort((a, b) => b.sum - a.sum || (a.key < b.key ? -1 : 1)).slice(0, limit) };
  }
  const durations = durationsOf(runs);
  const peaks = runs.filter((run) => run.vram_peak_bytes != null);
  return {
    runs: runs.length,
    succeeded: runs.filter((run) => run.status === "success").length,
    scenes: sum(runs, "scene_count"),
    attempts: sum(runs, "attempt_count"),
    frames: sum(runs, "frames"),
    durations: durations.length,
    durationSum: durations.reduce((all, ms) => all + ms, 0),
    min: durations[0] ?? null,
    p50: percentile(durations, 0.5),
    p90: percentile(durations, 0.9),
    p95: percentile(durations, 0.95),
    p99: percentile(durations, 0.99),
    max: durations.at(-1) ?? null,
    vramMax: peaks.reduce((most, run) => Math.max(most ?? 0, run.vram_peak_bytes), null),
  };
}

async function ask(question) {
  const start = performance.now();
  const all = await done(database.transaction("runs").objectStore("runs").getAll());
  const runs = all.filter((run) => matches(run, question.filter, question.likeKey));
  const answer = answerOf(question, runs);
  return { ms: performance.now() - start, answer };
}
