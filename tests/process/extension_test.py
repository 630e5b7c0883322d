#!/usr/bin/env python3
"""`comfytrace serve` beside a ComfyUI that has our extension: the stand-in of extension/tests with the package that
`comfytrace extension install` put there, as real processes."""

import base64
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import unittest
import uuid

from harness import ROOT, Folder, Process, Serve, command, free_port, get_json, request, wait_for

GIB = 1 << 30
# aiohttp is Debian's: the interpreter of the distribution has it, whichever else comes first in PATH.
PYTHON = "/usr/bin/python3"


def graph(tag, *, steps=4, pause_s=0.02, bad=False):
    """A node that is the same in every prompt, a sampler, another node, and an output."""
    memory = {"peak_bytes": 9 * GIB, "left_bytes": GIB}
    return {
        "3": {"class_type": "Source", "inputs": {"always": "the same"}},
        "4": {"class_type": "Sampler", "inputs": {"steps": steps, "pause_s": pause_s, "tag": tag} | memory},
        "5": {"class_type": "Raise" if bad else "Source", "inputs": {"tag": tag, "peak_bytes": 3 * GIB}},
        "9": {"class_type": "Show", "inputs": {"tag": tag}},
    }


class StandIn(Process):
    """A ComfyUI in miniature that loads whatever lies in `custom_nodes`."""

    def __init__(self, folder, comfyui, port=None, log="comfyui.log"):
        super().__init__(folder, log=log)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        nodes = comfyui / "custom_nodes"
        self.arguments = [PYTHON, "-m", "stand_in", "--port", str(self.port), "--custom-nodes", str(nodes), "--cuda"]

    def start(self):
        environment = {**self.folder.environment(), "PYTHONPATH": str(ROOT / "extension" / "tests")}
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(
                self.arguments, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=environment
            )
        return self

    def ready(self):
        def probe():
            if not self.running():
                raise AssertionError(f"the stand-in ended with {self.child.returncode}:\n{self.output()[-2000:]}")
            return get_json(self.url + "/queue", timeout=2) is not None

        wait_for("the stand-in to answer", probe)
        return self

    def submit(self, prompt, client_id=None):
        """(status, answer)"""
        body = {"prompt": prompt} | ({"client_id": client_id} if client_id else {})
        status, answer, _ = request(self.url + "/prompt", method="POST", body=body)
        return status, json.loads(answer)


class PageSocket:
    """The socket of ComfyUI's page: text frames, as many as come."""

    def __init__(self, port, client_id):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /ws?clientId={client_id} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.stream = self.socket.makefile("rb")
        while self.stream.readline() not in (b"\r\n", b""):
            pass
        self.types = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        with contextlib.suppress(OSError, ValueError):
            while len(head := self.stream.read(2)) == 2:
                length = head[1] & 127
                if length > 125:
                    length = int.from_bytes(self.stream.read(2 if length == 126 else 8), "big")
                payload = self.stream.read(length)
                if head[0] & 15 == 1:
                    self.types.append(json.loads(payload)["type"])

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.reader.join(10)
        self.socket.close()


