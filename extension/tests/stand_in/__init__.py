"""A ComfyUI in miniature on a real aiohttp server: names, threads and order of calls as measured on the real one.

`Variant` holds what differs between versions. Test nodes: Source (returns at once), Sampler (steps, pause_s, previews,
text), Raise (its inputs stand in the error), Show (an output node that returns `ui`), ShowBad (the same, unfit for JSON).
Each may have `peak_bytes` and `left_bytes`, what it uses of a fake GPU. As a process: see `python3 -m stand_in --help`.
"""

import logging

from .comfy import PACKAGE, Comfy, load_package, node
from .fake_cuda import FakeCuda
from .node_progress import Graph
from .variant import V0_3_64, V0_8_0, Variant

__all__ = ["PACKAGE", "V0_3_64", "V0_8_0", "Comfy", "FakeCuda", "Graph", "Variant", "load_package", "node"]

logging.getLogger("asyncio").setLevel(logging.ERROR)  # the debug mode of the test loop tells of every slow step
