#!/usr/bin/env python3
"""How long the answers of a running server take over HTTP, by the clock of one client on one connection.

usage: http_questions.py --store PATH [--rounds 200] [--seed 7]

The store is copied first. Each kind of question is asked so many times with filters drawn anew, none of them twice; before
that the server gets the time to make its summaries. One JSON line a kind: p50, p99 and the longest, and how many bytes an
answer has.
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import socket
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "process"))
from harness import Folder, Replay, Serve  # noqa: E402

SETTLE_S = 6
DAY_MS = 86_400_000


class Client:
    """Asks over a socket of its own: a library that takes headers apart takes a third of a millisecond or more, which is not the server's."""

    def __init__(self, url):
        self.netloc = urllib.parse.urlsplit(url).netloc
        host, port = self.netloc.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.room = bytearray(8 << 20)

    def ask(self, path, **parameters):
        """How long it took from the first byte of the question to the last of the answer, and the answer's body."""
        question = f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        request = f"GET {question} HTTP/1.1\r\nHost: {self.netloc}\r\n\r\n".encode()
        began = time.perf_counter()
        self.socket.sendall(request)
        begin, end = self.receive()
        took_ms = (time.perf_counter() - began) * 1e3
        body = bytes(self.room[begin:end])
        if not self.room.startswith(b"HTTP/1.1 200 "):
            sys.exit(f"{question}: {bytes(self.room[:20])} {body[:300]}")
        return took_ms, body

    def receive(self):
        """Where the body of the next answer stands in the room."""
        view = memoryview(self.room)
        size, begin, end = 0, 0, len(self.room)
        while size < end:
            received = self.socket.recv_into(view[size:])
            if received == 0:
                sys.exit("the server went away")
            size += received
            if begin == 0 and (head := self.room.find(b"\r\n\r\n", 0, size)) >= 0:
                length = re.search(rb"\r\ncontent-length: *(\d+)\r\n", self.room[: head + 2], re.IGNORECASE)
                begin = head + 4
                end = begin + int(length[1])
        return begin, end


class Filters:
    """Draws filters and words of what the history has."""

    def __init__(self, client, seed):
        self.random = random.Random(seed)
        self.values = {}
        for group in ("workflow", "gpu", "model", "worker"):
            groups = json.loads(client.ask("statistics", groupBy=group)[1])["groups"]
            self.values[group] = [told["key"] for told in groups if told["key"]]
        newest, oldest = (json.loads(client.ask("runs", limit=1, sort=sort)[1])["runs"][0] for sort in ("newest", "oldest"))
        self.from_ms, self.to_ms = oldest["createdAtMs"], newest["createdAtMs"]

    def read_words(self, client, run_ids):
        words = set()
        for run_id in run_ids:
            for scene in json.loads(client.ask(f"runs/{run_id}")[1])["scenes"]:
                words.update(re.findall(r"[a-z]+", (scene["parameters"]["positivePrompt"] or "").lower()))
        self.words = sorted(words)

    def text(self):
        return " ".join(self.random.sample(self.words, self.random.randint(1, 2)))

    def dates(self):
        begin = self.random.randrange(self.from_ms, self.to_ms)
        return {"from": begin, "to": self.random.randrange(begin, self.to_ms + DAY_MS)}

    def one(self):
        chosen = {}
        for group, values in self.values.items():
            if self.random.random() < 0.25:
                chosen[group] = ",".join(self.random.sample(values, min(len(values), 1 + self.random.randrange(2))))
        if self.random.random() < 0.3:
            chosen["status"] = self.random.choice(["success", "failed", "partial,timeout"])
        if self.random.random() < 0.4:
            chosen |= self.dates()
        if self.random.random() < 0.25:
            chosen["durationMinMs"] = self.random.randrange(1, 60_000)
        if self.random.random() < 0.25:
            chosen["vramPeakMinBytes"] = self.random.randrange(1 << 30, 16 << 30)
        if not chosen:
            chosen["durationMaxMs"] = self.random.randrange(10_000, 600_000)
        return chosen

    def without_status(self):
        return {name: value for name, value in self.one().items() if name != "status"}


def questions(client, filters, runs, run_ids):
    def any_run():
        return filters.random.choice(run_ids)

    def trend(metric):
        return client.ask("trends", metric=metric, workflow=filters.random.choice(filters.values["workflow"]), **filters.dates())

    return {
        "statistics, any filter": lambda: client.ask("statistics", **filters.one()),
        "statistics by workflow, any filter": lambda: client.ask("statistics", groupBy="workflow", **filters.one()),
        "statistics by day, any filter": lambda: client.ask("statistics", groupBy="day", **filters.one()),
        "statistics by node class, any filter": lambda: client.ask("statistics", groupBy="nodeClass", **filters.one()),
        "statistics by story, any filter": lambda: client.ask("statistics", groupBy="story", **filters.one()),
        "statistics by tag, any filter": lambda: client.ask("statistics", groupBy="tag", **filters.one()),
        "statistics of all": lambda: client.ask("statistics", groupBy="workflow"),
        "list page, any filter": lambda: client.ask("runs", limit=50, **filters.one()),
        "list page, one or two words": lambda: client.ask("runs", limit=50, text=filters.text()),
        "list page, any depth": lambda: client.ask("runs", limit=50, offset=filters.random.randrange(runs)),
        "comparison of any run": lambda: client.ask(f"runs/{any_run()}/comparison"),
        "trend of a workflow, newest runs": lambda: trend("duration"),
        "trend of a workflow's wait": lambda: trend("queueWait"),
        "deviations, any filter": lambda: client.ask("deviations", **filters.without_status()),
        "statistics by story, 500 groups": lambda: client.ask("statistics", groupBy="story", maxGroups=500, **filters.one()),
    }


def measure(client, options):
    time.sleep(SETTLE_S)
    runs = json.loads(client.ask("runs", limit=1)[1])["total"]
    filters = Filters(client, options.seed)
    run_ids = [json.loads(client.ask("runs", limit=1, offset=filters.random.randrange(runs))[1])["runs"][0]["runId"] for _ in range(50)]
    filters.read_words(client, run_ids)
    for name, ask in questions(client, filters, runs, run_ids).items():
        ask()
        told = sorted((ask() for _ in range(options.rounds)), key=lambda answer: answer[0])
        times = [took for took, _ in told]
        print(json.dumps({
            "bench": "http questions", "runs": runs, "question": name, "asked": len(times),
            "p50Ms": round(times[len(times) // 2], 2), "p99Ms": round(times[int(0.99 * (len(times) - 1) + 0.5)], 2), "mostMs": round(times[-1], 2),
            "answerBytes": len(told[len(told) // 2][1]), "load": round(os.getloadavg()[0], 1)}), flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--store", required=True, type=pathlib.Path)
    arguments.add_argument("--rounds", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=7)
    options = arguments.parse_args()
    folder = Folder()
    worker = Replay(folder, "0.3.64/a_simple_success", options=("--no-play",))
    store = folder / "asked.db"
    serve = None
    try:
        shutil.copyfile(options.store, store)
        worker.start().ready()
        serve = Serve(folder, worker.url, store=store)
        serve.start().ready()
        measure(Client(serve.url), options)
    finally:
        if serve:
            serve.stop()
        worker.kill()
        folder.remove()


if __name__ == "__main__":
    main()
