"""The parts put together."""

import logging
import os
import platform
import sys

from .freeze import Secrets
from .memory import TorchMemory
from .preview import Previews
from .progress import NodeTable
from .routes import Door
from .stream import Stream
from .taps import Taps
from .version import PROTOCOL, VERSION


class Telemetry:
    def __init__(self, server):
        self.secrets = Secrets(getattr(sys.modules.get("execution"), "SENSITIVE_EXTRA_DATA_KEYS", ()))
        self.stream = Stream(self.secrets)
        self.memory = TorchMemory(self.stream)
        self.nodes = NodeTable(self.stream, self.memory)
        self.previews = Previews(self.stream, server.loop)
        self.taps = Taps(server, self.stream, self.secrets, self.nodes, self.previews)
        self.door = Door(self.stream, self.nodes, self.previews, server.loop, self.describe)
        self._routes = server.routes

    def attach(self):
        self.door.open(self._routes)
        self.taps.attach()
        missing = ", ".join(self.taps.skipped) or "none"
        logging.getLogger("comfytrace").info("telemetry %s at /telemetry; taps missing: %s", VERSION, missing)

    def describe(self):
        skipped = dict(self.taps.skipped)
        present = list(self.taps.present)
        if self.memory.skipped is None:
            present.append("torch_memory")
        else:
            skipped["torch_memory"] = self.memory.skipped
        return {
            "protocol": PROTOCOL,
            "extensionVersion": VERSION,
            "comfyuiVersion": getattr(sys.modules.get("comfyui_version"), "__version__", None),
            "pythonVersion": platform.python_version(),
            "torchVersion": _text(getattr(sys.modules.get("torch"), "__version__", None)),
            "pid": os.getpid(),
            "taps": {"present": present, "skipped": [{"name": n, "reason": r} for n, r in skipped.items()]},
            "runningNodes": self.nodes.running(),
            **self.stream.report(),
            **self.door.report(),
        }


def _text(value):
    return None if value is None else str(value)
