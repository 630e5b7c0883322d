#!/usr/bin/env python3
"""`comfytrace serve` as people meet it: against a replayed ComfyUI, as real processes."""

import contextlib
import http.server
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import unittest

from harness import (
    BINARY,
    ROOT,
    Folder,
    Replay,
    Serve,
    command,
    free_port,
    get_json,
    integrity,
    recorded_graph,
    request,
    wait_for,
)


@contextlib.contextmanager
def answering(path, value):
    """The address of a server that gives one JSON value at one path."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(value).encode()
            self.send_response(200 if self.path == path else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class ProcessTest(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        self.processes = []
        self.addCleanup(lambda: [process.kill() for process in self.processes])

    def started(self, process):
        self.processes.append(process)
        return process.start()

    def replay(self, *recordings, **more):
        return self.started(Replay(self.folder, *recordings, **more)).ready()

    def serve(self, *urls, **more):
        return self.started(Serve(self.folder, *urls, **more)).ready()


class FirstContact(ProcessTest):
    def test_takes_in_what_the_worker_still_remembers(self):
        comfyui = self.replay("0.3.64/g_queue", options=("--speed", "0"))
        wait_for("the replay to have played", lambda: len(get_json(comfyui.url + "/history")) >= 3)
        time.sleep(0.2)
        truth = get_json(comfyui.url + "/history")
        serve = self.serve(comfyui.url).connected()
        wait_for("the back-fill", lambda: len(serve.runs()) >= len(truth))
        kept = {run["runId"]: run for run in serve.runs()}
        for prompt_id, entry in truth.items():
            run = serve.run(prompt_id)
            messages = dict((kind, data) for kind, data in entry["status"]["messages"])
            attempt = run["scenes"][0]["attempts"][0]
            self.assertEqual(attempt["startedAtMs"], messages["execution_start"]["timestamp"])
            self.assertEqual(attempt["finishedAtMs"], entry["status"]["messages"][-1][1]["timestamp"])
            self.assertEqual(kept[prompt_id]["status"], "success" if "execution_success" in messages else run["status"])
            self.assertEqual(sorted(attempt["cachedNodeIds"]), sorted(messages["execution_cached"]["nodes"]))

    def test_a_worker_that_comes_later_is_found(self):
        port = free_port()
        serve = self.serve(f"http://127.0.0.1:{port}")
        state = get_json(serve.url + "/api/v1/workers")["workers"][0]["connection"]
        self.assertIn(state["state"], ("connecting", "disconnected"))
        self.replay("0.3.64/a_simple_success", port=port, options=("--speed", "0"))
        serve.connected()
        wait_for("the run", lambda: len(serve.runs("&status=success")) == 1)


class Stopping(ProcessTest):
    def test_sigterm_ends_it_within_five_seconds_and_keeps_everything(self):
        comfyui = self.replay("0.3.64/h_long_previews", options=("--loop", "--everyone", "--speed", "3"))
        serve = self.serve(comfyui.url).connected()
        wait_for("a finished run", lambda: serve.runs("&status=success"))
        before = {run["runId"] for run in serve.runs()}
        began = time.monotonic()
        self.assertEqual(serve.stop(patience_s=10), 0)
        self.assertLess(time.monotonic() - began, 5.0)
        self.assertEqual(integrity(serve.store), "ok")
        code, out, err = command(self.folder, "runs", "--store", serve.store, "--json", "--limit", "1000")
        self.assertEqual(code, 0, err)
        self.assertLessEqual(before, {run["runId"] for run in json.loads(out)["runs"]})

    def test_a_hung_worker_does_not_hold_up_the_end(self):
        comfyui = self.replay("0.3.64/h_long_previews", options=("--loop",))
        serve = self.serve(comfyui.url).connected()
        comfyui.child.send_signal(signal.SIGSTOP)
        self.addCleanup(lambda: comfyui.child.send_signal(signal.SIGCONT))
        time.sleep(0.3)
        self.assertEqual(serve.stop(patience_s=5), 0)


class OneOwner(ProcessTest):
    def test_a_second_serve_is_refused_and_told_who_holds_the_history(self):
        comfyui = self.replay("0.3.64/a_simple_success")
        first = self.serve(comfyui.url)
        code, _, err = command(
            self.folder, "serve", "--store", first.store, "--listen", "127.0.0.1:0", "--comfyui", comfyui.url
        )
        self.assertEqual(code, 1)
        self.assertIn(str(first.child.pid), err)
        self.assertIn(first.url, err)
        first.kill()
        second = self.serve(comfyui.url, store=first.store, log="second.log")
        self.assertTrue(second.running())

    def test_a_history_named_without_a_folder_lies_where_one_stands(self):
        serve = self.serve("http://127.0.0.1:1", store="bare.db")
        self.assertEqual(serve.stop(), 0)
        self.assertTrue((self.folder / "bare.db").exists())

    def test_a_port_in_use_is_named(self):
        comfyui = self.replay("0.3.64/a_simple_success")
        first = self.serve(comfyui.url)
        code, _, err = command(
            self.folder,
            "serve",
            "--store",
            self.folder / "other.db",
            "--listen",
            f"127.0.0.1:{first.port}",
            "--comfyui",
            comfyui.url,
        )
        self.assertEqual(code, 1)
        self.assertIn(str(first.port), err)


class DamagedFiles(ProcessTest):
    def refused(self, store):
        return command(self.folder, "serve", "--store", store, "--listen", "127.0.0.1:0", "--comfyui", "127.0.0.1:1")

    def recorded_store(self):
        comfyui = self.replay("0.3.64/a_simple_success", options=("--speed", "0"))
        serve = self.serve(comfyui.url).connected()
        wait_for("the run", lambda: serve.runs("&status=success"))
        serve.stop()
        return serve.store

    def test_a_file_of_a_newer_version_is_left_alone(self):
        store = self.recorded_store()
        with contextlib.closing(sqlite3.connect(store)) as connection:
            connection.execute("PRAGMA user_version = 9999")
        before = store.read_bytes()
        code, _, err = self.refused(store)
        self.assertEqual(code, 1)
        self.assertIn("newer", err)
        self.assertEqual(store.read_bytes(), before)

    def test_a_file_that_is_not_a_history_is_left_alone(self):
        for content in (b"hello, I am your tax return\n" * 500, b"SQLite format 3\0" + os.urandom(8192)):
            store = self.folder / "mine.db"
            store.write_bytes(content)
            code, _, err = self.refused(store)
            self.assertEqual(code, 1)
            self.assertIn(str(store), err)
            self.assertEqual(store.read_bytes(), content)

    def test_a_torn_file_gives_a_sentence_and_no_crash(self):
        store = self.recorded_store()
        content = store.read_bytes()
        store.write_bytes(content[: len(content) // 2])
        code, _, err = self.refused(store)
        self.assertEqual(code, 1, err)
        self.assertIn(str(store), err)

    def test_a_folder_that_cannot_be_written_gives_a_sentence(self):
        blocker = self.folder / "file"
        blocker.write_text("not a folder")
        code, _, err = self.refused(blocker / "history.db")
        self.assertEqual(code, 1)
        self.assertIn("history.db", err)

    def test_a_file_that_may_only_be_read_is_refused_and_can_be_read(self):
        store = self.recorded_store()
        before = store.read_bytes()
        # Permission bits do not stop root: somebody else tries.
        program = self.folder / "comfytrace"
        shutil.copy(BINARY, program)
        program.chmod(0o755)
        self.folder.path.chmod(0o755)
        store.chmod(0o644)
        whoever = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        if not whoever:
            self.folder.path.chmod(0o555)
            self.addCleanup(self.folder.path.chmod, 0o755)
        done = subprocess.run(
            [program, "serve", "--store", store, "--listen", "127.0.0.1:0", "--comfyui", "127.0.0.1:1"],
            capture_output=True, text=True, timeout=30, env=self.folder.environment(), check=False, **whoever,
        )  # fmt: skip
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(str(store), done.stderr)
        self.assertEqual(store.read_bytes(), before)
        self.assertEqual(command(self.folder, "runs", "--store", store, "--json")[0], 0)

    def test_a_full_disk_loses_nothing(self):
        comfyui = self.replay("0.3.64/a_simple_success", options=("--no-play", "--speed", "10"))
        serve = Serve(self.folder, comfyui.url)
        self.started(serve).ready().connected()
        # From here on no file of that process may grow: what a full disk does to it.
        resource.prlimit(serve.child.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        graph = recorded_graph("0.3.64/a_simple_success")
        submitted = [comfyui.submit(graph) for _ in range(10)]
        wait_for(
            "the runs to wait in memory",
            lambda: get_json(serve.url + "/api/v1/health")["writer"]["failing"]
            and get_json(comfyui.url + "/prompt")["exec_info"]["queue_remaining"] == 0,
        )
        code, out, _ = command(
            self.folder, "doctor", "--json", "--listen", f"127.0.0.1:{serve.port}", "--store", serve.store
        )
        self.assertEqual(code, 1)
        self.assertIn("cannot write the history", out)
        resource.prlimit(serve.child.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        wait_for(
            "all runs to be kept after all",
            lambda: set(submitted) <= {run["runId"] for run in serve.runs("&status=success")},
            patience_s=40,
        )


class BadWorkers(ProcessTest):
    def test_an_address_that_is_no_comfyui_is_explained(self):
        port = free_port()
        other = subprocess.Popen(
            ["python3", "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(self.folder.path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        serve = self.serve(f"http://127.0.0.1:{port}")

        def told():
            connection = get_json(serve.url + "/api/v1/workers")["workers"][0]["connection"]
            return connection["lastError"] and "not as a ComfyUI" in connection["lastError"] and connection["lastError"]

        wait_for("the explanation", told)
        code, out, _ = command(
            self.folder,
            "doctor",
            "--comfyui",
            f"http://127.0.0.1:{port}",
            "--listen",
            f"127.0.0.1:{serve.port}",
            "--store",
            serve.store,
        )
        self.assertEqual(code, 1)
        self.assertIn("ComfyUI", out)

    def test_faulty_traffic_is_counted_explained_and_changes_no_outcome(self):
        faults = (
            "garbage:every=5",
            "duplicate:every=3",
            "reorder:every=7",
            "oversize:at=20,mib=10",
            "cut:every=60",
        )
        options = ["--no-play", "--speed", "10", "--everyone"]
        for fault in faults:
            options += ["--fault", fault]
        comfyui = self.replay("0.3.64/a_simple_success", "0.3.64/d_error", options=options)
        serve = self.serve(comfyui.url).connected()
        good = recorded_graph("0.3.64/a_simple_success")
        bad = recorded_graph("0.3.64/d_error")
        expected = {}
        for turn in range(12):
            expected[comfyui.submit(bad if turn % 3 == 0 else good, client_id="x" * 32)] = (
                "failed" if turn % 3 == 0 else "success"
            )
            time.sleep(0.05)
        wait_for(
            "every outcome",
            lambda: {run["runId"]: run["status"] for run in serve.runs()} == expected,
            patience_s=60,
        )
        counters = {c["name"]: c["value"] for c in get_json(serve.url + "/api/v1/health")["counters"]}
        self.assertGreater(counters["frames_malformed"], 0)
        self.assertGreater(counters["worker_disconnects"], 0)
        _, out, _ = command(
            self.folder, "doctor", "--comfyui", comfyui.url, "--listen", f"127.0.0.1:{serve.port}", "--store", serve.store
        )
        self.assertIn("frames_malformed", out)

    def test_lost_memory_ends_what_was_open(self):
        comfyui = self.replay(
            "0.3.64/h_long_previews", options=("--no-play", "--speed", "1", "--fault", "restart:at=40,ms=300")
        )
        serve = self.serve(comfyui.url).connected()
        graph = recorded_graph("0.3.64/h_long_previews")
        ids = [comfyui.submit(graph) for _ in range(3)]
        wait_for("them to be seen", lambda: set(ids) <= {run["runId"] for run in serve.runs()})
        wait_for(
            "them to end as lost",
            lambda: {run["runId"]: run["exitReason"] for run in serve.runs()} == dict.fromkeys(ids, "workerLost"),
            patience_s=60,
        )


class Submitting(ProcessTest):
    def workflow(self, recording):
        file = self.folder / "workflow.json"
        file.write_text(json.dumps(recorded_graph(recording)))
        return file

    def assert_complete(self, run):
        attempt = run["scenes"][0]["attempts"][0]
        self.assertEqual(attempt["origin"], "submitted")
        self.assertTrue(attempt["nodeTimesKnown"])
        self.assertIsNotNone(attempt["durationMs"])
        self.assertIsNotNone(run["queueWaitMs"])

    def test_run_through_a_serve_that_is_up(self):
        comfyui = self.replay("0.3.64/a_simple_success", options=("--no-play", "--speed", "5"))
        serve = self.serve(comfyui.url).connected()
        code, out, err = command(
            self.folder,
            "run",
            self.workflow("0.3.64/a_simple_success"),
            "--listen",
            f"127.0.0.1:{serve.port}",
            "--title",
            "A portrait",
            "--tag",
            "test",
            "--json",
        )
        self.assertEqual(code, 0, err)
        answer = json.loads(out)
        self.assertEqual(answer["status"], "success")
        run = serve.run(answer["runId"])
        self.assert_complete(run)
        self.assertEqual(run["title"], "A portrait")
        self.assertEqual(run["tags"], ["test"])
        timeline = get_json(f"{serve.url}/api/v1/runs/{answer['runId']}/timeline")
        self.assertEqual(len(timeline["attempts"][0]["nodes"]), 4)

    def test_run_alone(self):
        comfyui = self.replay("0.3.64/d_error", options=("--no-play", "--speed", "5"))
        store = self.folder / "own.db"
        code, out, err = command(
            self.folder,
            "run",
            self.workflow("0.3.64/d_error"),
            "--comfyui",
            comfyui.url,
            "--listen",
            f"127.0.0.1:{free_port()}",
            "--store",
            store,
            "--json",
        )
        self.assertEqual(code, 1, err)
        answer = json.loads(out)
        self.assertEqual((answer["status"], answer["exitReason"]), ("failed", "executionError"))
        code, out, err = command(self.folder, "show", answer["runId"], "--store", store, "--json")
        self.assertEqual(code, 0, err)
        run = json.loads(out)
        self.assert_complete(run)
        self.assertEqual(run["scenes"][0]["attempts"][0]["failure"]["exceptionType"], "ValueError")
        code, out, _ = command(self.folder, "show", "latest", "--store", store, "--explain")
        self.assertIn("ValueError", out)
        self.assertIn("because", out)

    def test_a_workflow_of_the_page_is_refused_with_the_mend(self):
        file = self.folder / "page.json"
        file.write_text(json.dumps({"nodes": [], "links": [], "version": 0.4}))
        code, _, err = command(self.folder, "run", file)
        self.assertEqual(code, 2)
        self.assertIn("Export (API)", err)
        code, _, err = command(self.folder, "run", self.folder / "missing.json")
        self.assertEqual(code, 1)


class Extension(ProcessTest):
    def setUp(self):
        super().setUp()
        self.comfyui = self.folder / "ComfyUI"
        self.place = self.comfyui / "custom_nodes" / "comfytrace-telemetry"
        (self.comfyui / "custom_nodes").mkdir(parents=True)

    def extension(self, what, *options):
        code, out, err = command(self.folder, "extension", what, self.comfyui, "--json", *options)
        return code, json.loads(out) if out else err

    def test_it_installs_keeps_what_was_changed_and_leaves_again(self):
        code, done = self.extension("install", "--dry-run")
        self.assertEqual((code, done["action"], self.place.exists()), (0, "installed", False))
        code, done = self.extension("install")
        self.assertEqual((code, done["action"], done["previousVersion"]), (0, "installed", None))
        source = ROOT / "extension"
        for name in done["written"]:
            self.assertEqual((self.place / name).read_bytes(), (source / name).read_bytes(), name)
        self.assertLessEqual({path.name for path in source.glob("*.py")}, set(done["written"]))
        self.assertEqual(self.extension("install")[1]["action"], "none")

        (self.place / "routes.py").write_text("# mine")
        code, done = self.extension("install")
        self.assertEqual((code, done["kept"][0]["name"]), (3, "routes.py"))
        code, done = self.extension("install", "--force")
        self.assertEqual((code, done["backups"]), (0, ["routes.py.bak"]))
        self.assertEqual((self.place / "routes.py.bak").read_text(), "# mine")
        (self.place / "routes.py.bak").unlink()
        code, done = self.extension("uninstall")
        self.assertEqual((code, done["action"]), (0, "uninstalled"))
        self.assertEqual(list((self.comfyui / "custom_nodes").iterdir()), [])

    def test_a_folder_of_somebody_else_and_one_that_is_no_comfyui_are_refused(self):
        self.place.mkdir()
        (self.place / "__init__.py").write_text("# a clone")
        code, problem = self.extension("install", "--force")
        self.assertEqual(code, 1)
        self.assertIn("left alone", problem)
        self.assertEqual([path.name for path in self.place.iterdir()], ["__init__.py"])
        code, _, err = command(self.folder, "extension", "install", self.place)
        self.assertEqual(code, 2)
        self.assertIn("custom_nodes", err)

    def test_status_says_what_is_installed_and_whether_it_runs(self):
        stock = self.replay("0.3.64/a_simple_success")
        nobody = f"http://127.0.0.1:{free_port()}"
        asked = ("--comfyui", stock.url, "--comfyui", nobody)
        code, status = self.extension("status", *asked)
        self.assertEqual((code, status["installed"]["state"]), (1, "not_installed"))
        self.extension("install")
        code, status = self.extension("status", *asked)
        self.assertEqual((code, status["installed"]["state"]), (0, "current"))
        self.assertEqual([(one["answers"], one["runs"]) for one in status["running"]], [(True, False), (False, False)])
        self.assertIn("restart it", status["running"][0]["sentence"])

        hello = {"protocol": 1, "boot": "b", "extensionVersion": status["installed"]["carriedVersion"]}
        with answering("/telemetry", hello) as url:
            code, status = self.extension("status", "--comfyui", url)
        self.assertTrue(status["running"][0]["runs"])
        self.assertNotIn("restart", status["running"][0]["sentence"])


class CommandLine(ProcessTest):
    def test_wrong_usage_is_exit_code_2(self):
        for arguments in (
            ("serve", "--listen", "nonsense:port"),
            ("runs", "--status", "sucess"),
            ("runs", "--no-such-flag"),
            ("replay", "x.jsonl", "--fault", "explode:now"),
            (),
        ):
            code, _, err = command(self.folder, *arguments)
            self.assertIn(code, (1, 2), arguments)
            self.assertTrue(err, arguments)
        self.assertEqual(command(self.folder, "runs", "--status", "sucess", "--store", self.folder / "x.db")[0], 2)

    def test_every_command_has_help_and_version_has_json(self):
        for name in (
            "serve", "watch", "runs", "show", "run", "record", "replay", "demo", "doctor", "version", "token", "prune", "alerts",
        ):  # fmt: skip
            code, out, _ = command(self.folder, name, "--help")
            self.assertEqual(code, 0)
            self.assertIn("--json", out, name)
        for group, name in [("extension", name) for name in ("install", "uninstall", "status")] + [
            ("preset", name) for name in ("list", "show", "save", "delete")
        ]:
            code, out, _ = command(self.folder, group, name, "--help")
            self.assertEqual(code, 0)
            self.assertIn("--json", out, name)
        code, out, _ = command(self.folder, "version", "--json")
        self.assertEqual(code, 0)
        self.assertIn("version", json.loads(out))

    def test_a_recording_made_of_a_replay_replays_to_the_same_runs(self):
        comfyui = self.replay("0.3.64/a_simple_success", options=("--no-play", "--speed", "2"))
        made = self.folder / "made.jsonl"
        recorder = subprocess.Popen(
            [BINARY, "record", str(made), "--comfyui", comfyui.url],
            env=self.folder.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(recorder.stderr.close)
        self.addCleanup(recorder.kill)
        wait_for("the recording to begin", lambda: made.exists() and made.stat().st_size > 200)
        prompt_id = comfyui.submit(recorded_graph("0.3.64/a_simple_success"))
        wait_for("its end", lambda: prompt_id in get_json(comfyui.url + "/history"))
        time.sleep(0.5)
        recorder.send_signal(signal.SIGTERM)
        self.assertEqual(recorder.wait(10), 0)
        shutil.copy(made, self.folder / "copy.jsonl")
        again = Replay(self.folder, options=("--speed", "0"), log="again.log")
        again.arguments.insert(2, str(self.folder / "copy.jsonl"))
        self.started(again).ready()
        serve = self.serve(again.url).connected()
        runs = wait_for("the run", lambda: serve.runs("&status=success"))
        self.assertEqual([run["runId"] for run in runs], [prompt_id])

    def test_demo_shows_runs_and_leaves_nothing_behind(self):
        port = free_port()
        demo = subprocess.Popen(
            [BINARY, "demo", "--speed", "10", "--listen", f"127.0.0.1:{port}"],
            env={**self.folder.environment(), "TMPDIR": str(self.folder.path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(demo.kill)
        url = f"http://127.0.0.1:{port}"
        wait_for(
            "runs of both outcomes",
            lambda: {"success", "failed"} <= {run["status"] for run in get_json(url + "/api/v1/runs")["runs"]},
            patience_s=40,
        )
        status, body, headers = request(url + "/")
        self.assertEqual(status, 200)
        self.assertIn(b"<html", body)
        self.assertIn("script-src 'self'", headers["Content-Security-Policy"])
        demo.send_signal(signal.SIGTERM)
        self.assertEqual(demo.wait(10), 0)
        self.assertEqual(list(self.folder.path.glob("comfytrace-demo-*")), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
