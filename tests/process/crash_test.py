#!/usr/bin/env python3
"""kill -9 of either side at random moments: no finished run is lost, none is doubled, none stays open.

A few pairs of `serve` and `replay` run side by side. Each is given prompts without pause; at random moments one of the two
is killed and started again. What the replayed ComfyUI itself says in /history is the truth.
"""

import contextlib
import os
import random
import sqlite3
import sys
import threading
import time
import unittest
import uuid

from harness import Folder, Replay, Serve, get_json, integrity, recorded_graph, wait_for

KILLS = int(os.environ.get("COMFYTRACE_KILLS", "200"))
PAIRS = int(os.environ.get("COMFYTRACE_KILL_PAIRS", "4"))
SEED = int(os.environ.get("COMFYTRACE_SEED", "20261123"))
# A ComfyUI that is killed takes its memory along: what ended this shortly before, or while nobody watched, only it knew.
# Everything else its watcher is bound to know. Before every second such kill there is that much calm.
KNOWN_AFTER_S = 3.0


def stored_ids(store):
    """The ids of the runs in the file, read past everything that answers for it."""
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT run_id FROM runs").fetchall()
    return {str(uuid.UUID(bytes=key)) if isinstance(key, bytes) else key for (key,) in rows}


class Pair:
    def __init__(self, number, kills):
        self.random = random.Random(SEED * 1000 + number)
        self.kills = kills
        self.folder = Folder()
        self.replay = Replay(
            self.folder, "0.3.64/a_simple_success", "0.3.64/d_error", options=("--no-play", "--speed", "5")
        )
        self.serve = Serve(self.folder, self.replay.url)
        self.graphs = [recorded_graph("0.3.64/a_simple_success"), recorded_graph("0.3.64/d_error")]
        self.accepted = {}  # prompt id -> life of the server that took it
        self.truth = {}  # prompt id -> (outcome, when it was first seen)
        self.ended_at = {}  # life -> when that server was killed
        self.watched_since = {}  # life -> since when a serve has been connected to it without a break
        self.life = 0
        self.doubtful = {}  # run id -> the attempt, with its explanations, for messages
        self.problem = None

    def look(self):
        """Notes what ComfyUI itself says has ended."""
        for prompt_id, entry in get_json(self.replay.url + "/history", timeout=5).items():
            outcome = entry["status"]["messages"][-1][0]
            self.truth.setdefault(prompt_id, (outcome, time.monotonic()))

    def feed(self):
        waiting = get_json(self.replay.url + "/prompt", timeout=5)["exec_info"]["queue_remaining"]
        if waiting < 3:
            self.accepted[self.replay.submit(self.random.choice(self.graphs))] = self.life

    def work(self, seconds, feeding=True):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if feeding:
                self.feed()
            self.look()
            time.sleep(self.random.uniform(0, 0.02))

    def is_settled(self):
        # After the last restart its watcher reads ComfyUI's history, and the disk takes what it reads.
        if get_json(self.serve.url + "/api/v1/health")["writer"]["pending"] > 0:
            return False
        runs = self.serve.runs()
        remembered = set(get_json(self.replay.url + "/history"))
        return remembered <= {run["runId"] for run in runs} and not any(
            run["status"] in ("queued", "executing") for run in runs
        )

    def run(self):
        try:
            self.replay.start().ready()
            self.serve.start().ready()
            for kill in range(self.kills):
                self.work(self.random.uniform(0.05, 0.6))
                if kill % 4 == 0:
                    if kill % 8 == 0:
                        self.serve.ready().connected()
                        self.watched_since[self.life] = time.monotonic()
                        self.work(KNOWN_AFTER_S + 0.2, feeding=False)
                    self.look()
                    self.replay.kill()
                    self.ended_at[self.life] = time.monotonic()
                    self.life += 1
                    self.replay.start().ready()
                else:
                    self.serve.kill()
                    self.work(self.random.uniform(0, 0.1))
                    self.serve.start()
                    if self.random.random() < 0.7:
                        self.serve.ready()
            self.serve.ready().connected()
            wait_for(
                "the queue to run empty",
                lambda: get_json(self.replay.url + "/prompt")["exec_info"]["queue_remaining"] == 0,
            )
            self.look()
            wait_for("every run to end, and what ComfyUI remembers to be kept", self.is_settled, patience_s=60)
            self.runs = self.serve.runs()
            self.stored = stored_ids(self.serve.store)
            for run in self.runs:
                if run["exitReason"] in ("deleted", "unknown"):
                    self.doubtful[run["runId"]] = self.serve.run(run["runId"])["scenes"][0]["attempts"][0]
            self.exit_code = self.serve.stop()
            self.replay.kill()
            self.verdict = integrity(self.serve.store)
        except BaseException as problem:  # pylint: disable=broad-except
            self.problem = problem
        finally:
            self.serve.kill()
            self.replay.kill()


class CrashTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pairs = [Pair(number, KILLS // PAIRS) for number in range(PAIRS)]
        threads = [threading.Thread(target=pair.run) for pair in cls.pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    @classmethod
    def tearDownClass(cls):
        for pair in cls.pairs:
            pair.folder.remove()

    def setUp(self):
        for pair in self.pairs:
            if pair.problem is not None:
                raise AssertionError(f"{pair.problem!r}\n{pair.serve.output()[-3000:]}") from pair.problem

    def bound_to_know(self, pair, prompt_id, seen_at):
        """Whether the watcher had the chance to learn how this prompt ended."""
        life = pair.accepted[prompt_id]
        if life not in pair.ended_at:
            return True  # that server lived to the end of the test
        since = max(seen_at, pair.watched_since.get(life, float("inf")))
        return pair.ended_at[life] - since >= KNOWN_AFTER_S

    def test_no_finished_run_is_lost(self):
        finished = unknowable = 0
        for pair in self.pairs:
            kept = {run["runId"]: run for run in pair.runs}
            for prompt_id, (outcome, seen_at) in pair.truth.items():
                run = kept.get(prompt_id)
                expected = "success" if outcome == "execution_success" else "failed"
                if run and run["status"] == expected and run["exitReason"] != "workerLost":
                    finished += 1
                    continue
                self.assertFalse(self.bound_to_know(pair, prompt_id, seen_at), f"{prompt_id}: {outcome}, kept as {run}")
                if run:
                    self.assertEqual(run["exitReason"], "workerLost", pair.doubtful.get(prompt_id, run))
                unknowable += 1
        self.assertGreater(finished, KILLS)
        print(f"{KILLS} kills: {finished} finished runs kept, {unknowable} died with a server that nobody watched", file=sys.stderr)

    def test_lists_show_every_run_that_the_file_holds(self):
        for pair in self.pairs:
            self.assertEqual({run["runId"] for run in pair.runs}, pair.stored)

    def test_none_is_doubled(self):
        for pair in self.pairs:
            ids = [run["runId"] for run in pair.runs]
            self.assertEqual(len(ids), len(set(ids)))
            for run in pair.runs:
                self.assertEqual((run["sceneCount"], run["attemptCount"]), (1, 1), run)

    def test_none_stays_open(self):
        for pair in self.pairs:
            for run in pair.runs:
                self.assertNotIn(run["status"], ("queued", "executing"), run)
                self.assertIsNotNone(run["exitReason"], run)

    def test_only_accepted_prompts_are_kept(self):
        for pair in self.pairs:
            self.assertEqual({run["runId"] for run in pair.runs} - set(pair.accepted), set())

    def test_the_file_is_whole_and_serve_ends_well(self):
        for pair in self.pairs:
            self.assertEqual(pair.verdict, "ok")
            self.assertEqual(pair.exit_code, 0, pair.serve.output()[-2000:])


if __name__ == "__main__":
    unittest.main(verbosity=2)
