"""A ComfyUI in miniature on a real aiohttp server: names, threads and order of calls as measured on the real one.

`Variant` holds what differs between versions. Test nodes: Source (returns at once), Sampler (steps, pause_s, previews,
text), Raise (its inputs stand in the error), Show (an output node that returns `ui`), ShowBad (the same, unfit for JSON).
"""

import asyncio
import heapq
import importlib.util
import itertools
import json
import logging
import pathlib
import struct
import sys
import threading
import time
import types
import urllib.parse
import uuid

import aiohttp
from aiohttp import web

PACKAGE = pathlib.Path(__file__).resolve().parent.parent
logging.getLogger("asyncio").setLevel(logging.ERROR)  # the debug mode of the test loop tells of every slow step

OUTPUT_NODES = {"Show", "ShowBad"}
KNOWN_NODES = OUTPUT_NODES | {"Source", "Sampler", "Raise"}
SECRET_NAMES = ("auth_token_comfy_org", "api_key_comfy_org")


class Variant:
    def __init__(self, version, secrets_apart, without=()):
        self.version = version
        self.secrets_apart = secrets_apart  # credentials in a sixth element of the item, and create_time
        self.without = frozenset(without)  # names that this ComfyUI does not have


V0_3_64 = Variant("0.3.64", secrets_apart=False)
V0_8_0 = Variant("0.8.0", secrets_apart=True)


class Status:
    def __init__(self, status_str, completed, messages):
        self.status_str, self.completed, self.messages = status_str, completed, messages


class Interrupted(Exception):
    pass


class Picture:
    """Enough of a PIL image where no pixel is looked at."""

    mode, size = "RGB", (64, 64)


# --- comfy_execution.progress -----------------------------------------------------------------------


class State:
    def __init__(self, value):
        self.value = value


RUNNING, FINISHED = State("running"), State("finished")


class Graph:
    def __init__(self, nodes):
        self.nodes = nodes

    def get_display_node_id(self, node_id):
        return node_id.split(".")[0]

    def get_real_node_id(self, node_id):
        return node_id.split(".")[0]

    def get_parent_node_id(self, node_id):
        return node_id.split(".")[0] if "." in node_id else None

    def get_node(self, node_id):
        return self.nodes[node_id]


def make_progress_module(comfy):
    class ProgressRegistry:
        def __init__(self, prompt_id, dynprompt):
            self.prompt_id, self.dynprompt, self.nodes = prompt_id, dynprompt, {}

        def start_progress(self, node_id):
            self.nodes[node_id] = {"state": RUNNING, "value": 0.0, "max": 1.0}
            self._send()

        def update_progress(self, node_id, value, max_value, image=None):
            self.nodes[node_id] = {"state": RUNNING, "value": value, "max": max_value}
            self._send()

        def finish_progress(self, node_id):
            entry = self.nodes.setdefault(node_id, {"value": 1, "max": 1})
            entry.update(state=FINISHED, value=entry["max"])
            self._send()

        def _send(self):
            nodes = {
                node_id: {
                    "value": entry["value"],
                    "max": entry["max"],
                    "state": entry["state"].value,
                    "node_id": node_id,
                    "prompt_id": self.prompt_id,
                    "display_node_id": self.dynprompt.get_display_node_id(node_id),
                    "parent_node_id": self.dynprompt.get_parent_node_id(node_id),
                    "real_node_id": self.dynprompt.get_real_node_id(node_id),
                }
                for node_id, entry in self.nodes.items()
            }
            data = {"prompt_id": self.prompt_id, "nodes": nodes}
            comfy.server.send_sync("progress_state", data, comfy.server.client_id)

    module = types.ModuleType("comfy_execution.progress")
    if "progress_registry" in comfy.variant.without:
        module.Registry = ProgressRegistry
    else:
        module.ProgressRegistry = ProgressRegistry
    comfy.registry_class = ProgressRegistry
    return module


# --- execution --------------------------------------------------------------------------------------


