"""Taps on the way of a prompt: submitted, refused or queued, started, finished, deleted."""

import contextlib
import contextvars
import functools
import inspect
import threading
import uuid

from .wrap import argument, attribute, before, method, module

# The POST that is being served: what it said is needed again when validation refuses it.
_submission = contextvars.ContextVar("comfytrace_submission", default=None)


class QueueTaps:
    def __init__(self, server, stream, secrets, nodes):
        self._server = server
        self._stream = stream
        self._secrets = secrets
        self._nodes = nodes
        self._thread = threading.local()

    def names(self):
        return (
            ("on_prompt", self._tap_submissions),
            ("validate_prompt", self._tap_validation),
            ("queue.put", self._tap_put),
            ("queue.get", self._tap_get),
            ("queue.task_done", self._tap_task_done),
            ("queue.wipe_queue", self._tap_wipe),
            ("queue.delete_queue_item", self._tap_delete),
        )

    # --- submissions -------------------------------------------------------------------------------

    def _tap_submissions(self):
        add = method(self._server, "add_on_prompt_handler")
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
        execution = module("execution")
        real = method(execution, "validate_prompt")
        guarded, validated = self._stream.guarded, self._validated

        if inspect.iscoroutinefunction(real):

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

        execution.validate_prompt = validate_prompt

    def _validated(self, args, kwargs, result):
        good, error, outputs, node_errors = result[:4]
        if good and not node_errors:
            return
        prompt_id = argument(args, kwargs, 0, "prompt_id")
        graph = argument(args, kwargs, 1, "prompt")
        submission, extra = _submission.get() or ({"submissionId": None, "clientId": None}, {})
        submission = {**submission, "promptId": prompt_id}
        if good:
            self._secrets.graph(graph)  # learns what must not stand in the errors either
            data = {**submission, "outputs": list(outputs), "nodeErrors": node_errors}
            self._stream.emit("http", "partly_rejected", data)
        else:
            self._reject(submission, extra, graph, error, node_errors)

    def _reject(self, submission, extra, graph, error, node_errors):
        graph = self._secrets.graph(graph)
        extra = self._secrets.extra_data(extra)
        data = {**submission, "error": error, "nodeErrors": node_errors, "prompt": graph, "extraData": extra}
        self._stream.emit("http", "rejected", data)
        _submission.set(None)

    # --- the queue ---------------------------------------------------------------------------------

    def _queue(self, name):
        return method(attribute(self._server, "prompt_queue"), name)

    def _tap_put(self):
        real = self._queue("put")
        # Before the real one: another thread may take the item at once, and `queued` comes before `started`.
        self._server.prompt_queue.put = before(self._stream, "queue.put", real, self._queued)

    def _queued(self, args, kwargs):
        item = argument(args, kwargs, 0, "item")
        for part in item[5:]:  # newer versions carry credentials here, apart from extra_data
            self._secrets.learn(part)
        submission, _ = _submission.get() or ({"submissionId": None}, None)
        _submission.set(None)  # the connection's next request has the same context
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
            return queue.currently_running[argument(args, kwargs, 0, "item_id")][1]

        @functools.wraps(real)
        def task_done(*args, **kwargs):
            prompt_id = guarded("queue.task_done", taken_by, args, kwargs)
            result = real(*args, **kwargs)
            guarded("queue.task_done", self._finished, prompt_id, args, kwargs)
            return result

        queue.task_done = task_done

    def _finished(self, prompt_id, args, kwargs):
        history = argument(args, kwargs, 1, "history_result", {})
        status = argument(args, kwargs, 2, "status")
        self._nodes.prompt_ended(prompt_id)
        self._stream.emit(
            "queue",
            "finished",
            {
                "promptId": prompt_id,
                "task": argument(args, kwargs, 0, "item_id"),
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
        # Held so that before and after belong together. A lock that cannot be taken twice would stop ComfyUI for ever.
        reentrant = isinstance(getattr(queue, "mutex", None), type(threading.RLock()))

        def waiting():
            return [item[1] for item in queue.queue]

        def tell(earlier):
            after = set(waiting())
            gone = [prompt_id for prompt_id in earlier or () if prompt_id not in after]
            if gone or event == "cleared":
                self._stream.emit("queue", event, {"promptIds": gone})

        @functools.wraps(real)
        def wrapped(*args, **kwargs):
            # Deleting the last one makes ComfyUI clear the queue: that is still one deletion.
            if getattr(thread, "removing", False):
                return real(*args, **kwargs)
            thread.removing = True
            try:
                with queue.mutex if reentrant else contextlib.nullcontext():
                    earlier = guarded(name, waiting)
                    result = real(*args, **kwargs)
                    guarded(name, tell, earlier)
                return result
            finally:
                thread.removing = False

        return wrapped
