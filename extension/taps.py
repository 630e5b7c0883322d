"""Where we listen. Each tap wraps one name of ComfyUI's, hands arguments and results on untouched, and never raises.

A name that this ComfyUI does not have is skipped and reported in the hello. Nothing here waits for a subscriber.
"""

from .execution_taps import ExecutionTaps
from .queue_taps import QueueTaps
from .wrap import Missing


class Taps:
    def __init__(self, server, stream, secrets, nodes, previews):
        self._stream = stream
        self._groups = (ExecutionTaps(server, stream, nodes, previews), QueueTaps(server, stream, secrets, nodes))
        self.present = []
        self.skipped = {}  # name -> reason

    def attach(self):
        for group in self._groups:
            for name, attach in group.names():
                try:
                    attach()
                    self.present.append(name)
                except Missing as missing:
                    self.skipped[name] = f"{missing} does not exist"
                except Exception as error:
                    self.skipped[name] = f"{type(error).__qualname__}: {error}"
                    self._stream.failed(name, error)
