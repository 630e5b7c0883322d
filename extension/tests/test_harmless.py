"""Whatever goes wrong in the telemetry, ComfyUI does what it did without it."""

import asyncio
import json
import logging
import unittest

from stand_in import V0_3_64, V0_8_0, Comfy, Variant, load_package, node
from watcher import Watcher

GRAPH = {"1": node("Sampler", steps=3), "2": node("Show")}
NEVER_NS = 1 << 62
ALL_NAMES = {
    "send_sync", "progress_registry", "add_on_prompt_handler", "validate_prompt", "wipe_queue", "delete_queue_item",
}  # fmt: skip


def setUpModule():
    logging.getLogger("comfytrace").setLevel(logging.CRITICAL)


class Harmless(unittest.IsolatedAsyncioTestCase):
    async def start(self, variant=V0_8_0, **options):
        comfy = Comfy(variant)
        self.addAsyncCleanup(comfy.stop)
        return await comfy.start(**options)

    async def run_one(self, comfy, graph=GRAPH, **more):
        """Submits and waits for the history of ComfyUI itself."""
        status, answer = await comfy.submit(graph, **more)
        self.assertEqual(200, status)
        while answer["prompt_id"] not in comfy.server.prompt_queue.history:
            await asyncio.sleep(0.01)
        return comfy.server.prompt_queue.history[answer["prompt_id"]]

    async def test_a_tap_that_raises_breaks_no_prompt(self):
        comfy = await self.start()
        stream = comfy.telemetry.stream

        def broken(*_, **__):
            raise ValueError("broken on purpose")

        stream.emit = broken
        done = await self.run_one(comfy, client_id="A")
        self.assertEqual("success", done["status"].status_str)
        await comfy.submit({"1": node("NoSuchNode")})
        await comfy.post("/queue", {"clear": True})
        broken_taps = {"send_sync", "on_prompt", "validate_prompt", "queue.put", "queue.get", "queue.task_done"}
        broken_taps |= {"queue.wipe_queue", "start_progress", "update_progress", "finish_progress"}
        self.assertEqual(broken_taps, set(stream.failures))

    async def test_the_same_calls_happen_with_and_without_it(self):
        orders = []
        for load in (False, True):
            for variant in (V0_3_64, V0_8_0):
                comfy = Comfy(variant)
                await comfy.start(load=load)
                try:
                    for more in ({"client_id": "A", "extra_data": {"run_id": "r"}}, {}):
                        await self.run_one(comfy, **more)
                    await comfy.submit({"1": node("NoSuchNode")})
                finally:
                    await comfy.stop()
                orders.append((comfy.order, comfy.bodies))
        self.assertEqual(orders[:2], orders[2:])

    async def test_exceptions_of_comfyui_pass_unchanged(self):
        comfy = await self.start()
        queue = comfy.server.prompt_queue
        with self.assertRaisesRegex(KeyError, "12345"):
            queue.task_done(12345, {"outputs": {}}, None)
        with self.assertRaises(TypeError):
            queue.put()
        with self.assertRaises(TypeError):
            comfy.server.send_sync()
        self.assertFalse(queue.delete_queue_item(lambda item: True))
        self.assertIsNone(queue.get(timeout=0.01))

    async def test_names_that_are_missing_are_skipped_and_reported(self):
        for missing in sorted(ALL_NAMES - {"send_sync"}):
            with self.subTest(missing=missing):
                comfy = Comfy(Variant("9.9.9", True, without={missing}))
                await comfy.start()
                try:
                    async with Watcher(comfy) as watcher:
                        await self.run_one(comfy)
                        await watcher.until("finished")
                    name = {"add_on_prompt_handler": "on_prompt"}.get(missing, missing)
                    name = f"queue.{name}" if name in ("wipe_queue", "delete_queue_item") else name
                    skipped = {tap["name"]: tap["reason"] for tap in watcher.hello["data"]["taps"]["skipped"]}
                    self.assertIn("does not exist", skipped[name])
                    self.assertNotIn(name, watcher.hello["data"]["taps"]["present"])
                finally:
                    await comfy.stop()

    async def test_a_comfyui_with_nothing_we_know_still_starts(self):
        comfy = await self.start(Variant("9.9.9", True, without=ALL_NAMES - {"send_sync"}))
        self.assertEqual("success", (await self.run_one(comfy))["status"].status_str)

    async def test_a_server_it_cannot_attach_to_is_left_alone(self):
        def load_without_routes(stand_in):
            routes, stand_in.server.routes = stand_in.server.routes, None
            try:
                stand_in.package = load_package()
            finally:
                stand_in.server.routes = routes

        comfy = await self.start(load=False, prepare=load_without_routes)
        self.assertEqual({}, comfy.package.NODE_CLASS_MAPPINGS)
        self.assertIsNone(comfy.package.telemetry)
        self.assertEqual("success", (await self.run_one(comfy))["status"].status_str)

    async def test_a_second_copy_stays_idle(self):
        comfy = await self.start(prepare=lambda c: setattr(c, "first", load_package()))
        self.assertIsNone(comfy.telemetry)
        async with Watcher(comfy) as watcher:
            await self.run_one(comfy)
            await watcher.until("finished")
        self.assertEqual(1, len(watcher.of("queued")))

    async def test_what_is_not_fit_for_json_is_told_as_far_as_it_is(self):
        comfy = await self.start()
        async with Watcher(comfy) as watcher:
            await comfy.submit({"1": node("ShowBad")}, client_id="A")
            output = (await watcher.until("executed"))["data"]["output"]
            await watcher.until("finished")
            circle = {"name": "circle"}
            circle["self"] = circle
            comfy.server.send_sync("circle", circle)
            await watcher.until("circle")
            comfy.server.send_sync("huge", {"prompt_id": "p", "text": "x" * (5 << 20)})
            huge = await watcher.until("huge")
        self.assertEqual(["<builtins.object>"], output["images"])
        self.assertIsNone(output["score"])
        self.assertEqual([1, 2], sorted(output["<tuple>"]))
        self.assertEqual("p", huge["data"]["promptId"])
        self.assertGreater(huge["data"]["tooLarge"], 5 << 20)
        self.assertEqual({}, dict(comfy.telemetry.stream.failures))

    async def test_a_custom_node_that_floods_is_not_followed(self):
        comfy = await self.start()
        async with Watcher(comfy) as watcher:
            for n in range(200):
                comfy.server.send_sync("their.video", {"n": n, "frame": "x" * (1 << 20)})
            await comfy.submit(GRAPH, client_id="A")
            await watcher.until("finished")
        skipped = comfy.telemetry.stream.counters["foreignSkipped"]
        self.assertGreater(skipped, 0)
        self.assertEqual(200, skipped + len(watcher.of("their.video")))
        self.assertEqual(1, len(watcher.of("execution_success")))

    async def test_nothing_is_printed_to_learn_what_it_is(self):
        class Tensor:
            def __repr__(self):
                raise AssertionError("printing a tensor waits for the GPU")

            __str__ = __repr__

        comfy = await self.start()
        async with Watcher(comfy) as watcher:
            comfy.server.send_sync("tensor", {"t": Tensor()})
            self.assertRegex((await watcher.until("tensor"))["data"]["t"], "Tensor>$")

    async def test_ten_thousand_updates_become_a_few_frames_that_add_up(self):
        comfy = await self.start()
        async with Watcher(comfy) as watcher:
            done = await self.run_one(comfy, {"1": node("Sampler", steps=10_000), "2": node("Show")}, client_id="A")
            finished = await watcher.until("node_finished", nodeId="1")
        self.assertEqual("success", done["status"].status_str)
        progress = watcher.of("node_progress")
        self.assertEqual((1, 10_000), (progress[0]["data"]["value"], progress[-1]["data"]["value"]))
        self.assertEqual(10_000, sum(1 + f["data"]["skipped"] for f in progress))
        self.assertEqual(10_000, finished["data"]["updates"])
        # First, last, and at most one each tenth of a second between; the sender flushes what waited.
        self.assertLessEqual(len(progress), 3 + finished["data"]["durationMs"] / 100)
        self.assertEqual(sorted(f["monoNs"] for f in progress), [f["monoNs"] for f in progress])

    async def test_an_update_that_waits_is_sent_though_no_other_follows(self):
        comfy = await self.start()
        registry = comfy.registry_class("p", type("G", (), {})())
        registry._send = lambda: None
        async with Watcher(comfy) as watcher:
            registry.start_progress("1")
            comfy.package.progress.INTERVAL_NS = NEVER_NS
            for value in (1, 2, 3):
                registry.update_progress("1", value, 100)
            comfy.package.progress.INTERVAL_NS = 0
            await watcher.until("node_progress", value=3)
        self.assertEqual([1, 3], [f["data"]["value"] for f in watcher.of("node_progress")])
        self.assertEqual(1, watcher.of("node_progress")[1]["data"]["skipped"])


    async def test_an_update_that_is_overtaken_is_not_told_later(self):
        comfy = await self.start()
        registry = comfy.registry_class("p", type("G", (), {})())
        registry._send = lambda: None
        registry.start_progress("1")
        for value, interval_ns in ((1, NEVER_NS), (2, NEVER_NS), (3, 0)):
            comfy.package.progress.INTERVAL_NS = interval_ns
            registry.update_progress("1", value, 100)
        registry.finish_progress("1")
        _, answer = await comfy.get("/telemetry/events")
        progress = [f["data"] for f in answer["events"] if f["event"] == "node_progress"]
        self.assertEqual([(1, 0), (3, 1)], [(data["value"], data["skipped"]) for data in progress])

    async def test_progress_is_told_where_there_is_no_progress_state(self):
        comfy = await self.start(Variant("0.3.40", False, without={"progress_registry"}))
        async with Watcher(comfy) as watcher:
            comfy.server.send_sync("progress", {"value": 1, "max": 2, "prompt_id": "p", "node": "3"}, "A")
            told = (await watcher.until("node_progress"))["data"]
        self.assertEqual(("p", "3", 1, 2), (told["promptId"], told["nodeId"], told["value"], told["max"]))


