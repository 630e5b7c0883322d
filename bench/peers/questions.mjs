// What the peers share: reading the questions, keeping times, writing answers. Formats: bench/question_answers.h.
import { readFileSync, writeFileSync } from "node:fs";

export function readQuestions(path) {
  return readFileSync(path, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

// Asks one question after another, each kind until it has had its time, and prints a line a kind.
export async function askAll(engine, runs, loadSeconds, questions, answersPath, budgetMs, ask) {
  const times = new Map();
  const answers = [];
  for (const [number, question] of questions.entries()) {
    const had = times.get(question.name) ?? [];
    if (had.length >= 2 && had.reduce((a, b) => a + b, 0) > budgetMs) continue;
    const { ms, answer } = await ask(question);
    times.set(question.name, [...had, ms]);
    answers.push(JSON.stringify({ question: number, ...answer }));
  }
  writeFileSync(answersPath, answers.join("\n") + "\n");
  for (const [question, ms] of [...times].sort()) {
    ms.sort((a, b) => a - b);
    const at = (p) => Number(ms[Math.ceil(p * (ms.length - 1) - 1e-9)].toPrecision(5));
    const medianMs = Number(ms[Math.floor(0.5 * (ms.length - 1))].toPrecision(5));
    const row = { bench: "questions", engine, runs, question, asked: ms.length, medianMs, p99Ms: at(0.99), loadSeconds };
    console.log(JSON.stringify(row));
  }
}
