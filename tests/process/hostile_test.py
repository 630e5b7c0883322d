#!/usr/bin/env python3
"""`comfytrace serve` beside a server that lies, floods and never ends: counted, explained, bounded, never a crash."""

import base64
import hashlib
import json
import os
import socket
import socketserver
import struct
import threading
import time
import unittest

from harness import Folder, Serve, command, get_json, wait_for

STATS = {
    "system": {"os": "posix", "ram_total": 1, "ram_free": 1, "comfyui_version": "0.3.64", "python_version": "3", "argv": []},
    "devices": [{"name": "cpu", "type": "cpu", "index": None, "vram_total": 1, "vram_free": 1, "torch_vram_total": 1, "torch_vram_free": 1}],
}  # fmt: skip
PROMPT_ID = "256a7630-06e1-47ea-9039-22eb842f41a5"


def frame(payload, opcode=1, claimed=None):
    size = len(payload) if claimed is None else claimed
    head = bytes([0x80 | opcode])
    if size < 126:
        head += bytes([size])
    elif size < 65536:
        head += bytes([126]) + struct.pack(">H", size)
    else:
        head += bytes([127]) + struct.pack(">Q", size)
    return head + payload


def text(kind, **data):
    return frame(json.dumps({"type": kind, "data": data}).encode())


