#!/usr/bin/python3
"""What the telemetry package costs inside ComfyUI, on the stand-in server of its tests. One JSON line a case.

"event": the time ComfyUI's thread spends in our part of one call that becomes a frame, with 0, 1 and 10 subscribers.
"sending": what the loop of ComfyUI then spends on each frame for each subscriber; no prompt waits for it.
"update": the same for one progress update, nearly all of which are coalesced.
"recording": the calls of the busiest recording made again, and our share of the time it took then.
"node times": how far the duration we tell of a node is from what its owner's socket shows, both on this machine.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import pathlib
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "extension" / "tests"))
from aiohttp import web  # noqa: E402
from stand_in import Comfy, Graph, node  # noqa: E402

BUSIEST = ROOT / "tests" / "recordings" / "0.3.64" / "h3_progress_burst.jsonl"
OWNER = "aaaaaaaa-0000-4000-8000-000000000001"


def say(case, **figures):
    print(json.dumps({"bench": "extension cost", "case": case, **figures}), flush=True)


def quantiles(samples_ns):
    ordered = sorted(samples_ns)
    at = lambda share: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] / 1000, 2)  # noqa: E731
    return {"events": len(ordered), "p50Us": at(0.5), "p99Us": at(0.99), "maxUs": round(ordered[-1] / 1000, 2)}


class Samples:
    """Takes the place of the package's own cost counter and keeps every figure."""

    def __init__(self):
        self.all = []
        self.add = self.all.append

    def report(self):
        return {}


async def read_all(socket):
    async for _ in socket:
        pass


@contextlib.asynccontextmanager
async def comfy_with(subscribers):
    comfy = await Comfy().start()
    sockets = [await comfy.http.ws_connect(comfy.url + "/telemetry") for _ in range(subscribers)]
    readers = [asyncio.create_task(read_all(socket)) for socket in sockets]
    comfy.telemetry.stream.cost = Samples()
    comfy.server.queue_updated = lambda: None
    try:
        yield comfy, comfy.telemetry.stream.cost.all
    finally:
        for socket in sockets:
            await socket.close()
        await asyncio.gather(*readers, return_exceptions=True)
        await comfy.stop()


async def in_a_thread(work):
    """Done as ComfyUI does it: in a thread of its own, beside the loop."""
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    def run():
        work()
        loop.call_soon_threadsafe(done.set)

    threading.Thread(target=run, daemon=True).start()
    await done.wait()


async def events(subscribers, count):
    sends, real = [], web.WebSocketResponse.send_str

    async def timed(*args):
        began = time.perf_counter_ns()
        await real(*args)
        sends.append(time.perf_counter_ns() - began)

    web.WebSocketResponse.send_str = timed
    try:
        await measured_events(subscribers, count, sends)
    finally:
        web.WebSocketResponse.send_str = real


async def measured_events(subscribers, count, sends):
    async with comfy_with(subscribers) as (comfy, samples):
        data = {"node": "10", "display_node": "10", "prompt_id": "d5597cab-0000-4000-8000-000000000001"}

        def work():
            for _ in range(count):
                comfy.server.send_sync("executing", data, OWNER)
                time.sleep(0.0005)

        await in_a_thread(work)
        say(f"event, {subscribers} subscribers", **quantiles(samples))
        if sends:
            say(f"sending a frame on the loop, {subscribers} subscribers", **quantiles(sends))


async def updates(subscribers, count):
    async with comfy_with(subscribers) as (comfy, samples):
        registry = comfy.registry_class("p", Graph({"1": node("Sampler")}))
        registry._send = lambda: None
        registry.start_progress("1")
        samples.clear()

        def work():
            for value in range(count):
                registry.update_progress("1", value, count)
                if value % 100 == 0:
                    time.sleep(0.005)

        await in_a_thread(work)
        say(f"update, {subscribers} subscribers", **quantiles(samples))


def recorded_calls():
    """(seconds the recording took, seconds its run took, the calls in it), from what the owner received."""
    calls, length, times = [], 0, []
    for line in BUSIEST.read_text().splitlines():
        frame = json.loads(line)
        length = max(length, frame.get("t", 0))
        if frame.get("dir") == "ws<" and frame.get("client") == "A" and "json" in frame:
            calls.append((frame["json"]["type"], frame["json"]["data"]))
            if calls[-1][0] in ("execution_start", "execution_success"):
                times.append(frame["t"])
    return length, max(times) - min(times), calls


