"""Where we listen. Each tap wraps one name of ComfyUI's, hands every argument and result through untouched, and never raises.

A name that this ComfyUI does not have is skipped and reported in the hello. Nothing here waits for a subscriber.
"""

import asyncio
import contextlib
import contextvars
import functools
import struct
import threading
import uuid

_OUTCOMES = frozenset(("execution_success", "execution_error", "execution_interrupted"))
_TEXT, _PREVIEW, _PREVIEW_WITH_METADATA, _UNENCODED_PREVIEW = 3, 1, 4, 2
_MAX_TEXT = 4096

# The POST that is being served: what it said is needed again when validation refuses it.
_submission = contextvars.ContextVar("comfytrace_submission", default=None)


class _Missing(Exception):
    """The name to wrap does not exist here."""


class Taps:
    def __init__(self, server, stream, secrets, nodes, previews):
        self._server = server
        self._stream = stream
        self._secrets = secrets
        self._nodes = nodes
        self._previews = previews
        self._registry_used = False
        self._thread = threading.local()
        self.present = []
        self.skipped = {}

    def attach(self):
        for name, attach in (
            ("send_sync", self._tap_send),
            ("add_message", self._tap_messages),
            ("progress_registry", self._tap_progress),
            ("on_prompt", self._tap_submissions),
            ("validate_prompt", self._tap_validation),
            ("queue.put", self._tap_put),
            ("queue.get", self._tap_get),
            ("queue.task_done", self._tap_task_done),
            ("queue.wipe_queue", self._tap_wipe),
            ("queue.delete_queue_item", self._tap_delete),
        ):
            try:
                attach()
                self.present.append(name)
            except _Missing as missing:
                self.skipped[name] = f"{missing} does not exist"
            except Exception as error:
                self.skipped[name] = f"{type(error).__qualname__}: {error}"
                self._stream.failed(name, error)

    # --- what ComfyUI sends, to whomever -----------------------------------------------------------

    def _tap_send(self):
        real = _callable(self._server, "send_sync")
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
            self._nodes.snapshot(data)
        elif event == "progress":
            if not {"prompt_id", "node", "value", "max"} <= data.keys():
                self._stream.emit("send", event, data, sid)
            elif "progress_registry" in self.skipped and not self._stream.counters["progressStates"]:
                self._nodes.updated(data["prompt_id"], data["node"], data["value"], data["max"])
        elif isinstance(event, int):
            self._sent_binary(int(event), data, sid)
        else:
            self._message("send", event, data, sid)

    def _message(self, source, event, data, sid):
        prompt_id = data.get("prompt_id") if isinstance(data, dict) else None
        if event == "execution_start":
            self._nodes.prompt_started(prompt_id)
        elif event == "execution_cached":
            self._nodes.prompt_cached(prompt_id, data.get("nodes", ()))
        elif event in _OUTCOMES and data.get("exception_type") != "ExecutionBlocked":
            self._nodes.prompt_ending(prompt_id)
        self._stream.emit(source, event, data, sid)

    def _sent_binary(self, event, data, sid):
        if event == _UNENCODED_PREVIEW:
            prompt_id, node_id = self._nodes.last_updated
            self._previews.offer(data, {"promptId": prompt_id, "nodeId": node_id})
        elif event == _PREVIEW_WITH_METADATA:
            image, about = data
            self._previews.offer(image, {"promptId": about.get("prompt_id"), "nodeId": about.get("node_id")})
        elif event == _TEXT:
            length = struct.unpack_from(">I", data)[0]
            node_id = bytes(data[4 : 4 + length]).decode("utf-8", "replace")
            text = bytes(data[4 + length : 4 + length + _MAX_TEXT]).decode("utf-8", "replace")
            self._stream.emit("send", "progress_text", {"nodeId": node_id, "text": text}, sid)
        elif event != _PREVIEW:
            size = len(data) if isinstance(data, (bytes, bytearray)) else None
            self._stream.emit("send", "binary", {"type": event, "bytes": size}, sid)

    # --- what the executor keeps to itself when a prompt has no owner ------------------------------

    def _tap_messages(self):
        owner = _attribute(_module("execution"), "PromptExecutor")
        real = _callable(owner, "add_message")
        guarded, thread, kept = self._stream.guarded, self._thread, self._kept

        @functools.wraps(real)
        def add_message(executor, *args, **kwargs):
            before = getattr(thread, "sends", 0)
            result = real(executor, *args, **kwargs)
            if getattr(thread, "sends", 0) == before:
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
        owner = _attribute(_module("comfy_execution.progress"), "ProgressRegistry")
        for name, work in (
            ("start_progress", self._node_started),
            ("update_progress", self._node_updated),
            ("finish_progress", self._node_finished),
        ):
            _callable(owner, name)
        for name, work in (
            ("start_progress", self._node_started),
            ("update_progress", self._node_updated),
            ("finish_progress", self._node_finished),
        ):
            setattr(owner, name, self._before(name, getattr(owner, name), work))

    def _before(self, name, real, work):
        guarded = self._stream.guarded

        @functools.wraps(real)
        def method(*args, **kwargs):
            guarded(name, work, args, kwargs)
            return real(*args, **kwargs)

        return method

    def _node_started(self, args, kwargs):
        registry, node_id = args[0], _argument(args, kwargs, 1, "node_id")
        self._registry_used = True
        self._nodes.started(registry.prompt_id, node_id, _about(registry, node_id))

    def _node_updated(self, args, kwargs):
        self._registry_used = True
        self._nodes.updated(
            args[0].prompt_id,
            _argument(args, kwargs, 1, "node_id"),
            _argument(args, kwargs, 2, "value"),
            _argument(args, kwargs, 3, "max_value"),
        )

    def _node_finished(self, args, kwargs):
        registry, node_id = args[0], _argument(args, kwargs, 1, "node_id")
        self._registry_used = True
        self._nodes.finished(registry.prompt_id, node_id, _about(registry, node_id))

    # --- submissions -------------------------------------------------------------------------------

    def _tap_submissions(self):
        add = _callable(self._server, "add_on_prompt_handler")
        guarded = self._stream.guarded

        def on_prompt(body):
            guarded("on_prompt", self._submitted, body)
            return body

        add(on_prompt)

    def _submitted(self, body):
        _submission.set(None)
        extra = body.get("extra_data")
        extra = extra if isinstance(extra, dict) else {}
        graph = body.get("prompt")
        submission = {
            # The request is not touched, so a prompt that never gets a prompt id is known by this one.
            "submissionId": uuid.uuid4().hex,
            "promptId": body.get("prompt_id"),
            "clientId": body.get("client_id", extra.get("client_id")),
        }
        for name in self._secrets.names:
            self._secrets.learn(extra.get(name))
        _submission.set((submission, extra))
        nodes = len(graph) if isinstance(graph, dict) else None
        self._stream.emit("http", "submitted", {**submission, "nodeCount": nodes})
        if "prompt" not in body:
            error = {"type": "no_prompt", "message": "No prompt provided", "details": "", "extra_info": {}}
            self._reject(submission, extra, None, error, {})

    def _tap_validation(self):
        module = _module("execution")
        real = _callable(module, "validate_prompt")
        guarded, validated = self._stream.guarded, self._validated

        if asyncio.iscoroutinefunction(real):

            @functools.wraps(real)
            async def validate_prompt(*args, **kwargs):
                result = await real(*args, **kwargs)
                guarded("validate_prompt", validated, args, kwargs, result)
                return result

        else:

            @functools.wraps(real)
            def validate_prompt(*args, **kwargs):
                result = real(*args, **kwargs)
                guarded("validate_prompt", validated, args, kwargs, result)
                return result

        module.validate_prompt = validate_prompt

    def _validated(self, args, kwargs, result):
        good, error, outputs, node_errors = result[:4]
        if good and not node_errors:
            return
        prompt_id = _argument(args, kwargs, 0, "prompt_id")
        graph = _argument(args, kwargs, 1, "prompt")
        submission, extra = _submission.get() or ({"submissionId": None, "clientId": None}, {})
        submission = {**submission, "promptId": prompt_id}
        if good:
            data = {**submission, "outputs": list(outputs), "nodeErrors": node_errors}
            self._stream.emit("http", "partly_rejected", data)
        else:
            self._reject(submission, extra, graph, error, node_errors)

    def _reject(self, submission, extra, graph, error, node_errors):
        graph = self._secrets.graph(graph)
        extra = self._secrets.extra_data(extra)
        data = {**submission, "error": error, "nodeErrors": node_errors, "prompt": graph, "extraData": extra}
        self._stream.emit("http", "rejected", data)

    # --- the queue ---------------------------------------------------------------------------------

    def _queue(self, name):
        return _callable(_attribute(self._server, "prompt_queue"), name)

    def _tap_put(self):
        real = self._queue("put")
        # Before the real one: another thread may take the item at once, and `queued` comes before `started`.
        self._server.prompt_queue.put = self._before("queue.put", real, self._queued)

    def _queued(self, args, kwargs):
        item = _argument(args, kwargs, 0, "item")
        for part in item[5:]:  # newer versions carry credentials here, apart from extra_data
            self._secrets.learn(part)
        submission, _ = _submission.get() or ({"submissionId": None}, None)
        # The extra data first: it teaches us what to look for in the graph.
        extra = self._secrets.extra_data(item[3])
        self._stream.emit(
            "queue",
            "queued",
            {
                "promptId": item[1],
                "number": item[0],
                "submissionId": submission["submissionId"],
                "prompt": self._secrets.graph(item[2]),
                "extraData": extra,
                "outputs": list(item[4]),
            },
        )

    def _tap_get(self):
        real = self._queue("get")
        guarded, started = self._stream.guarded, self._started

        @functools.wraps(real)
        def get(*args, **kwargs):
            taken = real(*args, **kwargs)
            if taken is not None:
                guarded("queue.get", started, taken)
            return taken

        self._server.prompt_queue.get = get

    def _started(self, taken):
        item, task = taken[0], taken[1]
        self._stream.emit("queue", "started", {"promptId": item[1], "number": item[0], "task": task})

    def _tap_task_done(self):
        real = self._queue("task_done")
        queue = self._server.prompt_queue
        guarded = self._stream.guarded

        def taken_by(args, kwargs):
            return queue.currently_running[_argument(args, kwargs, 0, "item_id")][1]

        @functools.wraps(real)
        def task_done(*args, **kwargs):
            prompt_id = guarded("queue.task_done", taken_by, args, kwargs)
            result = real(*args, **kwargs)
            guarded("queue.task_done", self._finished, prompt_id, args, kwargs)
            return result

        queue.task_done = task_done

    def _finished(self, prompt_id, args, kwargs):
        history = _argument(args, kwargs, 1, "history_result", {})
        status = _argument(args, kwargs, 2, "status")
        self._nodes.prompt_ended(prompt_id)
        self._stream.emit(
            "queue",
            "finished",
            {
                "promptId": prompt_id,
                "task": _argument(args, kwargs, 0, "item_id"),
                "status": getattr(status, "status_str", None),
                "completed": getattr(status, "completed", None),
                "outputs": history.get("outputs") if isinstance(history, dict) else None,
            },
        )

    def _tap_wipe(self):
        real = self._queue("wipe_queue")
        self._server.prompt_queue.wipe_queue = self._removing("queue.wipe_queue", "cleared", real)

    def _tap_delete(self):
        real = self._queue("delete_queue_item")
        self._server.prompt_queue.delete_queue_item = self._removing("queue.delete_queue_item", "deleted", real)

    def _removing(self, name, event, real):
        queue, guarded, thread = self._server.prompt_queue, self._stream.guarded, self._thread

        def waiting():
            return [item[1] for item in queue.queue]

        def tell(before):
            after = set(waiting())
            gone = [prompt_id for prompt_id in before or () if prompt_id not in after]
            if gone or event == "cleared":
                self._stream.emit("queue", event, {"promptIds": gone})

        @functools.wraps(real)
        def method(*args, **kwargs):
            # Deleting the last one makes ComfyUI clear the queue: that is still one deletion.
            if getattr(thread, "removing", False):
                return real(*args, **kwargs)
            thread.removing = True
            try:
                with getattr(queue, "mutex", None) or contextlib.nullcontext():
                    before = guarded(name, waiting)
                    result = real(*args, **kwargs)
                    guarded(name, tell, before)
                return result
            finally:
                thread.removing = False

        return method


def _module(name):
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        raise _Missing(name) from None


def _attribute(owner, name):
    value = getattr(owner, name, None)
    if value is None:
        raise _Missing(f"{getattr(owner, '__name__', type(owner).__name__)}.{name}")
    return value


def _callable(owner, name):
    value = _attribute(owner, name)
    if not callable(value):
        raise _Missing(f"{name}()")
    return value


def _argument(args, kwargs, place, name, default=None):
    return args[place] if len(args) > place else kwargs.get(name, default)


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
