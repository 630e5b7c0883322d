"""What each node is doing: starts, ends and progress, the last at most ten times a second a node."""

import threading
import time

INTERVAL_NS = 100_000_000


class _Node:
    __slots__ = ("about", "started_ns", "started_s", "updates", "skipped", "sent_ns", "value", "max", "pending")

    def __init__(self):
        self.about = {}
        self.started_ns = self.started_s = self.sent_ns = self.value = self.max = self.pending = None
        self.updates = self.skipped = 0


class NodeTable:
    """Any thread. Keyed by (prompt, node); empty when nothing runs."""

    def __init__(self, stream, memory):
        self._stream = stream
        self._memory = memory
        self._lock = threading.RLock()
        self._nodes = {}
        self._finished = set()
        self._cached = {}
        self.last_updated = (None, None)  # (prompt, node) of the latest progress; previews of the old kind name neither

    def started(self, prompt_id, node_id, about):
        now, wall = time.monotonic_ns(), time.time()
        with self._lock:
            key = (prompt_id, node_id)
            self._finished.discard(key)
            node = self._nodes[key] = _Node()
            node.about, node.started_ns, node.started_s = about, now, wall
            self._memory.node_started(key)
            data = {"promptId": prompt_id, "nodeId": node_id, **about}
            self._stream.emit("node", "node_started", data, None, wall, now)

    def updated(self, prompt_id, node_id, value, maximum):
        now = time.monotonic_ns()
        with self._lock:
            key = (prompt_id, node_id)
            node = self._nodes.get(key)
            if node is None:
                node = self._nodes[key] = _Node()
            self.last_updated = key
            node.updates += 1
            node.value, node.max = value, maximum
            if node.sent_ns is not None and now - node.sent_ns < INTERVAL_NS:
                if node.pending is not None:
                    node.skipped += 1
                node.pending = (time.time(), now)
                return
            if node.pending is not None:  # the one that waited is overtaken
                node.pending = None
                node.skipped += 1
            self._send(key, node, time.time(), now)
            self._memory.node_progressed(key, now)

    def finished(self, prompt_id, node_id, about):
        now, wall = time.monotonic_ns(), time.time()
        with self._lock:
            key = (prompt_id, node_id)
            if key in self._finished:
                return
            self._finished.add(key)
            node = self._nodes.pop(key, None)
            began = node.started_ns if node is not None else None
            if node is not None:
                self._flush(key, node)
            data = {
                "promptId": prompt_id,
                "nodeId": node_id,
                **(about or (node.about if node is not None else {})),
                # A node taken from the cache ends without having begun.
                "cached": began is None or node_id in self._cached.get(prompt_id, ()),
                "startedTsMs": round(node.started_s * 1000, 3) if began is not None else None,
                "startedMonoNs": began,
                "durationMs": (now - began) / 1e6 if began is not None else None,
                "updates": node.updates if node is not None else 0,
                "memory": self._memory.node_finished(key),
            }
            self._stream.emit("node", "node_finished", data, None, wall, now)

    def snapshot(self, data):
        """The same from `progress_state`, for a ComfyUI in which the registry's methods are not what we know."""
        prompt_id = data["prompt_id"]
        with self._lock:
            for node_id, state in data["nodes"].items():
                key = (prompt_id, node_id)
                if key in self._finished:
                    continue
                node = self._nodes.get(key)
                about = {
                    "displayNodeId": state.get("display_node_id"),
                    "parentNodeId": state.get("parent_node_id"),
                    "realNodeId": state.get("real_node_id"),
                    "classType": None,
                }
                if state.get("state") == "finished":
                    self.finished(prompt_id, node_id, about)
                elif node is None:
                    self.started(prompt_id, node_id, about)
                    node = self._nodes[key]
                    node.value, node.max = state.get("value"), state.get("max")
                elif (node.value, node.max) != (state.get("value"), state.get("max")):
                    self.updated(prompt_id, node_id, state.get("value"), state.get("max"))

    def prompt_started(self, prompt_id):
        with self._lock:
            for key in [k for k in self._nodes if k[0] != prompt_id]:
                del self._nodes[key]
                self._memory.forget(key)
            self._finished = {k for k in self._finished if k[0] == prompt_id}
            self._cached = {p: c for p, c in self._cached.items() if p == prompt_id}

    def prompt_cached(self, prompt_id, node_ids):
        with self._lock:
            self._cached[prompt_id] = frozenset(node_ids)

    def prompt_ending(self, prompt_id):
        """Before the outcome is told: what waits of this prompt goes first."""
        with self._lock:
            for key, node in list(self._nodes.items()):
                if key[0] == prompt_id:
                    self._flush(key, node)

    def prompt_ended(self, prompt_id):
        self.prompt_ending(prompt_id)
        self.prompt_started(None)

    def flush_due(self):
        """What has waited for the interval without being overtaken: a node may be silent for long after it."""
        due = time.monotonic_ns() - INTERVAL_NS
        with self._lock:
            for key, node in self._nodes.items():
                if node.pending is not None and node.sent_ns <= due:
                    self._flush(key, node)

    def running(self):
        with self._lock:
            return [
                {
                    "promptId": key[0],
                    "nodeId": key[1],
                    **node.about,
                    "startedTsMs": round(node.started_s * 1000, 3) if node.started_s is not None else None,
                    "startedMonoNs": node.started_ns,
                    "value": node.value,
                    "max": node.max,
                }
                for key, node in self._nodes.items()
            ]

    def _flush(self, key, node):
        if node.pending is not None:
            (wall, mono), node.pending = node.pending, None
            self._send(key, node, wall, mono)

    def _send(self, key, node, wall, mono):
        node.sent_ns = mono
        data = {"promptId": key[0], "nodeId": key[1], "value": node.value, "max": node.max, "skipped": node.skipped}
        self._stream.counters["progressCoalesced"] += node.skipped
        node.skipped = 0
        self._stream.emit("node", "node_progress", data, None, wall, mono)