class ExtensionTest(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        self.processes = []
        self.addCleanup(lambda: [process.kill() for process in self.processes])
        self.comfyui = self.folder / "ComfyUI"
        (self.comfyui / "custom_nodes").mkdir(parents=True)

    def install(self):
        code, _, err = command(self.folder, "extension", "install", self.comfyui)
        self.assertEqual(code, 0, err)

    def stand_in(self, **more):
        process = StandIn(self.folder, self.comfyui, **more)
        self.processes.append(process)
        return process.start().ready()

    def serve(self, *urls, **more):
        process = Serve(self.folder, *urls, **more)
        self.processes.append(process)
        return process.start().ready().connected()

    def connection(self, serve):
        return get_json(serve.url + "/api/v1/workers")["workers"][0]["connection"]

    def until_source(self, serve, source):
        wait_for(f"the source {source}", lambda: self.connection(serve)["source"] == source)

    def doctor(self, *options):
        return command(self.folder, "doctor", "--json", "--store", self.folder / "history.db", *options)

    def checks(self, *options):
        return {check["name"]: check for check in json.loads(self.doctor(*options)[1])["checks"]}

    def ended(self, serve, *ids):
        def probe():
            runs = {run["runId"]: run["status"] for run in serve.runs()}
            return all(runs.get(one, "queued") not in ("queued", "executing") for one in ids)

        wait_for("the prompts to end", probe)

    def attempt(self, serve, run_id):
        attempts = get_json(f"{serve.url}/api/v1/runs/{run_id}/timeline")["attempts"]
        self.assertEqual(len(attempts), 1)
        told = serve.run(run_id)["scenes"][0]["attempts"][0]
        return {**told, "nodes": attempts[0]["nodes"]}

    def shape(self, attempt):
        """What a record says, but for what differs from run to run: ids, and times as long as they are known."""
        known = lambda value: value is not None  # noqa: E731
        nodes = [
            {
                **{name: node[name] for name in ("nodeId", "displayNodeId", "classType", "state", "vramPeakBytes")},
                # Of a node that reports none, sockets tell that it is done, 1 of 1.
                "progress": (node["progressValue"], node["progressMax"]) if node["progressMax"] not in (None, 1) else None,
                "start": known(node["startOffsetMs"]),
                "duration": known(node["durationMs"]),
            }
            for node in attempt["nodes"]
        ]
        names = ("status", "exitReason", "nodeTimesKnown", "nodeCount", "cachedKnown", "cachedNodeIds", "fallbackNotes")
        times = ("queuedAtMs", "startedAtMs", "finishedAtMs", "durationMs", "queueWaitMs")
        failure = attempt["failure"] and {k: v for k, v in attempt["failure"].items() if k != "traceback"}
        artifacts = [{k: a[k] for k in ("nodeId", "filename", "cached")} for a in attempt["artifacts"]]
        told = {name: attempt[name] for name in names} | {name: known(attempt[name]) for name in times}
        return told | {"nodes": nodes, "failure": failure, "artifacts": artifacts}


class SameRecord(ExtensionTest):
    def setUp(self):
        super().setUp()
        self.install()
        self.comfy = self.stand_in()
        self.serving = self.serve(self.comfy.url)
        self.until_source(self.serving, "extension")
        self.owner = str(uuid.uuid4())
        self.page = PageSocket(self.comfy.port, self.owner)
        self.addCleanup(self.page.close)

    def run_command(self, prompt):
        """The run's id; through the serve that is up."""
        file = self.folder / "workflow.json"
        file.write_text(json.dumps(prompt))
        code, out, err = command(
            self.folder, "run", file, "--json", "--listen", f"127.0.0.1:{self.serving.port}"
        )
        self.assertIn(code, (0, 1), err)
        return json.loads(out.splitlines()[-1])["runId"]

    def posted(self, prompt, client_id=None):
        status, answer = self.comfy.submit(prompt, client_id)
        self.assertEqual(status, 200, answer)
        return answer["prompt_id"]

    def from_everywhere(self, **how):
        """Records of the same work by origin; each prompt finds node 3 in the cache and nothing else."""
        ids = {
            "page": self.posted(graph("page", **how), self.owner),
            "script": self.posted(graph("script", **how), "a client without a socket"),
            "nameless": self.posted(graph("nameless", **how)),
        }
        self.ended(self.serving, *ids.values())
        ids["run"] = self.run_command(graph("run", **how))
        self.ended(self.serving, ids["run"])
        return {who: self.attempt(self.serving, run_id) for who, run_id in ids.items()}

    def test_prompts_of_the_page_of_scripts_and_of_our_own_give_the_same_complete_record(self):
        self.ended(self.serving, self.posted(graph("first")))  # fills the cache
        attempts = self.from_everywhere()
        shapes = {who: self.shape(attempt) for who, attempt in attempts.items()}
        for who, shape in shapes.items():
            with self.subTest(who):
                self.assertEqual(shape, shapes["page"])
        page = shapes["page"]
        self.assertEqual((page["status"], page["exitReason"], page["nodeTimesKnown"]), ("success", "success", True))
        self.assertEqual(page["cachedNodeIds"], ["3"])
        states = {node["nodeId"]: node["state"] for node in page["nodes"]}
        self.assertEqual(states, {"4": "finished", "5": "finished", "9": "finished", "3": "cached"})
        sampler = page["nodes"][0]
        self.assertEqual((sampler["classType"], sampler["progress"]), ("Sampler", (4, 4)))
        self.assertEqual(sampler["vramPeakBytes"], 9 * GIB)
        self.assertEqual(page["fallbackNotes"], [])
        self.assertEqual([artifact["nodeId"] for artifact in page["artifacts"]], ["9"])
        for attempt in attempts.values():
            took = {node["nodeId"]: node["durationMs"] for node in attempt["nodes"]}
            self.assertGreaterEqual(took["4"], 4 * 20 - 1)  # it sleeps so long
            self.assertLessEqual(sum(took[n] for n in ("4", "5", "9")), attempt["durationMs"])
        self.assertEqual({who: attempt["origin"] for who, attempt in attempts.items()},
                         {"page": "observed", "script": "observed", "nameless": "observed", "run": "submitted"})
        self.assertIn("executing", self.page.types)  # the page got its own events all the same
        device = get_json(self.serving.url + "/api/v1/workers")["workers"][0]["worker"]["devices"][0]
        self.assertEqual(device["type"], "cuda")

    def test_failures_are_recorded_alike(self):
        self.ended(self.serving, self.posted(graph("first")))
        shapes = {who: self.shape(attempt) for who, attempt in self.from_everywhere(bad=True).items()}
        for who, shape in shapes.items():
            with self.subTest(who):
                self.assertEqual(shape, shapes["page"])
        self.assertEqual(shapes["page"]["failure"]["nodeId"], "5")
        self.assertEqual(shapes["page"]["failure"]["message"], "refused")
        states = {node["nodeId"]: node["state"] for node in shapes["page"]["nodes"]}
        self.assertEqual(states, {"4": "finished", "5": "failed", "3": "cached"})

    def test_rejected_prompts_are_runs_with_their_validation_errors(self):
        wrong = graph("wrong", steps=200_000)
        for client_id in (self.owner, "a client without a socket", None):
            self.assertEqual(self.comfy.submit(wrong, client_id)[0], 400)
        runs = wait_for("the rejected prompts", lambda: len(found := self.serving.runs("&status=failed")) == 3 and found)
        ids = [run["runId"] for run in runs] + [self.run_command(wrong)]
        for run_id in ids:
            attempt = self.attempt(self.serving, run_id)
            self.assertEqual((attempt["status"], attempt["exitReason"]), ("failed", "validationError"))
            error = attempt["validationErrors"][0]
            self.assertEqual((error["nodeId"], error["classType"], error["type"]), ("4", "Sampler", "value_bigger_than_max"))
            self.assertEqual(attempt["nodes"], [])


class Restarts(ExtensionTest):
    def node_times(self, serve, run_id):
        nodes = self.attempt(serve, run_id)["nodes"]
        return {node["nodeId"]: node["durationMs"] for node in nodes if node["state"] == "finished"}

    def test_serve_restarted_in_the_middle_resumes_without_gap_or_double(self):
        self.install()
        comfy = self.stand_in()
        first = self.serve(comfy.url)
        self.until_source(first, "extension")
        before = comfy.submit(graph("before"))[1]["prompt_id"]
        self.ended(first, before)
        running = comfy.submit(graph("running", steps=40, pause_s=0.05))[1]["prompt_id"]
        pending = [comfy.submit(graph(f"pending {n}"))[1]["prompt_id"] for n in range(3)]
        wait_for("it to run", lambda: {r["runId"]: r["status"] for r in first.runs()}.get(running) == "executing")
        first.kill()
        wait_for("all to end unseen", lambda: len(get_json(comfy.url + "/history")) == 5)
        rejected = comfy.submit(graph("wrong", steps=200_000))[0]
        second = self.serve(comfy.url, port=first.port, log="second.log")
        self.ended(second, running, *pending)
        self.assertEqual(rejected, 400)
        told = lambda: all(self.node_times(second, run_id) for run_id in (running, *pending))  # noqa: E731
        wait_for("the nodes of what ended unseen", told)
        ids = [run["runId"] for run in second.runs("&status=success")]
        self.assertEqual(sorted(ids), sorted((before, running, *pending)))
        for run_id in (before, running, *pending):
            run = second.run(run_id)
            self.assertEqual((run["status"], len(run["scenes"]), len(run["scenes"][0]["attempts"])), ("success", 1, 1))
        # What happened while nobody listened is told by the extension afterwards, node by node.
        for run_id in (running, *pending):
            took = self.node_times(second, run_id)
            self.assertEqual(set(took), {"4", "5", "9"})
            self.assertNotIn(None, took.values())
        wait_for("what was rejected meanwhile", lambda: len(second.runs("&status=failed")) == 1)

    def test_a_new_life_of_comfyui_is_followed_from_its_beginning(self):
        self.install()
        comfy = self.stand_in()
        serve = self.serve(comfy.url)
        self.until_source(serve, "extension")
        ended = comfy.submit(graph("first life"))[1]["prompt_id"]
        self.ended(serve, ended)
        lost = comfy.submit(graph("lost", steps=2000, pause_s=0.05))[1]["prompt_id"]
        wait_for("it to run", lambda: {r["runId"]: r["status"] for r in serve.runs()}.get(lost) == "executing")
        boot = get_json(comfy.url + "/telemetry")["boot"]
        comfy.kill()
        again = self.stand_in(port=comfy.port, log="again.log")
        early = again.submit(graph("second life"))[1]["prompt_id"]
        self.assertNotEqual(get_json(again.url + "/telemetry")["boot"], boot)
        self.until_source(serve, "extension")
        self.ended(serve, early, lost)
        self.assertEqual(serve.run(lost)["exitReason"], "workerLost")
        self.assertEqual(self.attempt(serve, early)["nodeTimesKnown"], True)
        self.assertEqual(serve.run(ended)["status"], "success")
        self.assertEqual(len(serve.runs()), 3)


class Source(ExtensionTest):
    def test_it_is_named_with_what_is_missing_and_the_command_that_mends_it(self):
        comfy = self.stand_in()
        stock = self.checks("--comfyui", comfy.url, "--listen", f"127.0.0.1:{free_port()}")["worker " + comfy.url]
        self.assertIn("told by stock ComfyUI", stock["sentence"])
        self.assertIn("`comfytrace extension install <ComfyUI directory>`", stock["mend"])
        serve = self.serve(comfy.url)
        self.until_source(serve, "stock")
        run_id = comfy.submit(graph("stock"), "somebody")[1]["prompt_id"]
        self.ended(serve, run_id)
        self.assertEqual(serve.run(run_id)["status"], "success")
        self.assertFalse(self.attempt(serve, run_id)["nodeTimesKnown"])
        self.assertIsNone(self.connection(serve)["extension"])
        watched = self.checks("--listen", f"127.0.0.1:{serve.port}")["watching " + comfy.url]
        self.assertIn("told by stock ComfyUI", watched["sentence"])
        self.assertIn("`comfytrace extension install <ComfyUI directory>`", watched["mend"])

        self.install()
        self.assertEqual(comfy.stop(), -signal.SIGTERM)
        comfy = self.stand_in(port=comfy.port, log="again.log")
        self.until_source(serve, "extension")
        told = self.connection(serve)["extension"]
        self.assertIn("validate_prompt", told["taps"])
        self.assertEqual((told["skippedTaps"], told["protocol"], told["outdated"]), ([], 1, False))
        self.assertEqual(told["framesDropped"], 0)
        self.assertIsNone(self.connection(serve)["missing"])
        for name, check in (
            ("watching ", self.checks("--listen", f"127.0.0.1:{serve.port}")),
            ("worker ", self.checks("--comfyui", comfy.url, "--listen", f"127.0.0.1:{free_port()}")),
        ):
            found = check[name + comfy.url]
            self.assertIn(f"told by the extension {told['version']}: 11 taps", found["sentence"])
            self.assertEqual(found["mend"], "")

    def test_an_outdated_extension_is_named_as_such(self):
        self.install()
        place = self.comfyui / "custom_nodes" / "comfytrace-telemetry"
        version = place / "version.py"
        version.write_text(version.read_text().replace('VERSION = "', 'VERSION = "0.0.', 1))
        comfy = self.stand_in()
        serve = self.serve(comfy.url)
        self.until_source(serve, "extension")
        connection = self.connection(serve)
        self.assertTrue(connection["extension"]["outdated"])
        self.assertIn("`comfytrace extension install <ComfyUI directory>`", connection["missing"])
        code, _, _ = self.doctor("--listen", f"127.0.0.1:{serve.port}")
        self.assertEqual(code, 3)
        watched = self.checks("--listen", f"127.0.0.1:{serve.port}")["watching " + comfy.url]
        self.assertEqual((watched["finding"], watched["mend"]), ("warning", connection["missing"]))

    def test_the_sidebar_entry_is_served_as_it_was_installed(self):
        self.install()
        comfy = self.stand_in()
        status, script, headers = request(comfy.url + "/extensions/comfytrace-telemetry/comfytrace.js")
        self.assertEqual(status, 200)
        self.assertEqual(script, (ROOT / "extension" / "web" / "comfytrace.js").read_bytes())
        self.assertIn("javascript", headers["Content-Type"])


if __name__ == "__main__":
    if not pathlib.Path(PYTHON).exists() or subprocess.run([PYTHON, "-c", "import aiohttp"], check=False).returncode:
        raise SystemExit("the stand-in of ComfyUI needs python3-aiohttp")
    unittest.main()
