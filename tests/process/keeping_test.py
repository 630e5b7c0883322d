#!/usr/bin/env python3
"""What is kept and what goes: presets, pruning and retention, as real processes."""

import contextlib
import json
import sqlite3
import unittest

from harness import ROOT, Folder, Serve, command, get_json, wait_for

SAMPLES = ROOT / "tests" / "histories"
NOWHERE = "http://127.0.0.1:1"


def stored_runs():
    return [json.loads(line) for line in (SAMPLES / "schema1_prompts.jsonl").read_text().splitlines()]


def is_protected(run):
    return run["archived"] or run["tags"] or run["status"] in ("queued", "executing")


class KeepingTest(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        self.store = self.folder / "history.db"
        with contextlib.closing(sqlite3.connect(self.store)) as connection:
            connection.executescript((SAMPLES / "schema1_prompts.sql").read_text())

    def serve(self, *options):
        serve = Serve(self.folder, NOWHERE, store=self.store)
        serve.arguments += options
        serve.start()
        self.addCleanup(serve.kill)
        return serve.ready()

    def told(self, *arguments):
        code, out, err = command(self.folder, *arguments, "--store", self.store, "--json")
        self.assertEqual(code, 0, err)
        return json.loads(out)

    def ids(self, *arguments):
        return {run["runId"] for run in self.told("runs", *arguments)["runs"]}

    def test_doctor_compares_the_columns_with_every_run(self):
        arguments = ("doctor", "--verify", "--json", "--listen", "127.0.0.1:1", "--store", self.store)
        serve = self.serve()
        for running in (True, False):
            if not running:
                serve.stop()
            _, out, err = command(self.folder, *arguments)
            columns = [check for check in json.loads(out)["checks"] if check["name"] == "columns"]
            self.assertEqual([check["finding"] for check in columns], ["good"], err)
            self.assertIn(f"{len(stored_runs())} runs compared", columns[0]["sentence"])
        with contextlib.closing(sqlite3.connect(self.store)) as connection:
            connection.execute("DROP TRIGGER columns_changed")
            connection.execute("UPDATE runs SET queue_wait_ms = 123456789 WHERE status = 'failed'")
            connection.commit()
        code, out, _ = command(self.folder, *arguments)
        self.assertEqual(code, 1)
        columns = [check for check in json.loads(out)["checks"] if check["name"] == "columns"]
        self.assertEqual(columns[0]["finding"], "bad")
        self.assertIn("has another queue wait", columns[0]["sentence"])

    def test_presets_with_and_without_a_server(self):
        serve = self.serve()
        expected = {run["runId"] for run in stored_runs() if run["archived"]}
        for running in (True, False):
            if not running:
                serve.stop()
            saved = self.told("preset", "save", "old ones", "--archived", "true", "--from", "-520w")
            self.assertEqual(saved["query"], "from=-3640d&archived=true")
            self.assertEqual(self.told("preset", "list"), [saved])
            self.assertEqual(self.told("preset", "show", "old ones"), saved)
            self.assertEqual(self.ids("--preset", "old ones"), expected)
            self.assertEqual(
                self.ids("--preset", "old ones", "--archived", "false"),
                {run["runId"] for run in stored_runs()} - expected,
            )
            self.told("preset", "delete", "old ones")
            for name in ("show", "delete"):
                code, _, err = command(self.folder, "preset", name, "old ones", "--store", self.store)
                self.assertEqual(code, 1)
                self.assertIn("old ones", err)
            code, _, err = command(self.folder, "runs", "--preset", "old ones", "--store", self.store)
            self.assertEqual(code, 2)
            self.assertIn("--preset", err)

    def test_wrong_filters_name_their_flag(self):
        self.serve().stop()
        for arguments, named in (
            (("runs", "--exit-reason", "boredom"), "--exit-reason"),
            (("runs", "--duration-min", "2m", "--duration-max", "1m"), "--duration-min"),
            (("runs", "--regex", "("), "--regex"),
            (("runs", "--sort", "upwards"), "--sort"),
            (("preset", "save", "x", "--vram-peak-min", "lots"), "--vram-peak-min"),
            (("prune", "--older-than", "soon"), "--older-than"),
            (("prune", "--keep", "1", "--status", "sucess"), "--status"),
            (("prune",), "--older-than"),
        ):
            code, _, err = command(self.folder, *arguments, "--store", self.store)
            self.assertEqual(code, 2, arguments)
            self.assertIn(named, err)

    def test_prunes_only_when_told_with_and_without_a_server(self):
        serve = self.serve()
        everything = {run["runId"] for run in stored_runs()}
        going = sorted((run for run in stored_runs() if not is_protected(run)), key=lambda run: run["createdAtMs"])
        self.assertGreaterEqual(len(going), 2)
        # Through the server: the oldest; without it: the rest.
        first = {going[0]["runId"]}
        rule = ("prune", "--older-than", "30d", "--to", going[0]["createdAtMs"] + 1)
        foreseen = self.told(*rule)
        self.assertEqual((foreseen["dryRun"], foreseen["runs"]), (True, len(first)))
        self.assertEqual(self.told(*rule, "--yes", "--dry-run")["dryRun"], True)
        self.assertEqual(self.ids(), everything)
        done = self.told(*rule, "--yes")
        self.assertEqual((done["dryRun"], done["runs"]), (False, len(first)))
        self.assertEqual({run["runId"] for run in serve.runs()}, everything - first)
        serve.stop()
        rest = {run["runId"] for run in going} - first
        self.assertEqual(self.told("prune", "--keep", "0")["runs"], len(rest))
        self.assertEqual(self.ids(), everything - first)
        self.assertEqual(self.told("prune", "--keep", "0", "--yes")["runs"], len(rest))
        self.assertEqual(self.ids(), {run["runId"] for run in stored_runs() if is_protected(run)})

    def test_retention_removes_what_is_old_and_is_off_by_default(self):
        everything = {run["runId"] for run in stored_runs()}
        serve = self.serve()
        self.assertEqual({run["runId"] for run in serve.runs()}, everything)
        serve.stop()
        kept = {run["runId"] for run in stored_runs() if is_protected(run)}
        serve = self.serve("--retention-days", "30")
        wait_for("old runs to go", lambda: {run["runId"] for run in serve.runs()} == kept)
        self.assertEqual(get_json(serve.url + "/api/v1/health")["history"]["runs"], len(kept))


if __name__ == "__main__":
    unittest.main()
