#!/usr/bin/env python3
"""What `comfytrace serve` itself uses: memory and CPU, idle and while the busiest recording plays in a loop.

Real processes, read from /proc. One JSON line a case. `--seconds` is how long each case is watched.
"""

import argparse
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "process"))
from harness import Folder, Replay, Serve, get_json, wait_for  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return None


def peak_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return None


def watch(name, serve, seconds, more=None):
    pid = serve.child.pid
    before, began = cpu_s(pid), time.monotonic()
    frames = {c["name"]: c["value"] for c in get_json(serve.url + "/api/v1/health")["counters"]}["frames_received"]
    time.sleep(seconds)
    wall = time.monotonic() - began
    health = get_json(serve.url + "/api/v1/health")
    received = {c["name"]: c["value"] for c in health["counters"]}["frames_received"] - frames
    print(
        json.dumps(
            {
                "bench": "own cost",
                "case": name,
                "seconds": round(wall, 1),
                "coreRatio": round((cpu_s(pid) - before) / wall, 5),
                "residentBytes": resident_bytes(pid),
                "peakResidentBytes": peak_bytes(pid),
                "framesPerSecond": round(received / wall, 1),
                "runsInHistory": health["history"]["runs"],
                **(more or {}),
            }
        ),
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--store", help="a history to start with (copied by the caller)")
    seconds = parser.parse_args().seconds
    store = parser.parse_args().store
    for name, recording, options in (
        ("idle, nothing queued", "0.3.64/a_simple_success", ("--no-play",)),
        ("a sampler at work, as recorded", "0.8.0/h_long_previews", ("--loop", "--everyone")),
        ("busiest recording, as recorded, in a loop", "0.3.64/h3_progress_burst", ("--loop", "--everyone")),
        ("several sockets' worth of traffic, in a loop", "0.3.64/s_slow_consumer", ("--loop", "--everyone")),
    ):
        folder = Folder()
        replay = Replay(folder, recording, options=options)
        serve = Serve(folder, replay.url, store=store)
        try:
            replay.start().ready()
            serve.start().ready().connected()
            wait_for("the start to settle", lambda: time.sleep(2) or True)
            watch(name, serve, seconds)
        finally:
            serve.stop()
            replay.kill()
            folder.remove()


if __name__ == "__main__":
    main()
