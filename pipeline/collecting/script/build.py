"""Writes beacon.min.js and engagement.min.js from their sources: ``python -m pipeline.collecting.script.build``.

A development command: it needs rjsmin, and the repository keeps the built files. The minifier removes comments and
white space and leaves the names, which gzip makes cheap.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import rjsmin  # type: ignore[import-untyped]

SOURCE = Path(__file__).with_name("beacon.js")
BUILT = Path(__file__).with_name("beacon.min.js")
LARGEST = 700
SECOND_SOURCE = Path(__file__).with_name("engagement.js")
SECOND_BUILT = Path(__file__).with_name("engagement.min.js")
LARGEST_TOGETHER = 1300


def build(source: str) -> str:
    """The script as browsers get it."""
    return str(rjsmin.jsmin(source)) + "\n"


def gzipped_size(script: str) -> int:
    """Bytes on the wire at gzip's level 9."""
    return len(gzip.compress(script.encode(), compresslevel=9, mtime=0))


def main() -> int:
    sizes = [_write(SOURCE, BUILT), _write(SECOND_SOURCE, SECOND_BUILT)]
    sys.stdout.write(f"at most {LARGEST} and {LARGEST_TOGETHER} together, which are {sum(sizes)}\n")
    return 0 if sizes[0] <= LARGEST and sum(sizes) <= LARGEST_TOGETHER else 1


def _write(source: Path, built: Path) -> int:
    script = build(source.read_text(encoding="utf-8"))
    built.write_text(script, encoding="utf-8")
    size = gzipped_size(script)
    sys.stdout.write(f"{built.name}: {len(script)} bytes, {size} gzipped\n")
    return size


if __name__ == "__main__":
    sys.exit(main())
