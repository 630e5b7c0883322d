"""comfytrace telemetry: mirrors what happens inside ComfyUI to passive subscribers of /telemetry on ComfyUI itself.

A custom node package without nodes. It changes no prompt, decides nothing, and counts its failures instead of raising.
"""

import logging

NODE_CLASS_MAPPINGS = {}
NODE_DISPLAY_NAME_MAPPINGS = {}
WEB_DIRECTORY = "./web"
__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS", "WEB_DIRECTORY"]


def _attach():
    from server import PromptServer

    from .telemetry import Telemetry

    server = PromptServer.instance
    # Installed twice (by hand and by a manager), the second copy would report everything a second time.
    if getattr(server, "comfytrace_telemetry", None) is not None:
        logging.getLogger("comfytrace").warning("telemetry is attached already; this copy stays idle: %s", __file__)
        return None
    server.comfytrace_telemetry = Telemetry(server)
    server.comfytrace_telemetry.attach()
    return server.comfytrace_telemetry


try:
    telemetry = _attach()
except Exception:  # ComfyUI goes on without telemetry
    telemetry = None
    logging.getLogger("comfytrace").exception("telemetry could not be attached; ComfyUI is not affected")