def replay(comfy, calls):
    """Makes the recorded calls; node states go through the registry, as in ComfyUI."""
    registry, seen = None, {}
    for event, data in calls:
        if event != "progress_state":
            comfy.server.send_sync(event, data, OWNER)
            continue
        if registry is None or registry.prompt_id != data["prompt_id"]:
            registry, seen = comfy.registry_class(data["prompt_id"], Graph({})), {}
        for node_id, state in data["nodes"].items():
            now = (state["state"], state["value"])
            registry.dynprompt.nodes.setdefault(node_id, node("Sampler"))
            if seen.get(node_id) == now:
                continue
            if node_id not in seen and state["state"] == "running":
                registry.start_progress(node_id)
            elif state["state"] == "finished":
                registry.finish_progress(node_id)
            else:
                registry.update_progress(node_id, state["value"], state["max"])
            seen[node_id] = now


async def recording(subscribers, rounds):
    length_s, run_s, calls = recorded_calls()
    plain = await Comfy().start(load=False)
    tapped = await Comfy().start()
    sockets = [await tapped.http.ws_connect(tapped.url + "/telemetry") for _ in range(subscribers)]
    readers = [asyncio.create_task(read_all(socket)) for socket in sockets]
    spent = {plain: [], tapped: []}

    def work():
        gc.disable()
        for _ in range(rounds):
            for comfy in (plain, tapped):  # in turns, so that a noisy moment of the machine meets both
                began = time.thread_time_ns()
                replay(comfy, calls)
                spent[comfy].append(time.thread_time_ns() - began)
                time.sleep(0.1)
        gc.enable()

    await in_a_thread(work)
    for socket in sockets:
        await socket.close()
    await asyncio.gather(*readers, return_exceptions=True)
    await tapped.stop()
    await plain.stop()
    costs = sorted(b - a for a, b in zip(spent[plain], spent[tapped]))
    middle = costs[len(costs) // 2]
    say(
        f"recording {BUSIEST.parent.name}/{BUSIEST.stem}, {subscribers} subscribers",
        calls=len(calls),
        recordedMs=round(length_s * 1000),
        recordedRunMs=round(run_s * 1000),
        costP50Ms=round(middle / 1e6, 3),
        costMaxMs=round(costs[-1] / 1e6, 3),
        shareOfRecordingPercent=round(middle / 1e9 / length_s * 100, 3),
        shareOfRunPercent=round(middle / 1e9 / run_s * 100, 3),
    )


async def node_times(prompts):
    comfy = await Comfy().start()
    owner = await comfy.http.ws_connect(f"{comfy.url}/ws?clientId={OWNER}")
    ours = await comfy.http.ws_connect(comfy.url + "/telemetry")
    graph = {str(n): node("Sampler", steps=5, pause_s=0.004 * n) for n in range(1, 6)} | {"9": node("Show")}
    seen, told = {}, {}

    async def watch_owner():
        while len(seen) < prompts * len(graph) or any(len(times) < 2 for times in seen.values()):
            frame, now = json.loads(await owner.receive_str()), time.monotonic_ns()
            for node_id, state in frame["data"].get("nodes", {}).items() if frame["type"] == "progress_state" else ():
                times = seen.setdefault((frame["data"]["prompt_id"], node_id), {})
                times.setdefault(state["state"], now)

    async def watch_ours():
        while len(told) < prompts * len(graph):
            frame = json.loads(await ours.receive_str())
            if frame["event"] == "node_finished":
                told[frame["data"]["promptId"], frame["data"]["nodeId"]] = frame["data"]["durationMs"]

    watchers = asyncio.gather(watch_owner(), watch_ours())
    for n in range(prompts):
        changed = {i: {**part, "inputs": {**part["inputs"], "round": n}} for i, part in graph.items()}
        await comfy.submit(changed, client_id=OWNER)
    await watchers
    apart = sorted(abs((t["finished"] - t["running"]) / 1e6 - told[key]) for key, t in seen.items())
    await owner.close()
    await ours.close()
    await comfy.stop()
    at = lambda share: round(apart[min(len(apart) - 1, int(len(apart) * share))], 3)  # noqa: E731
    say("node times", nodes=len(apart), apartP50Ms=at(0.5), apartP99Ms=at(0.99), apartMaxMs=round(apart[-1], 3))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=25)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    for subscribers in (0, 1, 10):
        asyncio.run(events(subscribers, options.count))
        asyncio.run(updates(subscribers, options.count * 4))
        asyncio.run(recording(subscribers, options.rounds))
    asyncio.run(node_times(20))


if __name__ == "__main__":
    main()