class Credentials(unittest.IsolatedAsyncioTestCase):
    async def test_they_are_in_no_frame(self):
        for variant in (V0_3_64, V0_8_0):
            with self.subTest(comfyui=variant.version):
                comfy = await Comfy(variant).start()
                try:
                    async with Watcher(comfy) as watcher:
                        extra = {"api_key_comfy_org": "SECRET-\u00e9-ONE", "auth_token_comfy_org": "SECRET-TWO"}
                        extra["run_id"] = "r"
                        extra["extra_pnginfo"] = {"workflow": {"nodes": [{"widgets_values": ["SECRET-THREE"]}]}}
                        failing = {"1": node("Raise", api_key="SECRET-THREE", echo="SECRET-TWO", note="plain")}
                        failing["2"] = node("Show")
                        await comfy.submit(failing, client_id="A", extra_data=extra)
                        await watcher.until("execution_error")
                        await watcher.until("finished")
                        refused = {"1": node("Sampler", steps=999_999, password="SECRET-FOUR"), "2": node("Show")}
                        await comfy.submit(refused, extra_data=extra)
                        rejected = await watcher.until("rejected")
                        for path in ("/telemetry/events", "/telemetry"):
                            watcher.texts.append(json.dumps((await comfy.get(path))[1], ensure_ascii=False))
                        counted = (await comfy.get("/telemetry"))[1]["counters"]["secretsRemoved"]
                    self.assertNotIn("SECRET-", "".join(watcher.texts))
                    self.assertEqual("r", rejected["data"]["extraData"]["run_id"])
                    inputs = watcher.of("queued")[0]["data"]["prompt"]["1"]["inputs"]
                    self.assertEqual({"api_key": "[removed]", "echo": "[removed]", "note": "plain"}, inputs)
                    self.assertIn("current_inputs", watcher.of("execution_error")[0]["data"])
                    self.assertGreater(counted, 0)
                    # The prompt itself kept them: the node must be able to use them.
                    item = next(iter(comfy.server.prompt_queue.history.values()))["prompt"]
                    self.assertEqual("SECRET-THREE", item[2]["1"]["inputs"]["api_key"])
                finally:
                    await comfy.stop()


if __name__ == "__main__":
    unittest.main()
