"""The stand-in as a process of its own."""

import argparse
import asyncio
import logging
import pathlib
import sys
import types

from . import V0_3_64, V0_8_0, Comfy, FakeCuda


async def serve(options):
    cuda = FakeCuda() if options.cuda else None
    if cuda is not None:
        sys.modules["torch"] = types.SimpleNamespace(cuda=cuda, __version__="2.9.0+fake")
    variant = next(v for v in (V0_3_64, V0_8_0) if v.version == options.comfyui)
    comfy = await Comfy(variant, cuda=cuda).start(port=options.port, custom_nodes=options.custom_nodes)
    print(f"stand-in of ComfyUI {variant.version} at {comfy.url}", flush=True)
    await asyncio.Event().wait()


def main():
    parser = argparse.ArgumentParser(prog="stand_in", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--comfyui", default=V0_8_0.version, choices=[V0_3_64.version, V0_8_0.version])
    parser.add_argument("--custom-nodes", type=pathlib.Path, required=True, help="every package in it is loaded")
    parser.add_argument("--cuda", action="store_true", help="with a torch that has one fake GPU")
    logging.basicConfig(level=logging.INFO)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
