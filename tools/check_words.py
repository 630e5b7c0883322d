#!/usr/bin/env python3
"""Checks what the documents say against what is there: named files exist, named commands are commands.

Prints one line a breach; exit code 1 if there is one.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", *(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").rglob("*.md"))]
# `src/…`, `tools/…`, `docs/…` in backquotes or as a link target.
NAMED_FILE = re.compile(r"[`(]((?:src|tools|docs|tests|bench|fuzz|web|cmake)/[A-Za-z0-9_./-]+)[`)]")
# Files of src/ that ARCHITECTURE.md names without ending, `collect/telemetry_stream_manager`.
NAMED_PART = re.compile(r"`((?:base|net|model|comfyui|assemble|history|insight|collect|replay|live|alert|api|app)/[a-z0-9_/]+)`")
COMMAND = re.compile(r"`comfytrace ([a-z]+)")


def commands():
    files = [ROOT / "src" / "app" / "command_line.cc", *(ROOT / "src" / "app").glob("*_commands.cc")]
    text = "\n".join(file.read_text() for file in files)
    return set(re.findall(r'commands\s*\.add\(\s*"([a-z]+)"', text)) | set(re.findall(r'add_subcommand\("([a-z]+)"', text))


def breaches():
    known = commands()
    for name in DOCUMENTS:
        text = (ROOT / name).read_text()
        for target in NAMED_FILE.findall(text):
            if "*" not in target and not (ROOT / target).exists() and not target.startswith(("web/node_modules", "tests/recordings/<")):
                yield f"{name}: names {target}, which is not there"
        for part in NAMED_PART.findall(text):
            place = ROOT / "src" / part
            if not (place.is_dir() or place.with_suffix(".h").exists() or place.with_suffix(".cc").exists()):
                yield f"{name}: names {part}, which is not in src/"
        for command in COMMAND.findall(text):
            if command not in known:
                yield f"{name}: names the command {command}, which is not one"
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    for name in tracked:
        if name.endswith((".cc", ".h", ".py", ".md", ".ts", ".tsx", ".mjs", ".css", ".txt", ".json")):
            text = (ROOT / name).read_text(errors="replace")
            if any(line.startswith(("<" * 7, ">" * 7)) for line in text.splitlines()):
                yield f"{name}: holds a merge that was not finished"
        if name.endswith((".cc", ".h", ".py", ".md", ".ts", ".tsx", ".mjs")) and "\t" in (ROOT / name).read_text(errors="replace"):
            yield f"{name}: holds a tab"


def main():
    found = list(breaches())
    for line in found:
        print(line)
    if not found:
        print("documents: true")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
