#!/usr/bin/env python3
"""How long `comfytrace serve` takes from the start of the process to its first answers over HTTP, and how much memory it
then keeps, with a history that is there.

usage: start_cost.py [--runs 10000,1000000] [--store RUNS=PATH] [--rounds 5] [--idle-seconds 10]

A history that is not given is made up. One JSON line a size and state of the page cache: `cold`, the file's pages were
dropped before; `warm`, they were just read. First answers: health, statistics of all runs, a page of the list. The
processor's time is told beside the clock's, because other work on the machine does not change it. Medians of the
rounds; the slowest in `…Most`.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "process"))
from harness import BINARY, Folder, Replay, Serve  # noqa: E402

QUESTIONS = {"health": "/api/v1/health", "statistics": "/api/v1/statistics", "list": "/api/v1/runs?limit=50"}


def make(folder, runs):
    store = folder / f"made-{runs}.db"
    workers = "12" if runs >= 1_000_000 else "6"
    subprocess.run([BINARY, "generate", "--json", "--store", store, "--runs", str(runs), "--workers", workers], check=True, stdout=subprocess.DEVNULL)
    return store


def drop_pages(store):
    with open(store, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_pages(store):
    with open(store, "rb", buffering=0) as file:
        while file.read(1 << 22):
            pass


def cpu_s(pid):
    """Of all its threads, those that ended too. The clock of another process, as clock_getcpuclockid(3) names it."""
    return time.clock_gettime((~pid << 3) | 2)


def memory_bytes(pid):
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kib = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
    return {"residentBytes": kib["Rss"] * 1024, "anonymousBytes": kib["Anonymous"] * 1024, "fileBytes": (kib["Rss"] - kib["Anonymous"]) * 1024}


def answer(url, patience_s):
    """Asks until there is an answer."""
    end = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=patience_s) as got:
                return got.read()
        except (urllib.error.URLError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.001)


def start(folder, worker, store, idle_s):
    serve = Serve(folder, worker.url, store=store)
    began = time.monotonic()
    serve.start()
    told = {}
    try:
        for name, path in QUESTIONS.items():
            answer(serve.url + path, 300)
            told[f"{name}Seconds"] = time.monotonic() - began
            told[f"{name}CpuSeconds"] = cpu_s(serve.child.pid)
        if idle_s:
            time.sleep(idle_s)
            told |= memory_bytes(serve.child.pid)
    finally:
        serve.stop()
    return told


def measure(folder, worker, store, runs, rounds, idle_s):
    start(folder, worker, store, 0)  # the columns are written to the file when this one stops, if they were not
    for state, prepare in (("cold", drop_pages), ("warm", read_pages)):
        told = []
        for number in range(rounds):
            prepare(store)
            told.append(start(folder, worker, store, idle_s if number == rounds - 1 else 0))
        row = {key: round(statistics.median(one[key] for one in told), 4) for key in told[0]}
        row |= {"statisticsSecondsMost": round(max(one["statisticsSeconds"] for one in told), 4)}
        row |= {key: value for key, value in told[-1].items() if key.endswith("Bytes")}
        size = {"runs": runs, "fileBytesOfHistory": os.path.getsize(store), "state": state, "rounds": rounds}
        print(json.dumps({"bench": "start cost", **size, **row, "load": round(os.getloadavg()[0], 2)}), flush=True)


def main():
    parser = argparse.ArgumentParser(description="Start and memory of serve with a history that is there.")
    parser.add_argument("--runs", default="10000,1000000")
    parser.add_argument("--store", action="append", default=[], metavar="RUNS=PATH", help="a history to copy instead of making one")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--idle-seconds", type=float, default=10)
    options = parser.parse_args()
    given = dict(one.split("=", 1) for one in options.store)
    for runs in options.runs.split(","):
        folder = Folder()
        worker = Replay(folder, "0.3.64/a_simple_success", options=("--no-play",))
        try:
            store = folder / "history.db"
            if runs in given:
                shutil.copyfile(given[runs], store)
            else:
                store = make(folder, int(runs))
            worker.start().ready()
            measure(folder, worker, store, int(runs), options.rounds, options.idle_seconds)
        finally:
            worker.kill()
            folder.remove()


if __name__ == "__main__":
    main()
