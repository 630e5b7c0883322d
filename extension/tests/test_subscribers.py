"""Subscribers that are slow, gone, back again, or not welcome."""

import asyncio
import json
import sys
import threading
import time
import types
import unittest

from stand_in import Comfy, node
from watcher import Watcher

SHORT = {"1": node("Source"), "2": node("Show")}


class WithComfy(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.comfy = await Comfy().start()
        self.stream = self.comfy.telemetry.stream

    async def asyncTearDown(self):
        await self.comfy.stop()

    def say(self, count, size=0):
        for n in range(count):
            self.stream.emit("send", "filler", {"n": n, "text": "x" * size})


class Resuming(WithComfy):
    async def test_one_that_comes_back_has_every_frame_once(self):
        async with Watcher(self.comfy) as first:
            await self.comfy.submit(SHORT)
            await first.until("started")
        seen = first.numbers()
        await self.comfy.submit({"3": node("Sampler", steps=30), "4": node("Show")})
        long = {"5": node("Sampler", steps=300, pause_s=0.001), "6": node("Show")}
        running = asyncio.create_task(self.comfy.submit(long))
        async with Watcher(self.comfy, f"?since={seen[-1]}&boot={first.hello['boot']}") as second:
            self.assertEqual({"since": seen[-1], "from": seen[-1]}, second.hello["data"]["resume"])
            last = (await running)[1]["prompt_id"]
            await second.until("finished", promptId=last)
        numbers = seen + second.numbers()
        self.assertEqual(list(range(1, len(numbers) + 1)), numbers)
        self.assertEqual([], second.of("dropped"))

    async def test_coming_and_going_while_threads_emit_loses_nothing(self):
        def emit():
            for n in range(1500):
                self.stream.emit("send", "filler", {"n": n})
                if n % 10 == 0:
                    time.sleep(0.001)

        threads = [threading.Thread(target=emit) for _ in range(2)]
        for thread in threads:
            thread.start()
        numbers = []
        while len(numbers) < 3000:
            async with Watcher(self.comfy, f"?since={len(numbers)}") as watcher:
                while len(watcher.numbers()) < min(250, 3000 - len(numbers)):
                    await watcher.next()
            numbers += watcher.numbers()
        for thread in threads:
            thread.join()
        self.assertEqual(list(range(1, 3001)), numbers)

    async def test_numbers_of_another_life_replay_all_of_this_one(self):
        self.say(5)
        for query in ("?since=3&boot=another", "?since=4000"):
            async with Watcher(self.comfy, query) as watcher:
                await watcher.until("filler", n=4)
            self.assertEqual([1, 2, 3, 4, 5], watcher.numbers())

    async def test_without_since_only_what_is_new_is_sent(self):
        self.say(5)
        async with Watcher(self.comfy) as watcher:
            self.say(1)
            self.assertEqual(6, (await watcher.next())["seq"])

    async def test_what_the_ring_no_longer_has_is_told_as_dropped(self):
        size = len(self.stream._slots)
        self.say(size + 10)
        async with Watcher(self.comfy, "?since=4") as watcher:
            dropped = await watcher.next()
            self.assertEqual(("dropped", {"count": 6, "fromSeq": 5, "toSeq": 10}), (dropped["event"], dropped["data"]))
            self.assertEqual(10, dropped["seq"])
            await watcher.until("filler", n=size + 9)
        self.assertEqual(list(range(11, size + 11)), watcher.numbers())

    async def test_the_ring_holds_no_more_bytes_than_it_may(self):
        self.say(20, size=3 << 20)
        report = self.stream.report()
        self.assertLessEqual(report["ringBytes"], 32 << 20)
        self.assertEqual((20 - report["ringFrames"] + 1, 20), (report["oldestSeq"], self.stream.seq))

    async def test_events_are_there_without_websocket(self):
        self.say(7)
        _, first = await self.comfy.get("/telemetry/events?since=2&limit=3")
        self.assertEqual([3, 4, 5], [frame["seq"] for frame in first["events"]])
        self.assertEqual((5, 7, 0, 1), (first["next"], first["seq"], first["dropped"], first["protocol"]))
        _, rest = await self.comfy.get(f"/telemetry/events?since={first['next']}&boot={first['boot']}")
        self.assertEqual([6, 7], [frame["seq"] for frame in rest["events"]])
        _, none = await self.comfy.get("/telemetry/events?since=7")
        self.assertEqual(([], 7), (none["events"], none["next"]))

    async def test_nonsense_in_the_query_is_refused(self):
        for query in ("since=x", "since=-1", "since=1e3", "limit=no", "since=" + "9" * 40):
            self.assertEqual(400, (await self.comfy.get("/telemetry/events?" + query))[0])


class Slow(WithComfy):
    async def test_one_that_never_reads_holds_up_nobody(self):
        host, port = self.comfy.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
        writer.write(
            b"GET /telemetry HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        reader._transport.pause_reading()
        async with Watcher(self.comfy) as watcher:
            self.assertEqual(2, watcher.hello["data"]["subscribers"])
            owner = await self.comfy.http.ws_connect(self.comfy.url + "/ws?clientId=A")
            for _ in range(40):  # some 40 MB in all: more than sockets hold
                self.say(4, size=1 << 18)
                await watcher.until("filler", n=3)
            await self.comfy.submit(SHORT, client_id="A")
            await watcher.until("executing", node=None)
            while json.loads((await owner.receive_str()))["type"] != "execution_success":
                pass
            await owner.close()
        self.assertEqual([], watcher.of("dropped"))
        # It reads again, from where it stopped, and is told what it missed.
        reader._transport.resume_reading()
        text = b""
        while b'"event":"dropped"' not in text:
            text = text[-64:] + await asyncio.wait_for(reader.read(1 << 20), 30)
        self.assertGreater(self.stream.counters["dropped"], 0)
        writer.close()

    async def test_gone_ones_leave_nothing_behind(self):
        for _ in range(3):
            async with Watcher(self.comfy, "?previews=1"):
                pass
        while self.comfy.telemetry.door.report()["subscribers"]:
            await asyncio.sleep(0.01)
        self.assertEqual({"subscribers": 0, "previewSubscribers": 0}, self.comfy.telemetry.door.report())
        self.say(3)
        self.assertEqual(3, self.stream.seq)

    async def test_too_many_are_turned_away(self):
        from contextlib import AsyncExitStack

        async with AsyncExitStack() as stack:
            for _ in range(32):
                await stack.enter_async_context(Watcher(self.comfy))
            with self.assertRaisesRegex(Exception, "503"):
                await self.comfy.http.ws_connect(self.comfy.url + "/telemetry")

    async def test_what_they_send_does_no_harm(self):
        async with Watcher(self.comfy) as watcher:
            for text in ("", "[]", "nonsense", '{"type":"subscribe","previews":"yes"}', "7"):
                await watcher.ws.send_str(text)
            await watcher.ws.send_bytes(b"\x00")
            await watcher.ws.send_str('{"type":"subscribe","previews":true}')
            while not self.comfy.telemetry.previews.wanted:
                await asyncio.sleep(0.01)
            self.say(1)
            self.assertEqual("filler", (await watcher.next())["event"])

    async def test_statistics_come_as_an_event(self):
        async with Watcher(self.comfy) as watcher:
            self.comfy.telemetry.door._stats_at -= 31  # as if half a minute had passed
            stats = await watcher.until("stats")
        self.assertEqual(1, stats["data"]["subscribers"])
        self.assertLessEqual({"cost", "counters", "failures"}, stats["data"].keys())


class Origins(WithComfy):
    async def status(self, path, **headers):
        return (await self.comfy.get(path, **headers))[0]

    async def test_pages_of_another_origin_are_refused(self):
        # Without the server's own check, as behind --listen.
        self.comfy.server.app._middlewares_handlers = ()
        for path in ("/telemetry", "/telemetry/events", "/telemetry/ws"):
            for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "http://[", "file://"):
                self.assertEqual(403, await self.status(path, Origin=origin), (path, origin))
            self.assertEqual(403, await self.status(path, **{"Sec-Fetch-Site": "cross-site"}))
        with self.assertRaisesRegex(Exception, "403"):
            await self.comfy.http.ws_connect(self.comfy.url + "/telemetry", headers={"Origin": "http://evil.example"})

    async def test_its_own_pages_and_programs_are_served(self):
        self.assertEqual(200, await self.status("/telemetry"))
        self.assertEqual(200, await self.status("/telemetry", Origin=self.comfy.url))
        socket = await self.comfy.http.ws_connect(self.comfy.url + "/telemetry", headers={"Origin": self.comfy.url})
        await socket.close()

    async def test_an_origin_that_the_user_allowed_is_served(self):
        self.comfy.server.app._middlewares_handlers = ()
        module = types.ModuleType("comfy.cli_args")
        module.args = types.SimpleNamespace(enable_cors_header="http://good.example")
        sys.modules["comfy.cli_args"] = module
        try:
            self.assertEqual(200, await self.status("/telemetry", Origin="http://good.example"))
            self.assertEqual(403, await self.status("/telemetry", Origin="http://evil.example"))
            module.args.enable_cors_header = "*"
            self.assertEqual(200, await self.status("/telemetry", Origin="http://evil.example"))
        finally:
            del sys.modules["comfy.cli_args"]


if __name__ == "__main__":
    unittest.main()
