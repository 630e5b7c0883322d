#!/usr/bin/env python3
"""Asks several engines the same questions of the same generated history, and compares their answers.

usage: run.py [--runs 1000,10000,100000,1000000] [--seed N] [--budget-ms N] [--engine NAME=PROGRAM]

Prints a JSON object a line: times by engine, size and kind of question, and how many answers differ. A further engine
is a program that is called as the peers are, PROGRAM FACTS.csv QUESTIONS.ndjson ANSWERS.ndjson BUDGET_MS, with RUNS
and SEED in the environment for one that makes the history itself (bench/question_answers.h has the formats).
Exit code 1 if an engine failed or an answer differs.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PEERS = {
    "SQLite": [str(ROOT / "build/release/bench/sql_bench")],
    "DuckDB": ["node", str(ROOT / "bench/peers/duckdb.mjs")],
    "IndexedDB": ["node", str(ROOT / "bench/peers/indexeddb.mjs")],
}
MOST_RUNS = {"IndexedDB": 100_000}  # beyond, one question takes half a minute
WORKERS = {1_000_000: 12}  # more runs, more workers: else the history spans years
TOLERANCE = 1e-9


def generate(runs, seed, folder):
    facts, questions = folder / "facts.csv", folder / "questions.ndjson"
    command = [os.environ.get("COMFYTRACE_BINARY", str(ROOT / "build/release/comfytrace")), "generate", "--json"]
    command += ["--runs", str(runs), "--seed", str(seed), "--workers", str(WORKERS.get(runs, 6))]
    subprocess.run([*command, "--facts", str(facts), "--questions", str(questions)], check=True, stdout=subprocess.DEVNULL)
    return facts, questions


def ask(engine, command, runs, seed, paths, folder, budget_ms):
    """Returns the answers by the question's number, or None if the engine failed."""
    answers = folder / f"{engine}.ndjson"
    environment = {**os.environ, "RUNS": str(runs), "SEED": str(seed), "WORKERS": str(WORKERS.get(runs, 6))}
    done = subprocess.run([*command, *map(str, paths), str(answers), str(budget_ms)], env=environment, stdout=subprocess.PIPE, text=True)
    sys.stdout.write(done.stdout)
    sys.stdout.flush()
    if done.returncode != 0:
        print(f"{engine} failed at {runs} runs", file=sys.stderr)
        return None
    lines = [json.loads(line) for line in answers.read_text().splitlines() if line]
    return {line["question"]: line for line in lines}


def equal(one, other):
    """Whether two values of an answer are the same, with what one engine leaves out taken as empty."""
    if isinstance(one, list) or isinstance(other, list):
        one, other = one or [], other or []
        return len(one) == len(other) and all(equal(a, b) for a, b in zip(one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return all(equal(one.get(key), other.get(key)) for key in one.keys() | other.keys())
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    one, other = one or 0, other or 0
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other))


def compare(answers, runs):
    """Prints how many answers were held against another engine's, and how many differ."""
    compared = different = 0
    engines = list(answers)
    for engine in engines[1:]:
        for number, answer in answers[engine].items():
            first = next((answers[e].get(number) for e in engines if e != engine and number in answers[e]), None)
            if first is None:
                continue
            compared += 1
            for key in sorted(first.keys() | answer.keys()):
                if not equal(first.get(key), answer.get(key)):
                    different += 1
                    print(f"question {number} at {runs} runs: {key} is {first.get(key)!r}, {engine} says {answer.get(key)!r}"[:400], file=sys.stderr)
                    break
    print(json.dumps({"bench": "questions", "check": "answers", "runs": runs, "engines": engines, "compared": compared, "different": different}), flush=True)
    return different


def main():
    parser = argparse.ArgumentParser(description="Asks several engines the same questions.")
    parser.add_argument("--runs", default="1000,10000,100000,1000000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--budget-ms", type=int, default=6000, help="how long each kind of question is asked")
    parser.add_argument("--engine", action="append", default=[], metavar="NAME=PROGRAM")
    options = parser.parse_args()
    engines = {name: [program] for name, program in (given.split("=", 1) for given in options.engine)} | PEERS
    failed = 0
    for runs in map(int, options.runs.split(",")):
        with tempfile.TemporaryDirectory(prefix="comfytrace-") as name:
            folder = pathlib.Path(name)
            paths = generate(runs, options.seed, folder)
            answers = {}
            for engine, command in engines.items():
                if runs > MOST_RUNS.get(engine, runs):
                    continue
                got = ask(engine, command, runs, options.seed, paths, folder, options.budget_ms)
                failed += got is None
                if got is not None:
                    answers[engine] = got
            failed += compare(answers, runs)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
