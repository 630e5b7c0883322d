#!/usr/bin/env python3
"""Reads what `./dev bench` printed and writes the table of figures beside their goals and peers.

usage: bench_summary.py RESULTS.jsonl > README.md
"""

import json
import sys


def number(value, digits=3):
    return f"{value:,.{digits}f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"


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
