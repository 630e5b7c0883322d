#!/usr/bin/env python3
"""Asks several engines the same questions of the same generated history, and compares their answers.

usage: run.py [--runs 1000,10000,100000,1000000] [--alone 10000000] [--seed N] [--budget-ms N] [--engine NAME=PROGRAM]

Ours is asked twice: as it answers by itself (percentiles of more than 32,768 values within 0.2 %) and, as the peers
are, with every percentile exact. Prints a JSON object a line: times by engine, size and kind of question with the load
of the machine; how many answers differ; how much longer a peer takes for those questions that both answered alike.
A further engine is a program that is called as the peers are, PROGRAM FACTS.csv QUESTIONS.ndjson ANSWERS.ndjson
BUDGET_MS, with RUNS and SEED in the environment for one that makes the history itself (bench/question_answers.h has
the formats). Exit code 1 if an engine failed or an answer differs.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MIRROR = str(ROOT / "build/release/bench/mirror_bench")
OURS = {"comfytrace": [MIRROR], "comfytrace, exact": ["env", "MIRROR_BENCH_EXACT=1", MIRROR]}
PEERS = {
    "SQLite": [str(ROOT / "build/release/bench/sql_bench")],
    "DuckDB": ["node", str(ROOT / "bench/peers/duckdb.mjs")],
    "IndexedDB": ["node", str(ROOT / "bench/peers/indexeddb.mjs")],
}
MOST_RUNS = {"IndexedDB": (100_000, "beyond, every question takes half a minute")}
WORKERS = {1_000_000: 12, 10_000_000: 60}  # more runs, more workers: else the history spans years
TOLERANCE = 1e-9
PROMISE = 0.002  # of percentiles that are not exact
PERCENTILES = {"p50", "p90", "p95", "p99"}


def say(**row):
    print(json.dumps({"bench": "questions", **row}), flush=True)


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
    if done.returncode != 0:
        print(f"{engine} failed at {runs} runs", file=sys.stderr)
        return None
    for line in done.stdout.splitlines():
        print(json.dumps({**json.loads(line), "budgetMs": budget_ms, "load": round(os.getloadavg()[0], 2)}), flush=True)
    lines = [json.loads(line) for line in answers.read_text().splitlines() if line]
    return {line["question"]: line for line in lines}


def equal(one, other, tolerance, key=None):
    """Whether two values of an answer are the same, with what one engine leaves out taken as empty. `tolerance` is that
    of percentiles."""
    if isinstance(one, list) or isinstance(other, list):
        one, other = one or [], other or []
        return len(one) == len(other) and all(equal(a, b, tolerance) for a, b in zip(one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return all(equal(one.get(k), other.get(k), tolerance, k) for k in one.keys() | other.keys())
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    one, other = one or 0, other or 0
    allowed = tolerance if key in PERCENTILES else TOLERANCE
    return abs(one - other) <= allowed * max(abs(one), abs(other))


def difference(one, other):
    """"": the same. "promise": the same but for percentiles that were not promised to be exact. Else the member."""
    exact = one.get("exact", True) and other.get("exact", True)
    found = ""
    for key in sorted((one.keys() | other.keys()) - {"ms", "cpuMs", "exact"}):
        if equal(one.get(key), other.get(key), TOLERANCE, key):
            continue
        if exact or not equal(one.get(key), other.get(key), PROMISE, key):
            return key
        found = "promise"
    return found


def compare(answers, runs, names):
    """Holds every pair of engines against each other; says how many answers differ, and the ratios to ours."""
    different = 0
    engines = list(answers)
    for at, engine in enumerate(engines):
        for peer in engines[at + 1 :]:
            both = sorted(answers[engine].keys() & answers[peer].keys())
            kinds = {number: difference(answers[engine][number], answers[peer][number]) for number in both}
            wrong = [number for number, found in kinds.items() if found not in ("", "promise")]
            different += len(wrong)
            say(
                check="answers", runs=runs, engines=[engine, peer], compared=len(both), different=len(wrong),
                withinPromise=sum(found == "promise" for found in kinds.values()),
            )  # fmt: skip
            for number in wrong[:5]:
                key = kinds[number]
                print(
                    f"question {number} ({names[number]}) at {runs} runs: {key} is {answers[engine][number].get(key)!r} of {engine}, "
                    f"{answers[peer][number].get(key)!r} of {peer}"[:600],
                    file=sys.stderr,
                )
            if engine in OURS and peer not in OURS:
                ratios(answers[engine], answers[peer], [number for number in both if number not in wrong], names, runs, engine, peer)
    return different


def ratios(ours, theirs, alike, names, runs, engine, peer):
    for kind in sorted({names[number] for number in alike}):
        of_kind = [number for number in alike if names[number] == kind]
        row = {}
        for name, member in (("", "ms"), ("cpu", "cpuMs")):
            if any(theirs[number].get(member) is None for number in of_kind):
                continue
            our, their = (statistics.median(answers[number][member] for number in of_kind) for answers in (ours, theirs))
            row |= {f"{name}OursMs": round(our, 5), f"{name}PeerMs": round(their, 5), f"{name}Ratio": round(their / max(our, 1e-3), 2)}
        row = {key[0].lower() + key[1:]: value for key, value in row.items()}
        say(check="ratio", runs=runs, question=kind, engine=engine, peer=peer, questions=len(of_kind), **row)


def run_size(runs, engines, options):
    """Returns how much failed."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="comfytrace-") as name:
        folder = pathlib.Path(name)
        paths = generate(runs, options.seed, folder)
        names = [json.loads(line)["name"] for line in paths[1].read_text().splitlines() if line]
        answers = {}
        for engine, command in engines.items():
            most, why = MOST_RUNS.get(engine, (runs, ""))
            if runs > most:
                say(engine=engine, runs=runs, leftOut=f"asked up to {most:,} runs: {why}")
                continue
            got = ask(engine, command, runs, options.seed, paths, folder, options.budget_ms)
            failed += got is None
            if got is not None:
                answers[engine] = got
        failed += compare(answers, runs, names)
    return failed


def main():
    parser = argparse.ArgumentParser(description="Asks several engines the same questions.")
    parser.add_argument("--runs", default="1000,10000,100000,1000000")
    parser.add_argument("--alone", default="", help="sizes at which only ours is asked")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--budget-ms", type=int, default=6000, help="how long each kind of question is asked")
    parser.add_argument("--engine", action="append", default=[], metavar="NAME=PROGRAM")
    options = parser.parse_args()
    given = {name: [program] for name, program in (one.split("=", 1) for one in options.engine)}
    failed = 0
    for runs in map(int, filter(None, options.runs.split(","))):
        failed += run_size(runs, OURS | given | PEERS, options)
    for runs in map(int, filter(None, options.alone.split(","))):
        failed += run_size(runs, OURS, options)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
