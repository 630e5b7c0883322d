#!/usr/bin/env python3
"""Turns a built page into an assembly file and a table that the linker puts into the binary.

usage: embed.py DIR OUT_DIR PREFIX     (an empty DIR name embeds nothing)
Writes OUT_DIR/assets.S, OUT_DIR/assets.inc and the blobs they name. The same input gives the same bytes.
"""

import gzip
import hashlib
import mimetypes
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
COMPRESSIBLE = {".html", ".js", ".css", ".svg", ".json", ".txt", ".webmanifest"}


def main(dist, out, prefix):
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    files = sorted(p for p in pathlib.Path(dist).rglob("*") if p.is_file() and p.suffix != ".map") if dist else []
    assembly = ['.section .rodata,"a"\n']
    rows = []
    for index, path in enumerate(files):
        raw = path.read_bytes()
        name = "/" + path.relative_to(dist).as_posix()
        etag = hashlib.sha256(raw).hexdigest()[:16]
        blobs = {"raw": raw}
        if path.suffix in COMPRESSIBLE:
            packed = gzip.compress(raw, 9, mtime=0)
            if len(packed) < len(raw):
                blobs["gz"] = packed
        for kind, data in blobs.items():
            blob = out / f"{index}.{kind}"
            blob.write_bytes(data)
            symbol = f"comfytrace_{prefix}_{index}_{kind}"
            assembly.append(f'.global {symbol}\n.balign 16\n{symbol}:\n.incbin "{blob}"\n.global {symbol}_end\n{symbol}_end:\n.byte 0\n')
        content_type = TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        macro = "COMFYTRACE_ASSET_GZ" if "gz" in blobs else "COMFYTRACE_ASSET_RAW"
        immutable = "true" if name.startswith("/assets/") else "false"
        rows.append(f'{macro}({index}, "{name}", "{content_type}", "{etag}", {immutable})\n')
    assembly.append('.section .note.GNU-stack,"",@progbits\n')
    (out / "assets.S").write_text("".join(assembly))
    (out / "assets.inc").write_text("".join(rows))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3])
