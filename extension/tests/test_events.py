"""What a subscriber is told, in both call orders."""

import json
import pathlib
import unittest

from stand_in import V0_3_64, V0_8_0, Comfy, Variant, node
from watcher import Watcher

OWNER = "aaaaaaaa-0000-4000-8000-000000000001"
RECORDINGS = pathlib.Path(__file__).resolve().parents[2] / "tests" / "recordings"
TWO_NODES = {"10": node("Sampler", steps=4, pause_s=0.12, previews=True, text="t"), "11": node("Show")}


class Both(unittest.IsolatedAsyncioTestCase):
    """Each test runs once a version."""

    async def in_both(self, work, **options):
        for variant in (V0_3_64, V0_8_0):
            with self.subTest(comfyui=variant.version):
                comfy = await Comfy(variant, **options).start()
                try:
                    await work(comfy)
                    self.assertEqual({}, dict(comfy.telemetry.stream.failures))
                finally:
                    await comfy.stop()


class Mirror(Both):
    async def test_the_stand_in_calls_in_the_order_of_the_real_server(self):
        async def work(comfy):
            recorded = []
            for line in (RECORDINGS / comfy.variant.version / "u_proto_telemetry.jsonl").read_text().splitlines():
                frame = json.loads(line)
                if frame.get("client") == "T" and frame.get("dir") == "ws<" and "json" in frame:
                    recorded.append((frame["json"]["src"], frame["json"]["event"]))
            names = {"queued": "put", "started": "get", "finished": "task_done"}
            recorded = [(s, names.get(e, e)) for s, e in recorded if s in ("send", "queue")]
            end = [i for i, (_, e) in enumerate(recorded) if e == "executing"][2]
            async with Watcher(comfy) as watcher:
                await comfy.submit(TWO_NODES, client_id=OWNER)
                await watcher.until("executing", node=None)
            self.assertEqual(recorded[: end + 1], comfy.order)

        await self.in_both(work)

    async def test_an_owned_prompt_is_told_whole(self):
        async def work(comfy):
            async with Watcher(comfy) as watcher:
                _, answer = await comfy.submit(TWO_NODES, client_id=OWNER, extra_data={"run_id": "run-1"})
                await watcher.until("executing", node=None)
            expected = ["submitted", "queued", "status", "status", "started", "execution_start", "execution_cached"]
            expected += ["node_started", "executing"] + ["node_progress"] * 4 + ["progress_text", "node_finished"]
            expected += ["node_started", "executing", "executed", "node_finished"]
            expected += ["execution_success", "status", "finished", "executing"]
            self.assertEqual(["hello", *expected], watcher.events())
            prompt_id = answer["prompt_id"]
            queued = watcher.of("queued")[0]["data"]
            self.assertEqual((prompt_id, TWO_NODES, ["11"]), (queued["promptId"], queued["prompt"], queued["outputs"]))
            self.assertEqual("run-1", queued["extraData"]["run_id"])
            self.assertEqual(watcher.of("submitted")[0]["data"]["submissionId"], queued["submissionId"])
            self.assertEqual([1, 2, 3, 4], [f["data"]["value"] for f in watcher.of("node_progress")])
            self.assertEqual({"nodeId": "10", "text": "t"}, watcher.of("progress_text")[0]["data"])
            self.assertEqual({OWNER}, {f["sid"] for f in watcher.of("executing")})
            finished = watcher.of("finished")[0]["data"]
            self.assertEqual((prompt_id, "success"), (finished["promptId"], finished["status"]))
            self.assertIs(True, finished["completed"])
            self.assertEqual(["11"], list(finished["outputs"]))
            self.assertEqual(list(range(1, len(expected) + 1)), watcher.numbers())

        await self.in_both(work)

    async def test_a_prompt_of_nobody_is_told_as_well(self):
        async def work(comfy):
            async with Watcher(comfy) as watcher:
                await comfy.submit(TWO_NODES)
                await watcher.until("finished")
            self.assertEqual(["execution_start", "execution_cached", "execution_success"], watcher.events("executor"))
            self.assertIn("timestamp", watcher.of("execution_success")[0]["data"])
            self.assertEqual(2, len(watcher.of("node_started")))
            self.assertEqual(2, len(watcher.of("node_finished")))
            self.assertNotIn("executing", watcher.events())

        await self.in_both(work)

    async def test_node_times_come_from_the_thread_that_ran_the_node(self):
        async def work(comfy):
            async with Watcher(comfy) as watcher:
                await comfy.submit({"10": node("Sampler", steps=2, pause_s=0.03), "11": node("Show")}, client_id=OWNER)
                await watcher.until("finished")
            for started, finished in zip(watcher.of("node_started"), watcher.of("node_finished")):
                data = finished["data"]
                self.assertEqual(started["monoNs"], data["startedMonoNs"])
                self.assertAlmostEqual((finished["monoNs"] - started["monoNs"]) / 1e6, data["durationMs"], 3)
                self.assertFalse(data["cached"])
            self.assertGreaterEqual(watcher.of("node_finished")[0]["data"]["durationMs"], 60)
            self.assertEqual(2, watcher.of("node_finished")[0]["data"]["updates"])
            about = {"displayNodeId": "10", "parentNodeId": None, "realNodeId": "10", "classType": "Sampler"}
            self.assertEqual(about, {k: watcher.of("node_started")[0]["data"][k] for k in about})

        await self.in_both(work)

    async def test_cached_nodes_are_marked(self):
        async def work(comfy):
            graph = {"1": node("Source"), "2": node("Show")}
            async with Watcher(comfy) as watcher:
                await comfy.submit(graph, client_id=OWNER)
                await watcher.until("finished")
                await comfy.submit(graph)
                await watcher.until("finished")
            self.assertEqual(["1", "2"], watcher.of("execution_cached")[1]["data"]["nodes"])
            ends = [(f["data"]["nodeId"], f["data"]["cached"]) for f in watcher.of("node_finished")]
            self.assertEqual([("1", False), ("2", False), ("2", True)], ends)
            last = watcher.of("node_finished")[-1]["data"]
            self.assertEqual((None, None), (last["startedTsMs"], last["durationMs"]))

        await self.in_both(work)

    async def test_a_failure_carries_its_error_though_nobody_owns_the_prompt(self):
        async def work(comfy):
            async with Watcher(comfy) as watcher:
                await comfy.submit({"1": node("Source"), "2": node("Raise", message="m"), "3": node("Show")})
                finished = await watcher.until("finished")
            error = watcher.of("execution_error")[0]
            self.assertEqual(("executor", "2"), (error["source"], error["data"]["node_id"]))
            self.assertEqual("RuntimeError", error["data"]["exception_type"])
            self.assertEqual(("error", False), (finished["data"]["status"], finished["data"]["completed"]))
            self.assertEqual([], comfy.telemetry.nodes.running())

        await self.in_both(work)

    async def test_an_interrupted_prompt_ends_with_its_last_progress(self):
        async def work(comfy):
            async with Watcher(comfy) as watcher:
                await comfy.submit({"1": node("Sampler", steps=500, pause_s=0.005), "2": node("Show")}, client_id=OWNER)
                await watcher.until("node_progress")
                await comfy.post("/interrupt", {})
                await watcher.until("finished")
            last = [e for e in watcher.events() if e in ("node_progress", "execution_interrupted")][-2:]
            self.assertEqual(["node_progress", "execution_interrupted"], last)
            told = sum(1 + f["data"]["skipped"] for f in watcher.of("node_progress"))
            self.assertEqual(watcher.of("node_progress")[-1]["data"]["value"], told)

        await self.in_both(work)

    async def test_a_refused_prompt_comes_with_its_errors_and_graph(self):
        async def work(comfy):
            graph = {"1": node("Sampler", steps=999_999), "2": node("Show")}
            async with Watcher(comfy) as watcher:
                status, answer = await comfy.submit(graph, client_id=OWNER, extra_data={"scene_id": "s1"})
                rejected = (await watcher.until("rejected"))["data"]
                self.assertEqual(400, status)
                self.assertEqual(answer, {"error": rejected["error"], "node_errors": rejected["nodeErrors"]})
                self.assertEqual((graph, OWNER), (rejected["prompt"], rejected["clientId"]))
                self.assertEqual("s1", rejected["extraData"]["scene_id"])
                self.assertEqual(watcher.of("submitted")[0]["data"]["submissionId"], rejected["submissionId"])
                await comfy.submit({"1": node("NoSuchNode")})
                self.assertEqual("invalid_prompt", (await watcher.until("rejected"))["data"]["error"]["type"])
                await comfy.post("/prompt", {"client_id": OWNER})
                self.assertEqual("no_prompt", (await watcher.until("rejected"))["data"]["error"]["type"])
            self.assertNotIn("queued", watcher.events())

        await self.in_both(work)

    async def test_a_partly_refused_prompt_says_which_outputs_run(self):
        async def work(comfy):
            graph = {"1": node("Sampler", steps=100_001), "2": node("Show"), "3": node("Show")}
            async with Watcher(comfy) as watcher:
                _, answer = await comfy.submit(graph)
                partly = (await watcher.until("partly_rejected"))["data"]
                self.assertEqual((answer["prompt_id"], ["3"]), (partly["promptId"], partly["outputs"]))
                self.assertEqual(answer["node_errors"], partly["nodeErrors"])
                await watcher.until("started")
                await comfy.post("/interrupt", {})
                await watcher.until("finished")

        await self.in_both(work)

    async def test_deleted_and_cleared_prompts_are_named(self):
        async def work(comfy):
            async with Watcher(comfy) as watcher:
                await comfy.submit({"1": node("Sampler", steps=10_000, pause_s=0.002), "2": node("Show")})
                await watcher.until("started")
                ids = [(await comfy.submit({"2": node("Show")}))[1]["prompt_id"] for _ in range(4)]
                await comfy.post("/queue", {"delete": [ids[1], "unknown"]})
                await comfy.post("/queue", {"clear": True})
                last = (await comfy.submit({"2": node("Show")}))[1]["prompt_id"]
                await comfy.post("/queue", {"delete": [last]})
                await comfy.post("/interrupt", {})
                await watcher.until("finished")
            self.assertEqual([[ids[1]], [last]], [f["data"]["promptIds"] for f in watcher.of("deleted")])
            cleared = [sorted(f["data"]["promptIds"]) for f in watcher.of("cleared")]
            self.assertEqual([sorted([ids[0], ids[2], ids[3]])], cleared)

        await self.in_both(work)

    async def test_unknown_events_and_binary_of_other_extensions_pass(self):
        async def work(comfy):
            async with Watcher(comfy) as watcher:
                comfy.server.send_sync("their.own", {"x": 1})
                comfy.server.send_sync(event="by_name", data=[1, 2], sid="s")
                comfy.server.send_sync(77, b"12345")
                await watcher.until("binary")
            self.assertEqual({"x": 1}, watcher.of("their.own")[0]["data"])
            self.assertEqual(([1, 2], "s"), (watcher.of("by_name")[0]["data"], watcher.of("by_name")[0]["sid"]))
            self.assertEqual({"type": 77, "bytes": 5}, watcher.of("binary")[0]["data"])

        await self.in_both(work)


