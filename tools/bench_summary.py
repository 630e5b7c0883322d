#!/usr/bin/env python3
"""Reads what `./dev bench` printed and writes the table of figures beside their goals and peers.

usage: bench_summary.py RESULTS.jsonl > README.md
"""

import json
import sys


def number(value, digits=3):
    return f"{value:,.{digits}f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"


KINDS = {
    "Q1": "statistics of all runs",
    "Q2": "statistics, workflow + dates + status",
    "Q3": "statistics, GPU + duration range",
    "Q4": "90 days, p50 and p95 a day",
    "Q5": "the last 50 like this one",
    "Q6": "a page of 50 at any depth",
    "Q8": "top 20 workflows by GPU time",
    "QA": "statistics, random filters",
}
OURS = "comfytrace"


def milliseconds(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def print_questions(rows):
    """The questions put to several engines: a row a kind at the largest size, then how each grows."""
    times = {(row["engine"], row["runs"], row["question"]): row for row in rows if "question" in row}
    if not times:
        return
    sizes = sorted({runs for _, runs, _ in times})
    engines = sorted({engine for engine, _, _ in times}, key=lambda engine: (engine != OURS, engine))
    print("\n## The same questions to several engines\n")
    print("The same generated history and the same questions for all; percentiles exact. Median ms, p99 in brackets.\n")
    for runs in sizes:
        here = [engine for engine in engines if any((engine, runs, kind) in times for kind in KINDS)]
        against = [engine for engine in here if engine != OURS] if OURS in here else []
        goal = " | goal" if OURS in here else ""
        print(f"### {runs:,} runs\n")
        print("| question | " + " | ".join(here) + goal + "".join(f" | {engine} / {OURS}" for engine in against) + " |")
        print("|---" * (1 + len(here) + bool(goal) + len(against)) + "|")
        for kind, what in KINDS.items():
            cells = []
            for engine in here:
                row = times.get((engine, runs, kind))
                cells.append(f"{milliseconds(row['medianMs'])} ({milliseconds(row['p99Ms'])})" if row else "")
            if goal:
                cells.append(("p99 ≤ 10" if kind == "Q6" else "p99 ≤ 5") if runs == 1_000_000 else "")
            ours = times.get((OURS, runs, kind))
            for engine in against:
                row = times.get((engine, runs, kind))
                cells.append(f"{row['medianMs'] / ours['medianMs']:,.0f} x" if row and ours and ours["medianMs"] > 0 else "")
            print(f"| {kind}: {what} | " + " | ".join(cells) + " |")
        print()
    print("### Growth: median ms by size\n")
    print("| question, engine | " + " | ".join(f"{runs:,}" for runs in sizes) + " |")
    print("|---" * (1 + len(sizes)) + "|")
    for kind in ("Q1", "QA"):
        for engine in engines:
            cells = [times.get((engine, runs, kind)) for runs in sizes]
            print(f"| {kind}, {engine} | " + " | ".join(milliseconds(row["medianMs"]) if row else "" for row in cells) + " |")
    print()
    for row in rows:
        if "check" in row:
            print(f"At {row['runs']:,} runs, {row['different']} of {row['compared']} answers differ between {', '.join(row['engines'])}.")


def main(path):
    rows = [json.loads(line) for line in open(path, encoding="utf-8") if line.strip().startswith("{")]
    machine = next(row["machine"] for row in rows if "machine" in row)
    by = {}
    for row in rows:
        by.setdefault(row.get("bench"), []).append(row)
    ingest = {row["case"]: row for row in by.get("ingest", [])}
    history = {}
    for row in by.get("history", []):
        history.setdefault(row["name"], []).append(row["value"])
    fanout = {(row["server"], row["pages"], row["stalledPages"]): row for row in by.get("fanout", [])}
    own = {row["case"]: row for row in by.get("own cost", [])}

    print("# Benchmark results\n")
    print("Made by `./dev bench`; every line of the run is in the `.jsonl` beside this file. Peers ran in the same run.\n")
    print(
        f"Machine: {machine['cpu']}, {machine['cores']} cores, {machine['memoryBytes'] / 2**30:.1f} GiB, Linux "
        f"{machine['kernel']}, {machine['compiler']}, commit {machine['commit']}.\n"
    )
    print("| what | measured | goal or peer | ratio |")
    print("|---|---|---|---|")

    node = ingest.get("peer: Node JSON.parse alone")
    for case in ("decode", "decode+assemble", "decode+assemble+durable"):
        row = ingest.get(case)
        if row:
            ratio = f"{row['eventsPerSecond'] / node['eventsPerSecond']:.2f} x Node's `JSON.parse` alone" if node else ""
            print(f"| {case}, one core | {number(row['eventsPerSecond'])} events/s | ≥ 100,000 events/s | {ratio} |")
    for name, goal in (("group commit", "≥ 20,000 runs/s"), ("one commit a run", "")):
        if name in history:
            best, peer = max(history[name]), max(history.get(name + ", peer", [0]))
            print(
                f"| {name}, durable, 4 scenes and 48 nodes a run | {number(round(best))} runs/s | {goal or 'plain SQLite ' + number(round(peer))} | "
                f"{best / peer:.2f} x plain SQLite |"
            )
    for name, goal in (
        ("bytes per run", "≤ 1,024 B"),
        ("bytes per sample", "≤ 6 B"),
        ("list page p99, no filter", "≤ 10 ms"),
        ("list page p99, workflow", "≤ 10 ms"),
        ("list page p99, status without runs", "≤ 10 ms"),
        ("list page p99, three words", "≤ 10 ms"),
    ):
        if name in history:
            print(f"| {name} | {number(history[name][0], 2)} | {goal} | |")
    for pages, stalled in ((100, 0), (1000, 0), (100, 10)):
        ours, theirs = fanout.get(("comfytrace hub", pages, stalled)), fanout.get(("node ws", pages, stalled))
        if ours and theirs:
            extra = f", {stalled} stalled" if stalled else ""
            print(
                f"| live fan-out, {pages} pages{extra}, 20 updates/s | {ours['serverCoreRatio'] * 100:.1f} % of a core, p99 "
                f"{ours['latencyP99Ms']:g} ms, {ours['serverResidentBytes'] / 2**20:.0f} MiB | Node `ws` {theirs['serverCoreRatio'] * 100:.1f} %, p99 "
                f"{theirs['latencyP99Ms']:g} ms, {theirs['serverResidentBytes'] / 2**20:.0f} MiB | {ours['serverCoreRatio'] / theirs['serverCoreRatio']:.2f} x the CPU |"
            )
    for case, row in own.items():
        goal = "≤ 0.1 % of a core, ≤ 32 MB" if case.startswith("idle") else "≤ 1 % of a core"
        print(
            f"| own cost: {case} | {row['coreRatio'] * 100:.2f} % of a core, {row['residentBytes'] / 1e6:.1f} MB resident, "
            f"{row['framesPerSecond']:g} frames/s | {goal} | |"
        )
    for row in by.get("extension cost", []):
        if "shareOfRecordingPercent" in row:
            print(f"| inside ComfyUI: {row['case']} | {row['costP50Ms']} ms in {row['recordedMs']} ms | ≤ 0.5 % | {row['shareOfRecordingPercent']} % |")
        elif row["case"].startswith("event"):
            print(f"| inside ComfyUI: {row['case']} | p50 {row['p50Us']} µs, p99 {row['p99Us']} µs | | |")
    made = {row["name"]: row["value"] for row in by.get("generate", [])}
    for name, goal in (("runs", "≥ 50,000 runs/s"), ("runs of 4 scenes", ""), ("facts", ""), ("written, 4 scenes", "")):
        if name in made:
            print(f"| histories made up: {name} | {number(round(made[name]))} runs/s | {goal} | |")
    print_questions(by.get("questions", []))
    truth(by.get("insight truth", []))


def truth(rows):
    """The statistics against series whose truth is known."""
    if not rows:
        return
    met = sum(row["met"] for row in rows if "met" in row)
    print("\n## Statistics against known truths\n")
    print(f"`bench/insight_truth_bench.cc`; {met} of {sum('met' in row for row in rows)} goals met. Definitions: `docs/statistics.md`.\n")
    print("| what | measured | goal | series |")
    print("|---|---|---|---|")
    for row in rows:
        value = f"{row['value'] * 100:.2f} %" if row["unit"] == "rate" else f"{number(row['value'], 2)} {row['unit']}"
        goal = row.get("goal", "") + ("" if row.get("met", True) else " **missed**")
        print(f"| {row['name']} | {value} | {goal} | {number(row['series'])} |")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
