// DuckDB, in memory, asked the questions of a generated history.
// node duckdb.mjs FACTS.csv QUESTIONS.ndjson ANSWERS.ndjson [ms a kind of question]
import { DuckDBInstance } from "@duckdb/node-api";
import { askAll, readQuestions } from "./questions.mjs";

const [facts, questionsPath, answersPath, budgetMs = "8000"] = process.argv.slice(2);
if (!answersPath) {
  console.error("usage: node duckdb.mjs FACTS.csv QUESTIONS.ndjson ANSWERS.ndjson [ms a kind of question]");
  process.exit(2);
}

const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
const anyOf = (column, values) => `${column} IN (${values.map(quoted).join(", ")})`;

function where({ filter, likeKey }) {
  const all = [];
  const bound = (column, how, value) => value != null && all.push(`${column} ${how} ${value}`);
  bound("created_at_ms", ">=", filter.fromMs);
  bound("created_at_ms", "<", filter.toMs);
  bound("duration_ms", ">=", filter.durationMinMs);
  bound("duration_ms", "<=", filter.durationMaxMs);
  bound("attempt_count", ">=", filter.attemptsMin);
  bound("attempt_count", "<=", filter.attemptsMax);
  bound("vram_peak_bytes", ">=", filter.vramPeakMinBytes);
  bound("vram_peak_bytes", "<=", filter.vramPeakMaxBytes);
  for (const [column, values] of [
    ["status", filter.statuses],
    ["workflow_name", filter.workflows],
    ["model", filter.models],
    ["worker_ids", filter.workerIds],
    ["devices", filter.gpus],
  ]) {
    if (values.length > 0) all.push(anyOf(column, values));
  }
  if (likeKey) all.push(`like_key = ${quoted(likeKey)}`);
  if (filter.tags.length > 0) {
    all.push(`(${filter.tags.map((tag) => `contains('|' || tags || '|', ${quoted(`|${tag}|`)})`).join(" OR ")})`);
  }
  return all.length > 0 ? ` WHERE ${all.join(" AND ")}` : "";
}

const percentiles = "quantile_cont(duration_ms, [0.5, 0.9, 0.95, 0.99])::DOUBLE[]";

function sqlOf(question) {
  const matching = ` FROM runs${where(question)}`;
  switch (question.kind) {
    case "statistics":
      return `SELECT count(*), sum(CASE WHEN status = 'success' THEN 1 ELSE 0 END), sum(scene_count), sum(attempt_count),
        sum(frames), count(duration_ms), sum(duration_ms), min(duration_ms), max(duration_ms), max(vram_peak_bytes),
        ${percentiles}${matching}`;
    case "days":
      return `SELECT created_at_ms // 86400000 AS day, count(*), 0, ${percentiles}${matching} GROUP BY day ORDER BY day`;
    case "like":
      return `SELECT count(*), ${percentiles} FROM (SELECT duration_ms${matching}
        ORDER BY created_at_ms DESC, number DESC LIMIT ${question.limit})`;
    case "page":
      return `SELECT run_id${matching} ORDER BY created_at_ms DESC, number DESC LIMIT ${question.limit}`;
    case "workflows":
      return `SELECT workflow_name, count(*), coalesce(sum(duration_ms), 0) AS took, NULL${matching} GROUP BY 1
        ORDER BY took DESC, 1 LIMIT ${question.limit}`;
    default:
      throw new Error(`no such kind of question: ${question.kind}`);
  }
}

const number = (value) => (value == null ? null : Number(value));
const list = (value) => value?.items ?? [null, null, null, null];

function answerOf({ kind }, rows) {
  if (kind === "page") return { runIds: rows.map((row) => row[0]) };
  if (kind === "like") {
    const p = list(rows[0][1]);
    return { runs: Number(rows[0][0]), p50: p[0], p95: p[2] };
  }
  if (kind !== "statistics") {
    return {
      lines: rows.map((row) => {
        const p = list(row[3]);
        return { key: String(row[0]), runs: Number(row[1]), sum: Number(row[2]), p50: p[0], p95: p[2] };
      }),
    };
  }
  const [runs, succeeded, scenes, attempts, frames, durations, durationSum, min, max, vramMax, quantiles] = rows[0];
  const [p50, p90, p95, p99] = list(quantiles);
  const counts = { runs, succeeded, scenes, attempts, frames, durations, durationSum };
  for (const name of Object.keys(counts)) counts[name] = Number(counts[name] ?? 0);
  return { ...counts, min: number(min), p50, p90, p95, p99, max: number(max), vramMax: number(vramMax) };
}

const database = await DuckDBInstance.create(":memory:", { threads: "2" });
const connection = await database.connect();
const start = performance.now();
await connection.run(`CREATE TABLE runs AS SELECT row_number() OVER () AS number, * FROM
  read_csv(${quoted(facts)}, header = true, parallel = false, types = {'tags': 'VARCHAR', 'story_id': 'VARCHAR',
  'like_key': 'VARCHAR', 'model': 'VARCHAR', 'models': 'VARCHAR'})`);
await connection.run("UPDATE runs SET tags = '' WHERE tags IS NULL");
const loadSeconds = Number(((performance.now() - start) / 1000).toPrecision(4));
const runs = Number((await connection.runAndReadAll("SELECT count(*) FROM runs")).getRows()[0][0]);
await askAll("DuckDB", runs, loadSeconds, readQuestions(questionsPath), answersPath, Number(budgetMs), async (question) => {
  const asked = performance.now();
  const rows = (await connection.runAndReadAll(sqlOf(question))).getRows();
  return { ms: performance.now() - asked, answer: answerOf(question, rows) };
});
connection.closeSync();