class Hello(Both):
    async def test_says_what_this_is_and_which_taps_it_has(self):
        async def work(comfy):
            async with Watcher(comfy) as watcher:
                hello = watcher.hello
                status, over_http = await comfy.get("/telemetry")
            data = hello["data"]
            self.assertEqual((1, comfy.variant.version), (data["protocol"], data["comfyuiVersion"]))
            self.assertEqual((0, None), (hello["seq"], data["oldestSeq"]))
            taps = ["send_sync", "add_message", "progress_registry", "on_prompt", "validate_prompt", "queue.put"]
            taps += ["queue.get", "queue.task_done", "queue.wipe_queue", "queue.delete_queue_item"]
            self.assertEqual(taps, data["taps"]["present"])
            self.assertEqual(["torch_memory"], [tap["name"] for tap in data["taps"]["skipped"]])
            self.assertIn("recentP99Ns", data["cost"])
            self.assertEqual((200, data["extensionVersion"]), (status, over_http["extensionVersion"]))
            self.assertEqual(hello["boot"], over_http["boot"])

        await self.in_both(work)

    async def test_names_the_nodes_that_run_at_that_moment(self):
        async def work(comfy):
            async with Watcher(comfy) as first:
                await comfy.submit({"7": node("Sampler", steps=10_000, pause_s=0.002), "8": node("Show")})
                await first.until("node_progress")
                async with Watcher(comfy, path="/api/telemetry/ws") as second:
                    running = second.hello["data"]["runningNodes"]
                await comfy.post("/interrupt", {})
                await first.until("finished")
            self.assertEqual([("7", "Sampler")], [(n["nodeId"], n["classType"]) for n in running])
            self.assertEqual(first.of("node_started")[0]["monoNs"], running[0]["startedMonoNs"])

        await self.in_both(work)


