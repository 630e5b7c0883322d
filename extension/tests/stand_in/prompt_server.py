"""The module `server`: sockets, routes and who is sent what."""

import asyncio
import json
import sys
import time
import urllib.parse
import uuid

from aiohttp import web

from .prompt_queue import Queue
from .variant import SECRET_NAMES


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
        self.routes.get("/queue")(self.get_queue)
        self.routes.get("/history")(self.get_history)
        self.routes.get("/history/{prompt_id}")(self.get_history)
        self.routes.get("/system_stats")(self.get_system_stats)
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

    def remaining(self):
        return len(self.prompt_queue.queue) + len(self.prompt_queue.currently_running)

    def queue_updated(self):
        self.send_sync("status", {"status": {"exec_info": {"queue_remaining": self.remaining()}}})

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
        status = {"exec_info": {"queue_remaining": self.remaining()}}
        await socket.send_str(json.dumps({"type": "status", "data": {"status": status, "sid": sid}}))
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

    async def get_queue(self, request):
        running, pending = self.prompt_queue.snapshot()
        return web.json_response({"queue_running": running, "queue_pending": pending}, dumps=as_text)

    async def get_history(self, request):
        newest = int(request.query.get("max_items", 10_000))
        entries = self.prompt_queue.past(request.match_info.get("prompt_id"), newest)
        return web.json_response(entries, dumps=as_text)

    async def get_system_stats(self, request):
        system = {"os": "linux", "ram_total": 8 << 30, "ram_free": 4 << 30, "argv": ["main.py"]}
        system |= {"comfyui_version": self.comfy.variant.version, "python_version": sys.version}
        kind = "cuda" if self.comfy.cuda else "cpu"
        device = {"name": f"{kind}:0 Fake GPU 0", "type": kind, "index": 0, "vram_total": 24 << 30, "vram_free": 20 << 30}
        device |= {"torch_vram_total": 0, "torch_vram_free": 0}
        return web.json_response({"system": system, "devices": [device]})

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