class FakeServer:
    """Answers as a ComfyUI does, except where `bodies` and `hostility` say otherwise."""

    def __init__(self, hostility, bodies=None):
        self.hostility = hostility
        self.bodies = bodies or {}
        self.sockets = 0
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    outer.handle(self)
                except OSError:
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def handle(self, handler):
        while True:
            line = handler.rfile.readline(65536)
            if not line:
                return
            _, target, _ = line.decode("latin-1").split(" ", 2)
            headers = {}
            while (field := handler.rfile.readline(65536).strip()) != b"":
                name, _, value = field.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
            handler.rfile.read(int(headers.get("content-length", 0)))
            path = target.split("?")[0]
            if path == "/ws":
                return self.websocket(handler, headers)
            body = self.bodies.get(path)
            if callable(body):
                return body(handler)
            if body is None:
                body = {
                    "/system_stats": json.dumps(STATS).encode(),
                    "/queue": b'{"queue_running":[],"queue_pending":[]}',
                    "/prompt": b'{"exec_info":{"queue_remaining":0}}',
                }.get(path, b"{}")
            handler.wfile.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )

    def websocket(self, handler, headers):
        self.sockets += 1
        accept = hashlib.sha1((headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        handler.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            + base64.b64encode(accept)
            + b"\r\n\r\n"
        )
        handler.wfile.write(text("status", status={"exec_info": {"queue_remaining": 0}}, sid="x"))
        self.hostility(handler.connection)
        # Until the watcher leaves.
        while handler.connection.recv(65536):
            pass

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def resident_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


class HostileTest(unittest.TestCase):
    def watched(self, hostility, bodies=None):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        fake = FakeServer(hostility, bodies)
        self.addCleanup(fake.stop)
        serve = Serve(self.folder, fake.url)
        self.addCleanup(serve.kill)
        serve.start().ready()
        return fake, serve

    def counters(self, serve):
        return {c["name"]: c["value"] for c in get_json(serve.url + "/api/v1/health")["counters"]}

    def explained(self, serve, fake, word):
        _, out, _ = command(
            self.folder, "doctor", "--comfyui", fake.url, "--listen", f"127.0.0.1:{serve.port}", "--store", serve.store
        )
        self.assertIn(word, out)

    def test_malformed_frames(self):
        nested = b"[" * 100_000
        bad = [
            frame(b"\xff\xfe not utf-8"),
            frame(b"{"),
            frame(b"[]"),
            frame(b'{"type":7}'),
            frame(nested),
            text("execution_start"),
            text("execution_start", prompt_id=["x"], timestamp="soon"),
            text("progress_state", prompt_id=PROMPT_ID, nodes="none"),
            text("progress", value="a", max={}, prompt_id=PROMPT_ID, node=3),
            text("executed", prompt_id=PROMPT_ID, node="1", output=[[[]]]),
            text("execution_error", prompt_id=PROMPT_ID, traceback={"a": 1}, executed=5),
            frame(b"", 2),
            frame(b"\0\0\0\1", 2),
            frame(b"\0\0\0\4\xff\xff\xff\xffxx", 2),
            frame(b"\0\0\0\3\0\0\0\xffabc", 2),
        ]

        def send(peer):
            for each in bad:
                peer.sendall(each)
            peer.sendall(text("status", status={"exec_info": {"queue_remaining": 0}}))

        fake, serve = self.watched(send)
        wait_for("the frames to be counted", lambda: self.counters(serve)["frames_malformed"] >= 6)
        self.assertTrue(serve.running())
        self.explained(serve, fake, "frames_malformed")
        for run in serve.runs():
            self.assertEqual(run["runId"], PROMPT_ID)

    def test_a_frame_of_ten_mebibytes_and_one_that_never_ends(self):
        def send(peer):
            note = json.dumps({"type": "custom", "data": "x" * (10 << 20)}).encode()
            peer.sendall(frame(note))
            peer.sendall(frame(b"", claimed=1 << 40))
            for _ in range(4096):
                peer.sendall(b"x" * (1 << 20))

        fake, serve = self.watched(send)
        before = resident_bytes(serve.child.pid)
        wait_for("the endless frame to be refused", lambda: self.counters(serve)["frames_oversized"] >= 1)
        wait_for("it to connect again", lambda: fake.sockets >= 2)
        self.assertLess(resident_bytes(serve.child.pid) - before, 200 << 20)
        self.explained(serve, fake, "frames_oversized")

    def test_a_flood_of_frames_is_read_and_bounded(self):
        node = {"value": 1, "max": 9, "state": "running", "node_id": "1", "prompt_id": PROMPT_ID, "display_node_id": "1"}

        def send(peer):
            for number in range(20_000):
                node["value"] = number
                peer.sendall(text("progress_state", prompt_id=PROMPT_ID, nodes={str(number % 50): node}))
                peer.sendall(text(f"custom_{number}", anything=[number]))

        _, serve = self.watched(send)
        wait_for("the flood to be read", lambda: self.counters(serve)["frames_received"] > 40_000, patience_s=60)
        self.assertTrue(serve.running())
        self.assertLess(resident_bytes(serve.child.pid), 300 << 20)

    def test_bodies_that_are_not_what_they_should_be(self):
        def endless(handler):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(2000):
                handler.wfile.write(b"100000\r\n" + b"[" * (1 << 20) + b"\r\n")

        def never(handler):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            time.sleep(600)

        for path, body in (
            ("/history", b'{"x":{"prompt":[1],"status":5},"y":7,"z":{"prompt":"no"}}'),
            ("/history", endless),
            ("/queue", b'{"queue_running":{},"queue_pending":[[1,2,3],5]}'),
            ("/queue", b"<html>busy</html>"),
            ("/queue", never),
            ("/system_stats", b'{"system":[],"devices":{"0":1}}'),
            ("/system_stats", os.urandom(3000)),
        ):
            with self.subTest(path=path, body=str(body)[:30]):
                _, serve = self.watched(lambda peer: None, {path: body})
                wait_for(
                    "the answer to be counted",
                    lambda: (lambda c: c["bodies_malformed"] + c["worker_requests_failed"])(self.counters(serve)) > 0
                    or get_json(serve.url + "/api/v1/workers")["workers"][0]["connection"]["lastError"],
                    patience_s=40,
                )
                self.assertTrue(serve.running())
                self.assertLess(resident_bytes(serve.child.pid), 700 << 20)
                self.assertEqual(serve.stop(patience_s=10), 0)

    def test_a_port_that_accepts_and_says_nothing(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        serve = Serve(self.folder, f"http://127.0.0.1:{silent.getsockname()[1]}")
        self.addCleanup(serve.kill)
        serve.start().ready()
        wait_for(
            "it to be said",
            lambda: get_json(serve.url + "/api/v1/workers")["workers"][0]["connection"]["lastError"],
            patience_s=40,
        )


if __name__ == "__main__":
    unittest.main(verbosity=2)
