"""Real processes for tests: `comfytrace serve`, `comfytrace replay`, and requests to both.

Servers listen on loopback, on free ports, and are stopped by their own pid.
"""

import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("COMFYTRACE_BINARY", str(ROOT / "build" / "release" / "comfytrace"))
RECORDINGS = ROOT / "tests" / "recordings"
# Sanitizer builds are slower; waits are bounds, never measurements.
PATIENCE_S = float(os.environ.get("COMFYTRACE_TEST_PATIENCE_S", "20"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def request(url, method="GET", body=None, headers=None, timeout=10):
    """(status, bytes, headers); raises OSError if nobody answers."""
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    if data is not None:
        asked.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(asked, timeout=timeout) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as problem:
        return problem.code, problem.read(), dict(problem.headers)
    except (urllib.error.URLError, http.client.HTTPException) as problem:
        raise OSError(str(problem)) from problem


def get_json(url, **more):
    status, body, _ = request(url, **more)
    if status >= 300:
        raise OSError(f"{url}: {status} {body[:200]!r}")
    return json.loads(body)


def wait_for(what, probe, patience_s=PATIENCE_S):
    """The first true value of probe(); OSError counts as not yet."""
    end = time.monotonic() + patience_s
    last = None
    while time.monotonic() < end:
        try:
            value = probe()
            if value:
                return value
            last = value
        except OSError as problem:
            last = problem
        time.sleep(0.02)
    raise AssertionError(f"waited {patience_s:g} s in vain for {what}; last: {last!r}")


class Folder:
    """A scratch folder that also is HOME for the processes of a test."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="comfytrace-test-"))

    def __truediv__(self, name):
        return self.path / name

    def environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("COMFY", "XDG_"))}
        for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                kept[name] = os.environ[name]
        return {**kept, "HOME": str(self.path), "NO_COLOR": "1"}

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Process:
    """One comfytrace command in the background."""

    def __init__(self, folder, *arguments, log):
        self.folder = folder
        self.arguments = [BINARY, *map(str, arguments)]
        self.log = folder / log
        self.child = None

    def start(self):
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(
                self.arguments, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=self.folder.environment(), cwd=self.folder.path
            )
        return self

    def kill(self):
        """As a crash does: no chance to say goodbye."""
        if self.child and self.child.poll() is None:
            self.child.send_signal(signal.SIGKILL)
            self.child.wait()

    def stop(self, patience_s=PATIENCE_S):
        """SIGTERM; the exit code."""
        if self.child and self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        return self.child.wait(patience_s) if self.child else None

    def running(self):
        return self.child is not None and self.child.poll() is None

    def output(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Serve(Process):
    """`comfytrace serve` watching these URLs."""

    def __init__(self, folder, *urls, store=None, port=None, log="serve.log"):
        self.port = port or free_port()
        self.store = pathlib.Path(store or folder / "history.db")
        watched = [part for url in urls for part in ("--comfyui", url)]
        super().__init__(
            folder, "serve", *watched, "--listen", f"127.0.0.1:{self.port}", "--store", self.store, log=log
        )
        self.url = f"http://127.0.0.1:{self.port}"

    def ready(self):
        def probe():
            if not self.running():
                raise AssertionError(f"serve ended with {self.child.returncode}:\n{self.output()[-2000:]}")
            return get_json(self.url + "/api/v1/health", timeout=2)

        wait_for("serve to answer", probe)
        return self

    def connected(self):
        wait_for(
            "serve to have reached its workers",
            lambda: all(
                w["connection"]["state"] in ("connected", "streaming")
                for w in get_json(self.url + "/api/v1/workers")["workers"]
            ),
        )
        return self

    def runs(self, query=""):
        found, cursor = [], ""
        while True:
            page = get_json(f"{self.url}/api/v1/runs?limit=1000{query}{cursor}")
            found += page["runs"]
            if not page["nextCursor"]:
                return found
            cursor = "&cursor=" + page["nextCursor"]

    def run(self, run_id):
        return get_json(f"{self.url}/api/v1/runs/{run_id}")


class Replay(Process):
    """`comfytrace replay` of these recordings, in the role of ComfyUI."""

    def __init__(self, folder, *recordings, port=None, options=(), log="replay.log"):
        self.port = port or free_port()
        files = [RECORDINGS / f"{name}.jsonl" for name in recordings]
        super().__init__(folder, "replay", *files, "--listen", f"127.0.0.1:{self.port}", *options, log=log)
        self.url = f"http://127.0.0.1:{self.port}"

    def ready(self):
        wait_for("replay to answer", lambda: get_json(self.url + "/queue", timeout=2) is not None)
        return self

    def submit(self, graph, client_id=None):
        """Queues a prompt under an id of its own, so that an answer that was lost on the way does no harm."""
        body = {"prompt": graph, "prompt_id": str(uuid.UUID(int=random.getrandbits(128), version=4))}
        if client_id:
            body["client_id"] = client_id

        def probe():
            queue = get_json(self.url + "/queue")
            if any(item[1] == body["prompt_id"] for item in queue["queue_running"] + queue["queue_pending"]):
                return True
            if get_json(f"{self.url}/history/{body['prompt_id']}"):
                return True
            return get_json(self.url + "/prompt", method="POST", body=body)["prompt_id"] == body["prompt_id"]

        try:
            return get_json(self.url + "/prompt", method="POST", body=body)["prompt_id"]
        except OSError:
            wait_for("the prompt to be taken", probe)
            return body["prompt_id"]


def recorded_graph(name, index=0):
    """The graph of the index-th accepted prompt of a recording."""
    graphs = []
    for line in (RECORDINGS / f"{name}.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if entry.get("dir") == "http>" and entry.get("method") == "POST" and entry.get("path") == "/prompt":
            graphs.append(entry["json"]["prompt"])
    return graphs[index]


def integrity(store):
    """SQLite's own verdict on a file that nobody writes to."""
    with contextlib.closing(sqlite3.connect(store)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone()[0]


def command(folder, *arguments, stdin=None, timeout=60):
    """(exit code, standard output, standard error) of one comfytrace command."""
    done = subprocess.run(
        [BINARY, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        env=folder.environment(),
    )
    return done.returncode, done.stdout, done.stderr
