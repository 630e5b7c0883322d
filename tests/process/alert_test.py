#!/usr/bin/env python3
"""Alerts of a real `comfytrace serve`: raised, told outside, cleared, and kept over a restart."""

import http.server
import json
import os
import socket
import stat
import threading
import unittest

from harness import Folder, Replay, Serve, command, free_port, get_json, request, wait_for

SECRET = "a-secret-of-the-webhook"


class WebhookStandIn:
    """What a chat service is to comfytrace: takes posts, answers with a status of the test's choice."""

    def __init__(self):
        self.posts = []
        self.status = 204
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                stand_in.posts.append((self.path, json.loads(body)))
                self.send_response(stand_in.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/{SECRET}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def events(self):
        return [(body["event"], body["alerts"][0]["rule"]) for _, body in list(self.posts)]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class AlertTest(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        self.processes = []
        self.addCleanup(lambda: [process.kill() for process in self.processes])
        self.hook = WebhookStandIn()
        self.addCleanup(self.hook.stop)
        self.port = free_port()

    def settings(self, more=""):
        config = self.folder / ".config" / "comfytrace"
        config.mkdir(parents=True, exist_ok=True)
        (config / "config.toml").write_text(
            f"""
[alerts.rules.workerDown]
after_s = 1
clear_after_s = 1
[[alerts.sinks]]
type = "webhook"
name = "chat"
url = "{self.hook.url}"
headers = {{Authorization = "Bearer {SECRET}"}}
{more}"""
        )

    def replay(self):
        comfyui = Replay(self.folder, "0.3.64/a_simple_success", port=self.port, options=("--no-play",))
        self.processes.append(comfyui)
        return comfyui.start().ready()

    def serve(self, port=None):
        serve = Serve(self.folder, f"http://127.0.0.1:{self.port}", port=port)
        self.processes.append(serve)
        return serve.start().ready()

    def alerts(self, serve, query=""):
        return get_json(f"{serve.url}/api/v1/alerts{query}")["alerts"]

    def test_a_worker_that_dies_is_told_and_so_is_its_return(self):
        self.settings()
        comfyui = self.replay()
        serve = self.serve().connected()
        self.assertEqual(self.alerts(serve), [])

        comfyui.kill()
        wait_for("the webhook to be told", lambda: self.hook.events() == [("raised", "workerDown")])
        path, body = self.hook.posts[0]
        self.assertEqual(path, f"/hooks/{SECRET}")
        self.assertEqual(body["severity"], "critical")
        raised = body["alerts"][0]
        self.assertGreaterEqual(raised["evidence"]["disconnectedMs"], 1000)
        (opened,) = self.alerts(serve, "?state=open")
        self.assertEqual(opened["id"], raised["id"])
        self.assertIsNone(opened["clearedAtMs"])
        status, _, _ = request(f"{serve.url}/api/v1/alerts/{raised['id']}:acknowledge", method="POST")
        self.assertEqual(status, 200)

        # A restart neither raises it again nor forgets it.
        self.assertEqual(serve.stop(), 0)
        serve = self.serve(port=serve.port)
        (opened,) = self.alerts(serve, "?state=open")
        self.assertEqual(opened["id"], raised["id"])
        self.assertIsNotNone(opened["acknowledgedAtMs"])

        self.replay()
        request(f"{serve.url}/api/v1/workers/{raised['workerId']}:connect", method="POST")
        wait_for(
            "the webhook to be told of the return",
            lambda: self.hook.events() == [("raised", "workerDown"), ("cleared", "workerDown")],
        )
        self.assertEqual(self.alerts(serve, "?state=open"), [])
        self.assertEqual(serve.stop(), 0)
        code, out, _ = command(self.folder, "alerts", "--all", "--json", "--store", serve.store)
        self.assertEqual(code, 0)
        (kept,) = json.loads(out)["alerts"]
        self.assertEqual(kept["id"], raised["id"])
        self.assertIsNotNone(kept["clearedAtMs"])
        code, out, _ = command(self.folder, "alerts", "--store", serve.store)
        self.assertEqual((code, out.split(".")[0]), (0, "Nothing is wrong"))

    def test_sinks_are_tested_and_their_failures_told_without_their_secrets(self):
        script = self.folder / "told.sh"
        script.write_text(f'#!/bin/sh\ncat > "{self.folder.path}/told.json"\n')
        os.chmod(script, os.stat(script).st_mode | stat.S_IXUSR)
        self.settings(f'[[alerts.sinks]]\ntype = "command"\nargv = ["{script}"]\n')
        self.replay()
        serve = self.serve().connected()
        where = ("--listen", f"127.0.0.1:{serve.port}")
        code, out, err = command(self.folder, "alerts", "test", *where)
        self.assertEqual(code, 0, out + err)
        self.assertEqual(self.hook.events(), [("test", "test")])
        self.assertEqual(json.loads((self.folder / "told.json").read_text())["event"], "test")

        self.hook.status = 404
        code, out, _ = command(self.folder, "alerts", "test", "--json", *where)
        self.assertEqual(code, 3, out)
        chat, told = json.loads(out)["sinks"]
        self.assertEqual((chat["delivered"], told["delivered"]), (False, True))
        self.assertIn("answered 404", chat["error"])
        code, out, _ = command(self.folder, "doctor", *where, "--store", serve.store)
        self.assertEqual(code, 3)
        self.assertIn("alert sink chat", out)
        self.assertIn("answered 404", out)

        everything = out + serve.output()
        for path in ("health", "alerts", "alert-rules", "metrics"):
            everything += request(f"{serve.url}/api/v1/{path}")[1].decode()
        self.assertEqual(serve.stop(), 0)
        everything += serve.output() + serve.store.read_bytes().decode(errors="replace")
        self.assertNotIn(SECRET, everything)

    def test_a_hook_that_hangs_holds_up_neither_the_recorder_nor_the_end(self):
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            self.hook.url = f"http://127.0.0.1:{deaf.getsockname()[1]}/{SECRET}"
            self.settings()
            comfyui = self.replay()
            serve = self.serve().connected()
            comfyui.kill()
            wait_for("the alert", lambda: self.alerts(serve, "?state=open"))
            self.assertEqual(get_json(serve.url + "/api/v1/health")["alerts"]["sinks"][0]["waiting"], 1)
            self.assertEqual(serve.stop(patience_s=10), 0)

    def test_wrong_settings_are_named_with_their_line(self):
        self.settings('[alerts.rules.workerUp]\nafter_s = 1\n')
        code, _, err = command(self.folder, "serve", "--listen", "127.0.0.1:0")
        self.assertEqual(code, 2)
        self.assertIn("config.toml line", err)
        self.assertIn('there is no rule "workerUp"', err)
        self.assertNotIn(SECRET, err)


if __name__ == "__main__":
    unittest.main()
