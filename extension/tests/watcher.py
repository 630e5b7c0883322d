"""A subscriber of /telemetry for tests."""

import asyncio
import json

PATIENCE_S = 30  # only so that a broken test ends


class Watcher:
    def __init__(self, comfy, query="", path="/telemetry"):
        self._comfy, self._url = comfy, f"{comfy.url}{path}{query}"
        self.frames = []
        self.texts = []

    async def __aenter__(self):
        self.ws = await self._comfy.http.ws_connect(self._url, max_msg_size=0)
        self.hello = await self.next()
        return self

    async def __aexit__(self, *_):
        await self.ws.close()

    async def next(self):
        text = await asyncio.wait_for(self.ws.receive_str(), PATIENCE_S)
        self.texts.append(text)
        frame = json.loads(text, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(f"not JSON: {name}")))
        self.frames.append(frame)
        return frame

    async def until(self, event, **data):
        """Reads on to the first such frame; all frames read are kept."""
        while True:
            frame = await self.next()
            if frame["event"] == event and all(frame["data"].get(k) == v for k, v in data.items()):
                return frame

    def of(self, event):
        return [frame for frame in self.frames if frame["event"] == event]

    def events(self, *sources):
        return [frame["event"] for frame in self.frames if not sources or frame["source"] in sources]

    def numbers(self):
        """Numbers of the frames that every subscriber gets."""
        return [f["seq"] for f in self.frames if f["event"] not in ("hello", "dropped", "preview")]