class Queue:
    def __init__(self, comfy):
        self.comfy = comfy
        self.mutex = threading.RLock()
        self.not_empty = threading.Condition(self.mutex)
        self.queue, self.currently_running, self.history = [], {}, {}
        self.tasks = itertools.count()

    def put(self, item):
        self.comfy.order.append(("queue", "put"))
        with self.mutex:
            heapq.heappush(self.queue, item)
            self.comfy.server.queue_updated()
            self.not_empty.notify()

    def get(self, timeout=None):
        with self.not_empty:
            if not self.queue:
                self.not_empty.wait(timeout)
                if not self.queue:
                    return None
            item = heapq.heappop(self.queue)
            task = next(self.tasks)
            self.currently_running[task] = item
            self.comfy.server.queue_updated()
            self.comfy.order.append(("queue", "get"))
            return item, task

    def task_done(self, item_id, history_result, status, process_item=None):
        with self.mutex:
            item = self.currently_running.pop(item_id)
            if process_item is not None:
                item = process_item(item)
            self.history[item[1]] = {"prompt": item, "outputs": history_result["outputs"], "status": status}
            self.comfy.server.queue_updated()
            self.comfy.order.append(("queue", "task_done"))

    def wipe_queue(self):
        with self.mutex:
            self.queue = []
            self.comfy.server.queue_updated()

    def delete_queue_item(self, function):
        with self.mutex:
            for place, item in enumerate(self.queue):
                if function(item):
                    if len(self.queue) == 1:
                        self.wipe_queue()
                    else:
                        self.queue.pop(place)
                        heapq.heapify(self.queue)
                    self.comfy.server.queue_updated()
                    return True
        return False


def make_execution_module(comfy):
    class PromptExecutor:
        def __init__(self, server):
            self.server, self.status_messages = server, []
            self.cache = {}

        def add_message(self, event, data, broadcast):
            data = {**data, "timestamp": int(time.time() * 1000)}
            self.status_messages.append((event, data))
            if self.server.client_id is not None or broadcast:
                self.server.send_sync(event, data, self.server.client_id)

        def execute(self, graph, prompt_id, extra_data):
            server = self.server
            server.client_id = extra_data.get("client_id")
            self.status_messages = []
            outputs, done, node_id = {}, [], None
            self.add_message("execution_start", {"prompt_id": prompt_id}, False)
            cached = [n for n, node in graph.items() if self.cache.get(n) == node]
            self.add_message("execution_cached", {"nodes": cached, "prompt_id": prompt_id}, False)
            registry = comfy.registry_class(prompt_id, Graph(graph))
            ids = {"prompt_id": prompt_id}
            try:
                for node_id, node in graph.items():
                    output = node["class_type"] in OUTPUT_NODES
                    if node_id in cached:
                        if output:
                            if server.client_id is not None:
                                ui = {"node": node_id, "display_node": node_id, "output": self.ui(node), **ids}
                                server.send_sync("executed", ui, server.client_id)
                            registry.finish_progress(node_id)
                        continue
                    registry.start_progress(node_id)
                    if server.client_id is not None:
                        at = {"node": node_id, "display_node": node_id, **ids}
                        server.send_sync("executing", at, server.client_id)
                    self.run(registry, node_id, node["class_type"], node["inputs"], prompt_id)
                    if output:
                        outputs[node_id] = self.ui(node)
                        if server.client_id is not None:
                            ui = {"node": node_id, "display_node": node_id, "output": outputs[node_id], **ids}
                            server.send_sync("executed", ui, server.client_id)
                    registry.finish_progress(node_id)
                    done.append(node_id)
                    self.cache[node_id] = node
            except Interrupted:
                about = {**ids, "node_id": node_id, "node_type": node["class_type"], "executed": done}
                self.add_message("execution_interrupted", about, True)
                return outputs, Status("error", False, self.status_messages)
            except RuntimeError as error:
                hidden = {name: [str(extra_data.get(name))] for name in SECRET_NAMES if name in extra_data}
                about = {
                    **ids,
                    "node_id": node_id,
                    "node_type": node["class_type"],
                    "executed": done,
                    "exception_message": f"{error}\n",
                    "exception_type": "RuntimeError",
                    "traceback": ["  File ...\n"],
                    "current_inputs": {**{k: [str(v)] for k, v in node["inputs"].items()}, **hidden},
                    "current_outputs": list(graph),
                }
                self.add_message("execution_error", about, False)
                return outputs, Status("error", False, self.status_messages)
            self.add_message("execution_success", ids, False)
            return outputs, Status("success", True, self.status_messages)

        def ui(self, node):
            if node["class_type"] == "ShowBad":
                return {"images": [object()], "score": float("nan"), ("a", 1): {1, 2}}
            return {"images": [{"filename": "probe_00001_.png", "subfolder": "", "type": "output"}]}

        def run(self, registry, node_id, kind, inputs, prompt_id):
            server = self.server
            if kind == "Raise":
                raise RuntimeError("refused")
            steps = inputs.get("steps", 0) if kind == "Sampler" else 0
            for step in range(1, steps + 1):
                time.sleep(inputs.get("pause_s", 0))
                if comfy.interrupted.is_set():
                    comfy.interrupted.clear()
                    raise Interrupted
                picture = ("JPEG", comfy.picture, 512) if inputs.get("previews") else None
                registry.update_progress(node_id, step, steps, picture)
                at = {"value": step, "max": steps, "prompt_id": prompt_id, "node": node_id}
                server.send_sync("progress", at, server.client_id)
                if picture is not None:
                    server.send_sync(2, picture, server.client_id)
            if "text" in inputs:
                name = node_id.encode()
                server.send_sync(3, struct.pack(">I", len(name)) + name + inputs["text"].encode())

    async def validate_prompt(prompt_id, prompt, partial_execution_list=None):
        await asyncio.sleep(0)
        for node_id, node in prompt.items():
            if node.get("class_type") not in KNOWN_NODES:
                details = f"Node ID '#{node_id}'"
                error = {"type": "invalid_prompt", "message": "does not exist", "details": details, "extra_info": {}}
                return False, error, [], {}
        outputs = [n for n, node in prompt.items() if node["class_type"] in OUTPUT_NODES]
        errors = {}
        for node_id, node in prompt.items():
            if node["inputs"].get("steps", 0) > 100_000:
                told = {"input_name": "steps", "received_value": node["inputs"]}
                problem = {"type": "value_bigger_than_max", "message": "m", "details": "steps", "extra_info": told}
                kind = node["class_type"]
                errors[node_id] = {"errors": [problem], "dependent_outputs": outputs[:1], "class_type": kind}
        good = outputs[1:] if errors else outputs
        if not good:
            kind = "prompt_outputs_failed_validation" if outputs else "prompt_no_outputs"
            return False, {"type": kind, "message": "failed", "details": "", "extra_info": {}}, [], errors
        return True, None, good, errors

    module = types.ModuleType("execution")
    module.PromptExecutor = PromptExecutor
    if "validate_prompt" not in comfy.variant.without:
        module.validate_prompt = validate_prompt
    comfy.validate = validate_prompt
    if comfy.variant.secrets_apart:
        module.SENSITIVE_EXTRA_DATA_KEYS = SECRET_NAMES
    return module


