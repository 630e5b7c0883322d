"""Taps on what is executed: everything ComfyUI sends, to whomever, and what every node does."""

import functools
import struct
import threading
import time

from .wrap import argument, attribute, before, method, module

_OUTCOMES = frozenset(("execution_success", "execution_error", "execution_interrupted"))
_PREVIEW, _UNENCODED_PREVIEW, _TEXT, _PREVIEW_WITH_METADATA = 1, 2, 3, 4
_MAX_TEXT = 4096
# ComfyUI's own; all other names are of custom nodes, which may send what and as often as they like.
_OWN = _OUTCOMES | {"status", "execution_start", "execution_cached", "executing", "executed", "execution_node_error"}
_BUDGET_NS, _WINDOW_NS = 5_000_000, 1_000_000_000


class _Budget:
    """Our time for events of custom nodes: half a percent of each second. The rest is counted, not mirrored."""

    def __init__(self):
        self._since = self._spent = 0

    def allows(self, now):
        if now - self._since >= _WINDOW_NS:
            self._since, self._spent = now, 0
        return self._spent < _BUDGET_NS

    def spend(self, ns):
        self._spent += ns


class ExecutionTaps:
    def __init__(self, server, stream, nodes, previews):
        self._server = server
        self._stream = stream
        self._nodes = nodes
        self._previews = previews
        self._registry_used = False
        self._snapshots = False
        self._foreign = _Budget()
        self._thread = threading.local()

    def names(self):
        return (
            ("send_sync", self._tap_send),
            ("add_message", self._tap_messages),
            ("progress_registry", self._tap_progress),
        )

    # --- what ComfyUI sends, to whomever -----------------------------------------------------------

    def _tap_send(self):
        real = method(self._server, "send_sync")
        guarded, thread, sent = self._stream.guarded, self._thread, self._sent

        @functools.wraps(real)
        def send_sync(*args, **kwargs):
            event = args[0] if args else kwargs.get("event")
            # The frequent ones; the registry tap tells the same at a fraction of the cost.
            if not (self._registry_used and (event == "progress_state" or event == "progress")):
                thread.sends = getattr(thread, "sends", 0) + 1
                guarded("send_sync", sent, event, args, kwargs)
            return real(*args, **kwargs)

        self._server.send_sync = send_sync

    def _sent(self, event, args, kwargs):
        data = args[1] if len(args) > 1 else kwargs.get("data")
        sid = args[2] if len(args) > 2 else kwargs.get("sid")
        if event == "progress_state":
            self._snapshots = True
            self._nodes.snapshot(data)
        elif event == "progress":
            if not self._snapshots:  # a ComfyUI older than progress_state
                self._nodes.updated(data["prompt_id"], data["node"], data["value"], data["max"])
        elif event in _OWN:
            self._message("send", event, data, sid)
        elif event == _UNENCODED_PREVIEW:
            prompt_id, node_id = self._nodes.last_updated
            self._previews.offer(data, {"promptId": prompt_id, "nodeId": node_id})
        elif event == _PREVIEW_WITH_METADATA:
            image, about = data
            self._previews.offer(image, {"promptId": about.get("prompt_id"), "nodeId": about.get("node_id")})
        elif event != _PREVIEW:
            self._sent_foreign(event, data, sid)

    def _sent_foreign(self, event, data, sid):
        if not self._foreign.allows(time.monotonic_ns()):
            self._stream.counters["foreignSkipped"] += 1
            return
        # Of this thread alone: what others take from it on a busy machine is no cost of ours.
        began = time.thread_time_ns()
        try:
            if event == _TEXT:
                length = struct.unpack_from(">I", data)[0]
                node_id = bytes(data[4 : 4 + length]).decode("utf-8", "replace")
                text = bytes(data[4 + length : 4 + length + _MAX_TEXT]).decode("utf-8", "replace")
                self._stream.emit("send", "progress_text", {"nodeId": node_id, "text": text}, sid)
            elif isinstance(event, int):
                size = len(data) if isinstance(data, (bytes, bytearray)) else None
                self._stream.emit("send", "binary", {"type": int(event), "bytes": size}, sid)
            else:
                self._stream.emit("send", event, data, sid)
        finally:
            self._foreign.spend(time.thread_time_ns() - began)

    def _message(self, source, event, data, sid):
        about = data if isinstance(data, dict) else {}
        prompt_id = about.get("prompt_id")
        if event == "execution_start":
            self._nodes.prompt_started(prompt_id)
        elif event == "execution_cached":
            self._nodes.prompt_cached(prompt_id, about.get("nodes", ()))
        elif event in _OUTCOMES and about.get("exception_type") != "ExecutionBlocked":
            self._nodes.prompt_ending(prompt_id)
        self._stream.emit(source, event, data, sid)

    # --- what the executor keeps to itself when a prompt has no owner ------------------------------

    def _tap_messages(self):
        owner = attribute(module("execution"), "PromptExecutor")
        real = method(owner, "add_message")
        guarded, thread, kept = self._stream.guarded, self._thread, self._kept

        @functools.wraps(real)
        def add_message(executor, *args, **kwargs):
            sends = getattr(thread, "sends", 0)
            result = real(executor, *args, **kwargs)
            if getattr(thread, "sends", 0) == sends:
                guarded("add_message", kept, executor, args, kwargs)
            return result

        owner.add_message = add_message

    def _kept(self, executor, args, kwargs):
        event = args[0] if args else kwargs["event"]
        data = args[1] if len(args) > 1 else kwargs["data"]
        stored = getattr(executor, "status_messages", None)
        if stored and stored[-1][0] == event:
            data = stored[-1][1]  # the same with ComfyUI's time stamp
        self._message("executor", event, data, None)

    # --- nodes -------------------------------------------------------------------------------------

    def _tap_progress(self):
        owner = attribute(module("comfy_execution.progress"), "ProgressRegistry")
        works = {
            "start_progress": self._node_started,
            "update_progress": self._node_updated,
            "finish_progress": self._node_finished,
        }
        # All or none: half of them would give nodes that start and never end.
        wrapped = {name: before(self._stream, name, method(owner, name), work) for name, work in works.items()}
        for name, function in wrapped.items():
            setattr(owner, name, function)

    def _node_started(self, args, kwargs):
        registry, node_id = args[0], argument(args, kwargs, 1, "node_id")
        self._registry_used = True
        self._nodes.started(registry.prompt_id, node_id, _about(registry, node_id))

    def _node_updated(self, args, kwargs):
        self._registry_used = True
        self._nodes.updated(
            args[0].prompt_id,
            argument(args, kwargs, 1, "node_id"),
            argument(args, kwargs, 2, "value"),
            argument(args, kwargs, 3, "max_value"),
        )

    def _node_finished(self, args, kwargs):
        registry, node_id = args[0], argument(args, kwargs, 1, "node_id")
        self._registry_used = True
        self._nodes.finished(registry.prompt_id, node_id, _about(registry, node_id))


def _about(registry, node_id):
    """What the running graph knows of a node; the children of an expanded node stand in no submitted graph."""
    about = {"displayNodeId": None, "parentNodeId": None, "realNodeId": None, "classType": None}
    graph = getattr(registry, "dynprompt", None)
    for field, method in (
        ("displayNodeId", "get_display_node_id"),
        ("parentNodeId", "get_parent_node_id"),
        ("realNodeId", "get_real_node_id"),
    ):
        try:
            about[field] = getattr(graph, method)(node_id)
        except Exception:
            pass
    try:
        about["classType"] = graph.get_node(node_id).get("class_type")
    except Exception:
        pass
    return about
