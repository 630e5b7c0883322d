"""The whole: modules in sys.modules, the extension loaded as ComfyUI loads it, server and worker running."""

import asyncio
import importlib.util
import itertools
import pathlib
import sys
import threading
import types

import aiohttp
from aiohttp import web

from .executor import make_execution_module
from .node_progress import make_progress_module
from .prompt_server import Server
from .variant import V0_8_0

PACKAGE = pathlib.Path(__file__).resolve().parents[2]


class Picture:
    """Enough of a PIL image where no pixel is looked at."""

    mode, size = "RGB", (64, 64)


class Comfy:
    """The whole: modules in sys.modules, the extension loaded as ComfyUI loads it, server and worker running."""

    MODULES = ("server", "execution", "comfyui_version", "comfy_execution", "comfy_execution.progress")
    _loads = itertools.count()

    def __init__(self, variant=V0_8_0, picture=None, cuda=None):
        self.variant = variant
        self.order = []  # (source, event) of every call, as the recordings of the real server have them
        self.bodies = []  # what the POST handler was left with after the handlers
        self.picture = picture or Picture()
        self.cuda = cuda  # what its nodes use, if anything
        self.interrupted = threading.Event()
        self.telemetry = None
        self.package = None
        self._stop = threading.Event()
        self._before = {}

    async def start(self, load=True, prepare=None, port=0, custom_nodes=None):
        """`custom_nodes`: loads the packages in this folder instead of the one these tests belong to."""
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
        if custom_nodes is not None:
            for folder in sorted(path for path in custom_nodes.iterdir() if (path / "__init__.py").exists()):
                self._serve_pages(folder, load_package(folder))
        elif load:
            self.package = load_package()
            self.telemetry = self.package.telemetry
        self.server.add_routes()
        self._runner = web.AppRunner(self.server.app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        self._publisher = asyncio.create_task(self.server.publish())
        self._worker = threading.Thread(target=self._work, daemon=True)
        self._worker.start()
        self.http = aiohttp.ClientSession()
        return self

    def _serve_pages(self, folder, package):
        pages = getattr(package, "WEB_DIRECTORY", None)
        if pages is not None:
            self.server.app.add_routes([web.static(f"/extensions/{folder.name}", folder / pages)])

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


def load_package(folder=PACKAGE):
    """As ComfyUI does: from its path, under a name made of the path."""
    name = f"custom_nodes_comfytrace_{next(Comfy._loads)}"
    spec = importlib.util.spec_from_file_location(name, folder / "__init__.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def node(kind, **inputs):
    return {"class_type": kind, "inputs": inputs}
