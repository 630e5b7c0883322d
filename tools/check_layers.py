#!/usr/bin/env python3
"""Checks that a folder of src/ includes only itself and folders above it in src/LAYERS.

Also holds the house rules that a pattern can hold: no BOOST_ASIO_*/BOOST_BEAST_* macro outside cmake/, no co_await
operand that g++ 12 miscompiles, and no file over its length. Prints one line a breach; exit code 1 if there is one.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_LINES = {".h": 220, ".cc": 450}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
# Full expressions that g++ 12 gets wrong: a capturing lambda or an aggregate inside, or a switch over, a co_await.
COROUTINE_TRAPS = [
    (re.compile(r"co_await[^;]*\[[^\]]"), "capturing lambda inside a co_await expression"),
    (re.compile(r"co_await[^;]*\w\{"), "aggregate inside a co_await expression"),
    (re.compile(r"switch\s*\(\s*co_await"), "switch over co_await"),
]
NETWORK_MACRO = re.compile(r"^\s*#\s*define\s+BOOST_(ASIO|BEAST)_")
# Translation units that instantiate Beast's stream classes are slow to build: they are few and named here.
BEAST_STREAMS = re.compile(r"boost/beast/(websocket|core/tcp_stream|ssl)")
BEAST_STREAM_FILES = {"src/net/beast_interop_test.cc", "src/net/websocket_client.cc", "src/net/http_client.cc"}


def layers():
    lines = (ROOT / "src" / "LAYERS").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def breaches():
    order = {name: rank for rank, name in enumerate(layers())}
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix not in MAX_LINES:
            continue
        name = path.relative_to(ROOT).as_posix()
        folder = path.relative_to(ROOT / "src").parts[0]
        if folder not in order:
            yield f"{name}: folder {folder} is not in src/LAYERS"
            continue
        text = path.read_text()
        lines = text.splitlines()
        if len(lines) > MAX_LINES[path.suffix] and not path.stem.endswith(("_test", "_contract")) and path.parent.name != "testing":
            yield f"{name}: {len(lines)} lines, at most {MAX_LINES[path.suffix]}: split it by noun"
        for number, line in enumerate(lines, 1):
            found = INCLUDE.match(line)
            if found:
                target = found.group(1).split("/")[0]
                if found.group(1).endswith(".inc"):
                    pass  # made by tools/embed.py at build time
                elif target not in order:
                    yield f"{name}:{number}: includes {found.group(1)}, which is not of src/"
                elif order[target] > order[folder]:
                    yield f"{name}:{number}: {folder} may not include {found.group(1)}"
                elif target != folder and len(found.group(1).split("/")) > 2 and "private" in found.group(1):
                    yield f"{name}:{number}: {found.group(1)} is private to {target}"
            if NETWORK_MACRO.match(line):
                yield f"{name}:{number}: BOOST_* macros live in cmake/dependencies.cmake alone"
            if BEAST_STREAMS.search(line) and "#include" in line and name not in BEAST_STREAM_FILES:
                yield f"{name}:{number}: Beast streams are instantiated in named files only"
        for pattern, what in COROUTINE_TRAPS:
            for found in pattern.finditer(text):
                yield f"{name}:{text.count(chr(10), 0, found.start()) + 1}: {what}"


def main():
    found = list(breaches())
    for line in found:
        print(line)
    if not found:
        print("layers: in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
