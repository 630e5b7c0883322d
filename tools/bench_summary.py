#!/usr/bin/env python3
"""Reads what `./dev bench` printed and writes the table of figures beside their goals and peers.

usage: bench_summary.py RESULTS.jsonl [LATER.jsonl ...] > README.md

What a later file has measured stands in place of what an earlier one has.
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
OURS = ("comfytrace", "comfytrace, exact")


def milliseconds(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def place_of(engine):
    return OURS.index(engine) if engine in OURS else len(OURS), engine


def ratio_of(row):
    if not row:
        return ""
    cpu = f" ({row['cpuRatio']:,.3g})" if "cpuRatio" in row else ""
    return f"{row['ratio']:,.3g} x{cpu}"


def print_questions(rows):
    """The questions put to several engines: a row a kind at every size, then how each grows."""
    times = {(row["engine"], row["runs"], row["question"]): row for row in rows if "medianMs" in row}
    if not times:
        return
    ratios = {(row["peer"], row["runs"], row["question"]): row for row in rows if row.get("check") == "ratio" and row["engine"] == OURS[0]}
    sizes = sorted({runs for _, runs, _ in times})
    engines = sorted({engine for engine, _, _ in times}, key=place_of)
    loads = [row["load"] for row in times.values() if "load" in row]
    print("\n## The same questions to several engines\n")
    print("The same generated history and the same questions for all, each answer held against the others'. `comfytrace` tells percentiles of more")
    print("than 32,768 values within 0.2 %; `comfytrace, exact` and the peers tell all of them exactly. Median ms, p99 in brackets; then how many times")
    print("as long a peer took as `comfytrace` for the questions that both answered alike, by the clock and, in brackets, by the processor's time.")
    if loads:
        print(f"The machine's load meanwhile: {min(loads):g} to {max(loads):g}.")
    print()
    for runs in sizes:
        here = [engine for engine in engines if any((engine, runs, kind) in times for kind in KINDS)]
        against = [engine for engine in here if engine not in OURS]
        print(f"### {runs:,} runs\n")
        print("| question | " + " | ".join(here) + " | goal" + "".join(f" | {engine} takes" for engine in against) + " |")
        print("|---" * (2 + len(here) + len(against)) + "|")
        for kind, what in KINDS.items():
            cells = []
            for engine in here:
                row = times.get((engine, runs, kind))
                cells.append(f"{milliseconds(row['medianMs'])} ({milliseconds(row['p99Ms'])})" if row else "")
            cells.append(("p99 ≤ 10" if kind == "Q6" else "p99 ≤ 5") if runs == 1_000_000 else "")
            cells += [ratio_of(ratios.get((engine, runs, kind))) for engine in against]
            print(f"| {kind}: {what} | " + " | ".join(cells) + " |")
        print()
    print("### Growth: median ms by size, the processor's p99 in brackets\n")
    print("| question, engine | " + " | ".join(f"{runs:,}" for runs in sizes) + " |")
    print("|---" * (1 + len(sizes)) + "|")
    for kind in KINDS:
        for engine in engines if kind in ("Q1", "QA") else OURS[:1]:
            cells = [times.get((engine, runs, kind)) for runs in sizes]
            print(f"| {kind}, {engine} | " + " | ".join(grown(row) for row in cells) + " |")
    print()
    for row in rows:
        if row.get("check") == "answers":
            promise = f", {row['withinPromise']} within 0.2 %" if row.get("withinPromise") else ""
            print(f"- {row['runs']:,} runs, {' and '.join(row['engines'])}: {row['different']} of {row['compared']:,} answers differ{promise}.")
        if "leftOut" in row:
            print(f"- {row['runs']:,} runs, {row['engine']}: {row['leftOut']}.")


def grown(row):
    if not row:
        return ""
    cpu = f" ({milliseconds(row['cpuP99Ms'])})" if "cpuP99Ms" in row else ""
    return milliseconds(row["medianMs"]) + cpu


def print_equality(rows):
    if not rows:
        return
    print("\n## The answers of a history that is being written, held against SQL\n")
    print("`bench/equality_bench.cc`: statistics without and by every group, pages in every order, facts and scenes of runs that are alike, under")
    print("random filters, while runs are saved, replaced, amended and removed.\n")
    print("| runs | filters | answers | given amid changes | changes | differences |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        cells = (row[key] for key in ("runs", "filters", "answers", "amidChanges", "changes", "differences"))
        print("| " + " | ".join(number(cell) for cell in cells) + " |")


def print_start(rows):
    for row in rows:
        idle = 32 if row["runs"] <= 10_000 else 128
        print(
            f"| start with {row['runs']:,} runs, page cache {row['state']}: first answer of statistics | {row['statisticsSeconds']:.3g} s by the clock, "
            f"{row['statisticsCpuSeconds']:.3g} s of the processor, at a load of {row['load']:g} | ≤ 0.5 s | |"
        )
        if "residentBytes" in row and row["state"] == "warm":
            print(
                f"| memory with {row['runs']:,} runs, idle | {row['residentBytes'] / 1e6:.1f} MB resident, {row['anonymousBytes'] / 1e6:.1f} MB its own | ≤ {idle} MB | |"
            )


def read(path):
    return [json.loads(line) for line in open(path, encoding="utf-8") if line.strip().startswith("{")]


def main(paths):
    machines, by = {}, {}
    for path in paths:
        rows = read(path)
        machine = next(row["machine"] for row in rows if "machine" in row)
        here = {}
        for row in rows:
            if "bench" in row:
                here.setdefault(row["bench"], []).append(row)
        by |= here
        for bench in here:
            machines[bench] = (path, machine)
    ingest = {row["case"]: row for row in by.get("ingest", [])}
    history = {}
    for row in by.get("history", []):
        history.setdefault(row["name"], []).append(row["value"])
    fanout = {(row["server"], row["pages"], row["stalledPages"]): row for row in by.get("fanout", [])}
    own = {row["case"]: row for row in by.get("own cost", [])}

    print("# Benchmark results\n")
    print("Made by `./dev bench` or by parts of it; every line is in the `.jsonl` beside this file. Peers ran in the same run.\n")
    for path, machine in {path: machine for path, machine in machines.values()}.items():
        benches = ", ".join(sorted(bench for bench, (of, _) in machines.items() if of == path))
        print(
            f"`{path.rsplit('/', 1)[-1]}`: {benches}. {machine['cpu']}, {machine['cores']} cores, {machine['memoryBytes'] / 2**30:.1f} GiB, Linux "
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
    print_start(by.get("start cost", []))
    print_http(by.get("http questions", []))
    print_page(by.get("page", []))
    print_questions(by.get("questions", []))
    print_equality(by.get("equality", []))
    truth(by.get("insight truth", []))


def print_http(rows):
    """What a running server answers over HTTP."""
    if not rows:
        return
    print("\n## Answers over HTTP\n")
    print("`bench/http_questions.py`: one client, one connection, a plain socket, filters drawn anew each time. Goal: p99 ≤ 10 ms.\n")
    print("| runs | question | asked | p50 ms | p99 ms | longest ms | bytes | load |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        print(f"| {number(row['runs'])} | {row['question']} | {row['asked']} | {row['p50Ms']} | {row['p99Ms']} | {row['mostMs']} | {number(row['answerBytes'])} | {row['load']} |")


def print_page(rows):
    """The page in Chromium with a large history."""
    if not rows:
        return
    print("\n## The page\n")
    print("`web/bench/page-bench.mjs`, headless Chromium. Goals: 150 KB of script, interactive within 1 s, 60 frames/s, no task over 50 ms of CPU.\n")
    print("| case | measured |")
    print("|---|---|")
    for row in rows:
        if row["case"] == "first load":
            print(f"| script of {row['view']} | {number(row['scriptGzBytes'])} bytes gz |")
        if row["case"] == "interactive":
            times = row["interactive"]
            print(f"| {row['view']} interactive, {number(row['runs'])} runs | {times['medianMs']} ms, {times['minMs']} to {times['maxMs']} in {times['n']} |")
        if "framesPerSecond" in row:
            name = row.get("way") or f"{row['case']} on {row['view']}"
            told = f"{row['framesPerSecond']} frames/s, p99 {row['frameP99Ms']} ms, {row['blankFrames']} blank, {row['boneFrames']} before their rows were read"
            print(f"| {name} | {told}; longest task {row['longestTaskCpuMs']} ms CPU |")
        elif "rowsShownMs" in row:
            print(f"| {row['way']} | rows after {row['rowsShownMs']} ms |")
        if "memory" in row:
            heaps = ", ".join(f"{at['heapMiB']:g}" for at in row["memory"])
            print(f"| {row['case']} on {row['view']} | {number(row['updates'])} updates; heap {heaps} MiB from quarter to quarter |")


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
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
