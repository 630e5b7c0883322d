// What the peers share: reading the questions, keeping times, writing answers. Formats: bench/question_answers.h.
import { readFileSync, writeFileSync } from "node:fs";

export function readQuestions(path) {
  return readFileSync(path, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

// Asks one question after another, each kind until it has had its time, and prints a line a kind. CPU is that of this
// process: none is told of an engine that runs in others.
export async function askAll(engine, runs, loadSeconds, questions, answersPath, budgetMs, ask, isOurProcess = true) {
  const times = new Map();
  const answers = [];
  for (const [number, question] of questions.entries()) {
    const had = times.get(question.name) ?? [];
    if (had.length >= 2 && had.reduce((all, one) => all + one.ms, 0) > budgetMs) continue;
    const before = process.cpuUsage();
    const { ms, answer } = await ask(question);
    const { user, system } = process.cpuUsage(before);
    const cpuMs = isOurProcess ? (user + system) / 1000 : undefined;
    times.set(question.name, [...had, { ms, cpuMs }]);
    answers.push(JSON.stringify({ question: number, ms, cpuMs, ...answer }));
  }
  writeFileSync(answersPath, answers.join("\n") + "\n");
  for (const [question, of] of [...times].sort()) {
    const row = { bench: "questions", engine, runs, question, asked: of.length };
    [row.medianMs, row.p99Ms] = middleAndP99(of.map(({ ms }) => ms));
    if (isOurProcess) [row.cpuMedianMs, row.cpuP99Ms] = middleAndP99(of.map(({ cpuMs }) => cpuMs));
    console.log(JSON.stringify({ ...row, loadSeconds }));
  }
}

function middleAndP99(values) {
  values.sort((a, b) => a - b);
  const last = values.length - 1;
  return [Math.floor(0.5 * last), Math.ceil(0.99 * last - 1e-9)].map((at) => Number(values[at].toPrecision(5)));
}