# --- server -----------------------------------------------------------------------------------------


@web.middleware
async def only_own_origin(request, handler):
    host, origin = request.headers.get("Host"), request.headers.get("Origin")
    if host and origin and urllib.parse.urlsplit(origin).netloc != host:
        return web.Response(status=403)
    return await handler(request)


class Server:
    instance = None

    def __init__(self, comfy, loop):
        self.comfy, self.loop = comfy, loop
        self.client_id, self.number = None, 0
        self.sockets, self.on_prompt_handlers = {}, []
        self.messages = asyncio.Queue()
        self.routes = web.RouteTableDef()
        self.prompt_queue = Queue(comfy)
        self.app = web.Application(middlewares=[only_own_origin])
        self.routes.get("/ws")(self.ws)
        self.routes.post("/prompt")(self.post_prompt)
        self.routes.post("/queue")(self.post_queue)
        self.routes.post("/interrupt")(self.post_interrupt)

    def add_routes(self):
        under_api = web.RouteTableDef()
        for route in self.routes:
            under_api.route(route.method, "/api" + route.path)(route.handler, **route.kwargs)
        self.app.add_routes(under_api)
        self.app.add_routes(self.routes)

    def send_sync(self, event, data, sid=None):
        self.comfy.order.append(("send", event))
        self.loop.call_soon_threadsafe(self.messages.put_nowait, (event, data, sid))

    def queue_updated(self):
        remaining = len(self.prompt_queue.queue) + len(self.prompt_queue.currently_running)
        self.send_sync("status", {"status": {"exec_info": {"queue_remaining": remaining}}})

    async def publish(self):
        while True:
            event, data, sid = await self.messages.get()
            if isinstance(event, int):
                continue
            text = json.dumps({"type": event, "data": data}, default=str, skipkeys=True)
            for name, socket in list(self.sockets.items()):
                if sid is None or name == sid:
                    await socket.send_str(text)

    async def ws(self, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sid = request.query.get("clientId") or uuid.uuid4().hex
        self.sockets[sid] = socket
        try:
            async for _ in socket:
                pass
        finally:
            self.sockets.pop(sid, None)
        return socket

    def add_on_prompt_handler(self, handler):
        self.on_prompt_handlers.append(handler)

    async def post_prompt(self, request):
        body = await request.json()
        for handler in self.on_prompt_handlers:
            body = handler(body)
        self.comfy.bodies.append(json.dumps(body))
        number = self.number
        self.number += 1
        if "prompt" not in body:
            return web.json_response({"error": {"type": "no_prompt"}, "node_errors": {}}, status=400)
        prompt_id = str(body.get("prompt_id", uuid.uuid4()))
        validate = getattr(sys.modules["execution"], "validate_prompt", self.comfy.validate)
        valid = await validate(prompt_id, body["prompt"], body.get("partial_execution_targets"))
        extra = dict(body.get("extra_data", {}))
        if "client_id" in body:
            extra["client_id"] = body["client_id"]
        if not valid[0]:
            return web.json_response({"error": valid[1], "node_errors": valid[3]}, status=400, dumps=as_text)
        item = (number, prompt_id, body["prompt"], extra, valid[2])
        if self.comfy.variant.secrets_apart:
            apart = {name: extra.pop(name) for name in SECRET_NAMES if name in extra}
            extra["create_time"] = int(time.time() * 1000)
            item += (apart,)
        self.prompt_queue.put(item)
        answer = {"prompt_id": prompt_id, "number": number, "node_errors": valid[3]}
        return web.json_response(answer, dumps=as_text)

    async def post_queue(self, request):
        body = await request.json()
        if body.get("clear"):
            self.prompt_queue.wipe_queue()
        for prompt_id in body.get("delete", ()):
            self.prompt_queue.delete_queue_item(lambda item, gone=prompt_id: item[1] == gone)
        return web.Response()

    async def post_interrupt(self, request):
        self.comfy.interrupted.set()
        return web.Response()


def as_text(value):
    return json.dumps(value, default=str)


class Comfy:
    """The whole: modules in sys.modules, the extension loaded as ComfyUI loads it, server and worker running."""

    MODULES = ("server", "execution", "comfyui_version", "comfy_execution", "comfy_execution.progress")
    _loads = itertools.count()

    def __init__(self, variant=V0_8_0, picture=None):
        self.variant = variant
        self.order = []  # (source, event) of every call, as the recordings of the real server have them
        self.bodies = []  # what the POST handler was left with after the handlers
        self.picture = picture or Picture()
        self.interrupted = threading.Event()
        self.telemetry = None
        self.package = None
        self._stop = threading.Event()
        self._before = {}

    async def start(self, load=True, prepare=None):
        for name in self.MODULES:
            self._before[name] = sys.modules.pop(name, None)
        self.server = Server.instance = Server(self, asyncio.get_running_loop())
        for name in self.variant.without & {"send_sync", "add_on_prompt_handler"}:
            setattr(self.server, name, None)
        for name in self.variant.without & {"wipe_queue", "delete_queue_item"}:
            setattr(self.server.prompt_queue, name, None)
        modules = {
            "server": types.ModuleType("server"),
            "execution": make_execution_module(self),
            "comfyui_version": types.ModuleType("comfyui_version"),
            "comfy_execution": types.ModuleType("comfy_execution"),
            "comfy_execution.progress": make_progress_module(self),
        }
        modules["server"].PromptServer = Server
        modules["comfyui_version"].__version__ = self.variant.version
        modules["comfy_execution"].progress = modules["comfy_execution.progress"]
        sys.modules.update(modules)
        if prepare is not None:
            prepare(self)
        if load:
            self.package = load_package()
            self.telemetry = self.package.telemetry
        self.server.add_routes()
        self._runner = web.AppRunner(self.server.app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        self._publisher = asyncio.create_task(self.server.publish())
        self._worker = threading.Thread(target=self._work, daemon=True)
        self._worker.start()
        self.http = aiohttp.ClientSession()
        return self

    async def stop(self):
        await self.http.close()
        self._stop.set()
        while self._worker.is_alive():
            await asyncio.sleep(0.01)
        self._publisher.cancel()
        await asyncio.gather(self._publisher, return_exceptions=True)
        await self._runner.cleanup()
        for name, module in self._before.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module

    def _work(self):
        executor = sys.modules["execution"].PromptExecutor(self.server)
        queue = self.server.prompt_queue
        while not self._stop.is_set():
            taken = queue.get(timeout=0.05)
            if taken is None:
                continue
            item, task = taken
            extra = {**item[3], **(item[5] if len(item) > 5 else {})}
            outputs, status = executor.execute(item[2], item[1], extra)
            more = {"process_item": lambda i: i[:5]} if self.variant.secrets_apart else {}
            queue.task_done(task, {"outputs": outputs, "meta": {}}, status, **more)
            if self.server.client_id is not None:
                end = {"node": None, "prompt_id": item[1]}
                self.server.send_sync("executing", end, self.server.client_id)

    async def submit(self, graph, **more):
        async with self.http.post(self.url + "/prompt", json={"prompt": graph, **more}) as answer:
            return answer.status, await answer.json()

    async def post(self, path, body):
        async with self.http.post(self.url + path, json=body) as answer:
            return answer.status

    async def get(self, path, **headers):
        async with self.http.get(self.url + path, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None) if answer.status == 200 else None


def load_package():
    """As ComfyUI does: from its path, under a name made of the path."""
    name = f"custom_nodes_comfytrace_{next(Comfy._loads)}"
    spec = importlib.util.spec_from_file_location(name, PACKAGE / "__init__.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def node(kind, **inputs):
    return {"class_type": kind, "inputs": inputs}