class OlderComfy(unittest.IsolatedAsyncioTestCase):
    async def test_nodes_are_told_from_progress_state_where_the_registry_is_unknown(self):
        comfy = await Comfy(Variant("0.3.50", False, without={"progress_registry"})).start()
        try:
            async with Watcher(comfy) as watcher:
                await comfy.submit({"1": node("Sampler", steps=3, pause_s=0.12), "2": node("Show")}, client_id=OWNER)
                await watcher.until("finished")
                await comfy.submit({"1": node("Sampler", steps=3, pause_s=0.12), "2": node("Show")})
                await watcher.until("finished")
            self.assertIn("progress_registry", [tap["name"] for tap in watcher.hello["data"]["taps"]["skipped"]])
            wanted = [("node_started", "1"), *[("node_progress", "1")] * 3, ("node_finished", "1")]
            wanted += [("node_started", "2"), ("node_finished", "2"), ("node_finished", "2")]
            told = [(f["event"], f["data"]["nodeId"]) for f in watcher.frames if f["source"] == "node"]
            self.assertEqual(wanted, told)
            self.assertEqual([False, False, True], [f["data"]["cached"] for f in watcher.of("node_finished")])
            self.assertEqual({}, dict(comfy.telemetry.stream.failures))
        finally:
            await comfy.stop()


if __name__ == "__main__":
    unittest.main()
