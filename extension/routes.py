"""The door: the WebSocket /telemetry and GET /telemetry/events on ComfyUI's own address.

Everything here runs on ComfyUI's loop. A subscriber is served by its own task; nobody waits for it.
"""

import asyncio
import json
import sys
import urllib.parse

from aiohttp import WSMsgType, web

from .freeze import encode
from .version import PROTOCOL

MAX_SUBSCRIBERS = 32
BATCH = 64  # frames sent before others get a turn
MAX_EVENTS = 2000
TICK_S = 0.1
STATS_EVERY_S = 30


class _Subscriber:
    def __init__(self, seq):
        self.seq = seq
        self.ready = asyncio.Event()
        self.wants_previews = False
        self.preview = None


class Door:
    def __init__(self, stream, nodes, previews, loop, describe):
        self._stream = stream
        self._nodes = nodes
        self._previews = previews
        self._loop = loop
        self._describe = describe  # the data of a hello
        self._subscribers = set()
        self._waking = False
        self._ticking = False
        self._stats_at = 0
        previews.deliver = self._deliver_preview

    def open(self, routes):
        routes.get("/telemetry")(self._telemetry)
        routes.get("/telemetry/ws")(self._telemetry)
        routes.get("/telemetry/events")(self._events)
        self._stream.appended = self._appended

    def report(self):
        return {"subscribers": len(self._subscribers), "previewSubscribers": self._previews.wanted}

    # --- from any thread ---------------------------------------------------------------------------

    def _appended(self):
        if self._subscribers and not self._waking:
            self._waking = True
            try:
                self._loop.call_soon_threadsafe(self._wake)
            except RuntimeError:  # the loop is closed: ComfyUI is going down
                self._waking = False

    # --- on the loop -------------------------------------------------------------------------------

    def _wake(self):
        self._waking = False  # before the tasks look: what comes after this wakes them again
        for subscriber in self._subscribers:
            subscriber.ready.set()

    def _tick(self):
        if not self._subscribers:
            self._ticking = False
            return
        self._stream.guarded("tick", self._on_tick)
        self._loop.call_later(TICK_S, self._tick)

    def _on_tick(self):
        self._nodes.flush_due()
        now = self._loop.time()
        if now - self._stats_at >= STATS_EVERY_S:
            self._stats_at = now
            self._stream.emit("telemetry", "stats", {**self._stream.report(), **self.report()})

    def _deliver_preview(self, data):
        frame = self._stream.unnumbered("telemetry", "preview", data, self._stream.seq)
        for subscriber in self._subscribers:
            if subscriber.wants_previews:
                if subscriber.preview is not None:
                    self._stream.counters["previewsOvertaken"] += 1
                subscriber.preview = frame
                subscriber.ready.set()

    async def _telemetry(self, request):
        refused = _refusal(request)
        if refused is not None:
            return refused
        if request.headers.get("Upgrade", "").lower() != "websocket":
            data = {**self._describe(), "seq": self._stream.seq, "boot": self._stream.boot}
            return web.Response(text=encode(data)[0], content_type="application/json")
        try:
            since = _number(request, "since")
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        if len(self._subscribers) >= MAX_SUBSCRIBERS:
            return web.json_response({"error": f"{MAX_SUBSCRIBERS} subscribers are connected"}, status=503)
        # Pings find subscribers that are gone or no longer read; such a one is closed.
        ws = web.WebSocketResponse(heartbeat=30, compress=False, max_msg_size=64 * 1024)
        await ws.prepare(request)
        subscriber = _Subscriber(self._stream.place(since, request.query.get("boot")))
        self._add(subscriber)
        hello = self._hello(since, subscriber.seq)
        self._want_previews(subscriber, request.query.get("previews") == "1")
        task = asyncio.ensure_future(self._pump(ws, subscriber, hello))
        try:
            async for message in ws:
                if message.type == WSMsgType.TEXT:
                    self._heard(subscriber, message.data)
        finally:
            self._want_previews(subscriber, False)
            self._subscribers.discard(subscriber)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return ws

    def _add(self, subscriber):
        self._subscribers.add(subscriber)
        if not self._ticking:
            self._ticking = True
            self._stats_at = self._loop.time()
            self._loop.call_later(TICK_S, self._tick)

    def _want_previews(self, subscriber, wanted):
        if subscriber.wants_previews != wanted:
            subscriber.wants_previews = wanted
            self._previews.wanted += 1 if wanted else -1

    def _heard(self, subscriber, text):
        try:
            message = json.loads(text)
            if message.get("type") == "subscribe":
                self._want_previews(subscriber, message.get("previews") is True)
        except (ValueError, AttributeError):
            self._stream.counters["clientMessagesIgnored"] += 1

    def _hello(self, since, place):
        # What was lost since then is told by a `dropped` frame right after this one.
        data = {**self._describe(), "resume": {"since": since, "from": place}}
        return self._stream.unnumbered("telemetry", "hello", data, place)

    async def _pump(self, ws, subscriber, hello):
        await ws.send_str(hello)
        while True:
            subscriber.ready.clear()
            lost, frames, place = self._stream.after(subscriber.seq, BATCH)
            if lost:
                self._stream.counters["dropped"] += lost
                first = subscriber.seq + 1
                data = {"count": lost, "fromSeq": first, "toSeq": first + lost - 1}
                await ws.send_str(self._stream.unnumbered("telemetry", "dropped", data, first + lost - 1))
            for frame in frames:
                await ws.send_str(frame)
            subscriber.seq = place
            preview, subscriber.preview = subscriber.preview, None
            if preview is not None:
                await ws.send_str(preview)
            if lost or frames:
                await asyncio.sleep(0)
            else:
                await subscriber.ready.wait()

    async def _events(self, request):
        refused = _refusal(request)
        if refused is not None:
            return refused
        try:
            since = _number(request, "since") or 0
            limit = min(_number(request, "limit") or MAX_EVENTS, MAX_EVENTS)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        stream = self._stream
        lost, frames, place = stream.after(stream.place(since, request.query.get("boot")), limit)
        head = json.dumps(
            {"protocol": PROTOCOL, "boot": stream.boot, "seq": stream.seq, "next": place, "dropped": lost}
        )
        text = head[:-1] + ', "events": [' + ",".join(frames) + "]}"
        return web.Response(text=text, content_type="application/json")


def _number(request, name):
    text = request.query.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ValueError(f"{name} must be a number from 0 on, not {text[:40]!r}")
    return int(text)


def _refusal(request):
    """403 for a page of another origin. ComfyUI asks on loopback only; a WebSocket knows no CORS, so we always ask."""
    origin = request.headers.get("Origin")
    allowed = _cors_origin()
    if allowed is not None and (allowed == "*" or origin == allowed):
        return None
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return web.Response(status=403)
    if origin is None:
        return None
    try:
        ours = urllib.parse.urlsplit("//" + request.headers.get("Host", "").lower())
        theirs = urllib.parse.urlsplit(origin.lower())
        same = ours.hostname == theirs.hostname and (None in (ours.port, theirs.port) or ours.port == theirs.port)
    except ValueError:  # not an address at all
        same = False
    return None if same and theirs.hostname else web.Response(status=403)


def _cors_origin():
    """What the user allowed with --enable-cors-header, or None."""
    args = getattr(sys.modules.get("comfy.cli_args"), "args", None)
    return getattr(args, "enable_cors_header", None)
