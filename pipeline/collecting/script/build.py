"""Writes beacon.min.js from beacon.js: ``python -m pipeline.collecting.script.build``.

A development command: it needs rjsmin, and the repository keeps the built file. The minifier removes comments and white
space and leaves the names, which gzip makes cheap.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import rjsmin  # type: ignore[import-untyped]

SOURCE = Path(__file__).with_name("beacon.js")
BUILT = Path(__file__).with_name("beacon.min.js")
LARGEST = 700


def build(source: str) -> str:
    """The script as browsers get it."""
    return str(rjsmin.jsmin(source)) + "\n"


def gzipped_size(script: str) -> int:
    """Bytes on the wire at gzip's level 9."""
    return len(gzip.compress(script.encode(), compresslevel=9, mtime=0))


def main() -> int:
    script = build(SOURCE.read_text(encoding="utf-8"))
    BUILT.write_text(script, encoding="utf-8")
    size = gzipped_size(script)
    sys.stdout.write(f"{BUILT.name}: {len(script)} bytes, {size} gzipped, at most {LARGEST}\n")
    return 0 if size <= LARGEST else 1


if __name__ == "__main__":
    sys.exit(main())
