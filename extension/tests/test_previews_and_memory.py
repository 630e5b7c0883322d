"""Pictures on request, and torch's memory from a torch that counts what is asked of it."""

import asyncio
import base64
import io
import os
import sys
import types
import unittest

from PIL import Image

from stand_in import Comfy, FakeCuda, node
from watcher import Watcher

GIB = 1 << 30


class Previews(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.picture = Image.effect_noise((1600, 900), 90).convert("RGBA")
        self.comfy = await Comfy(picture=self.picture).start()

    async def asyncTearDown(self):
        await self.comfy.stop()

    async def test_come_only_to_those_who_asked(self):
        graph = {"7": node("Sampler", steps=3, previews=True, pause_s=0.01), "8": node("Show")}
        async with Watcher(self.comfy) as silent, Watcher(self.comfy, "?previews=1") as curious:
            _, answer = await self.comfy.submit(graph, client_id="A")
            preview = await curious.until("preview")
            await silent.until("executing", node=None)
        data = preview["data"]
        self.assertEqual((answer["prompt_id"], "7", "image/jpeg"), (data["promptId"], data["nodeId"], data["mimeType"]))
        image = Image.open(io.BytesIO(base64.b64decode(data["base64"])))
        self.assertEqual(("JPEG", (512, 288)), (image.format, image.size))
        self.assertEqual((data["width"], data["height"]), image.size)
        self.assertEqual(((1600, 900), "RGBA"), (self.picture.size, self.picture.mode))
        self.assertEqual([], silent.of("preview"))

    async def test_are_not_made_when_nobody_asked(self):
        async with Watcher(self.comfy) as watcher:
            await self.comfy.submit({"7": node("Sampler", steps=3, previews=True), "8": node("Show")})
            await watcher.until("finished")
        self.assertIsNone(self.comfy.telemetry.previews._pool)

    async def test_are_at_most_two_a_second(self):
        async with Watcher(self.comfy) as watcher:
            await watcher.ws.send_str('{"type":"subscribe","previews":true}')
            while not self.comfy.telemetry.previews.wanted:
                await asyncio.sleep(0.01)
            await self.comfy.submit({"7": node("Sampler", steps=60, pause_s=0.02, previews=True), "8": node("Show")})
            finished = await watcher.until("node_finished", nodeId="7")
        taken = [frame["data"]["takenMonoNs"] for frame in watcher.of("preview")]
        self.assertTrue(all(b - a >= 500_000_000 for a, b in zip(taken, taken[1:])))
        skipped = self.comfy.telemetry.stream.counters["previewsSkipped"]
        self.assertGreater(skipped, 0)
        self.assertLessEqual(60 - skipped, 1 + finished["data"]["durationMs"] / 500)

    async def test_with_metadata_name_their_node(self):
        async with Watcher(self.comfy, "?previews=1") as watcher:
            about = {"node_id": "5.0.0.1", "prompt_id": "p"}
            self.comfy.server.send_sync(4, (("JPEG", self.picture, 512), about), "A")
            self.assertEqual("5.0.0.1", (await watcher.until("preview"))["data"]["nodeId"])

    async def test_that_cannot_be_made_are_counted(self):
        async with Watcher(self.comfy, "?previews=1") as watcher:
            self.comfy.server.send_sync(2, ("JPEG", object(), 512))
            while not self.comfy.telemetry.stream.failures["preview"]:
                await asyncio.sleep(0.01)
            self.comfy.server.send_sync("after", {})
            await watcher.until("after")
        self.assertEqual([], watcher.of("preview"))


class Memory(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.cuda = FakeCuda()
        self.before = sys.modules.get("torch")
        sys.modules["torch"] = types.SimpleNamespace(cuda=self.cuda, __version__="2.9.0+fake")
        self.comfy = await Comfy().start()
        self.registry = self.comfy.registry_class("p", None)
        self.registry._send = lambda: None

    async def asyncTearDown(self):
        await self.comfy.stop()
        del sys.modules["torch"]
        if self.before is not None:
            sys.modules["torch"] = self.before

    async def test_each_node_has_its_own_peak(self):
        async with Watcher(self.comfy) as watcher:
            for node_id, peak, left in (("1", 9 * GIB, 2 * GIB), ("2", 5 * GIB, GIB)):
                self.registry.start_progress(node_id)
                self.cuda.use(0, peak, left)
                self.registry.finish_progress(node_id)
            await watcher.until("node_finished", nodeId="2")
        self.assertIn("torch_memory", watcher.hello["data"]["taps"]["present"])
        self.assertEqual("2.9.0+fake", watcher.hello["data"]["torchVersion"])
        devices = [f["data"]["memory"][0] for f in watcher.of("node_finished")]
        self.assertEqual([9 * GIB, 5 * GIB], [d["nodePeakAllocatedBytes"] for d in devices])
        self.assertEqual([18 * GIB, 10 * GIB], [d["nodePeakReservedBytes"] for d in devices])
        self.assertEqual([2 * GIB, GIB], [d["allocatedBytes"] for d in devices])
        self.assertEqual([4 * GIB, 2 * GIB], [d["reservedBytes"] for d in devices])
        self.assertEqual("Fake GPU 0", devices[0]["name"])

    async def test_nodes_that_overlap_keep_their_peaks(self):
        async with Watcher(self.comfy) as watcher:
            self.registry.start_progress("a")
            self.cuda.use(0, 8 * GIB, GIB)
            self.registry.start_progress("b")  # sets torch's peak back
            self.cuda.use(0, 3 * GIB, GIB)
            self.registry.finish_progress("b")
            self.registry.finish_progress("a")
            await watcher.until("node_finished", nodeId="a")
        ends = [frame["data"] for frame in watcher.of("node_finished")]
        peaks = {end["nodeId"]: end["memory"][0]["nodePeakAllocatedBytes"] for end in ends}
        self.assertEqual({"a": 8 * GIB, "b": 3 * GIB}, peaks)

    async def test_progress_samples_it_at_most_four_times_a_second(self):
        async with Watcher(self.comfy) as watcher:
            self.registry.start_progress("1")
            for value in range(40):
                self.registry.update_progress("1", value, 40)
                await asyncio.sleep(0.02)
            self.registry.finish_progress("1")
            finished = await watcher.until("node_finished")
        samples = watcher.of("torch_memory")
        self.assertGreater(len(samples), 0)
        self.assertLessEqual(len(samples), finished["data"]["durationMs"] / 250)
        self.assertTrue(all(b["monoNs"] - a["monoNs"] >= 250_000_000 for a, b in zip(samples, samples[1:])))

    async def test_cuda_is_never_started_by_us(self):
        self.cuda.started = False
        async with Watcher(self.comfy) as watcher:
            self.registry.start_progress("1")
            self.registry.update_progress("1", 1, 2)
            self.registry.finish_progress("1")
            finished = await watcher.until("node_finished")
        self.assertIsNone(finished["data"]["memory"])
        self.assertEqual((0, 0), (self.cuda.reads, self.cuda.resets))

    async def test_a_torch_that_fails_is_left_alone(self):
        def broken(_):
            raise RuntimeError("CUDA error")

        self.cuda.memory_stats_as_nested_dict = broken
        for node_id in "12345":
            self.registry.start_progress(node_id)
            self.registry.finish_progress(node_id)
        _, hello = await self.comfy.get("/telemetry")
        self.assertEqual(3, hello["failures"]["torch_memory"])
        self.assertIn({"name": "torch_memory", "reason": "reading failed repeatedly"}, hello["taps"]["skipped"])
        self.assertEqual(10, self.comfy.telemetry.stream.seq)

    async def test_a_dear_reading_is_made_less_often(self):
        import time

        real = self.cuda.memory_stats_as_nested_dict

        def slow(device):
            time.sleep(0.01)
            return real(device)

        self.cuda.memory_stats_as_nested_dict = slow
        for node_id in range(20):
            self.registry.start_progress(str(node_id))
            self.registry.finish_progress(str(node_id))
        self.assertLess(self.cuda.reads, 20)


class MemoryWithoutPeaks(Memory):
    """Another part of ComfyUI measures peaks itself: ours can be told to leave them alone."""

    async def asyncSetUp(self):
        os.environ["COMFYTRACE_TORCH_PEAK"] = "0"
        try:
            await super().asyncSetUp()
        finally:
            del os.environ["COMFYTRACE_TORCH_PEAK"]

    async def test_each_node_has_its_own_peak(self):
        async with Watcher(self.comfy) as watcher:
            self.registry.start_progress("1")
            self.cuda.use(0, GIB, 0)
            self.registry.finish_progress("1")
            device = (await watcher.until("node_finished"))["data"]["memory"][0]
        self.assertEqual((GIB, None), (device["peakAllocatedBytes"], device["nodePeakAllocatedBytes"]))
        self.assertEqual(0, self.cuda.resets)

    async def test_nodes_that_overlap_keep_their_peaks(self):
        self.registry.start_progress("a")
        self.registry.start_progress("b")
        self.assertEqual(0, self.cuda.resets)


if __name__ == "__main__":
    unittest.main()
