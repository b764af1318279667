"""Writes the minified scripts from their sources: ``python -m pipeline.collecting.script.build``.

A development command, and the repository keeps the built files. rjsmin removes comments and white space and leaves the
names, which gzip makes cheap. The element is larger: terser (``npm ci``) shortens its names too. A line
``//= display.js`` in a source stands for that file.
"""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import sys
from pathlib import Path

import rjsmin  # type: ignore[import-untyped]

SOURCE = Path(__file__).with_name("beacon.js")
BUILT = Path(__file__).with_name("beacon.min.js")
LARGEST = 700
SECOND_SOURCE = Path(__file__).with_name("engagement.js")
SECOND_BUILT = Path(__file__).with_name("engagement.min.js")
LARGEST_TOGETHER = 1300
ELEMENT_SOURCE = Path(__file__).with_name("nhip.js")
ELEMENT_BUILT = Path(__file__).with_name("nhip.min.js")
LARGEST_ELEMENT = 3000

TERSER = Path(__file__).parents[3] / "node_modules/terser/bin/terser"

_INCLUDED = re.compile(r"^ *//= (\S+)$", re.MULTILINE)


def build(source: Path) -> str:
    """The script as browsers get it."""
    whole = _INCLUDED.sub(lambda found: _read(source.with_name(found[1])), _read(source))
    return _shorten(whole) if source == ELEMENT_SOURCE else str(rjsmin.jsmin(whole)) + "\n"


def terser() -> list[str] | None:
    """How terser is called; None where it or Node is missing."""
    node = shutil.which("node")
    return [node, str(TERSER)] if node and TERSER.exists() else None


def gzipped_size(script: str) -> int:
    """Bytes on the wire at gzip's level 9."""
    return len(gzip.compress(script.encode(), compresslevel=9, mtime=0))


def _shorten(module: str) -> str:
    command = terser()
    if command is None:
        raise SystemExit("nhip.js needs terser: npm ci")
    options = ["--module", "--mangle", "--compress", "passes=3,ecma=2022,unsafe_arrows=true", "--ecma", "2022"]
    return subprocess.run([*command, *options], input=module, capture_output=True, text=True, check=True).stdout


def main() -> int:
    first, second = _write(SOURCE, BUILT), _write(SECOND_SOURCE, SECOND_BUILT)
    sys.stdout.write(f"at most {LARGEST} and {LARGEST_TOGETHER} together, which are {first + second}\n")
    element = _write(ELEMENT_SOURCE, ELEMENT_BUILT)
    sys.stdout.write(f"at most {LARGEST_ELEMENT}\n")
    return 0 if first <= LARGEST and first + second <= LARGEST_TOGETHER and element <= LARGEST_ELEMENT else 1


def _read(source: Path) -> str:
    return source.read_text(encoding="utf-8")


def _write(source: Path, built: Path) -> int:
    script = build(source)
    built.write_text(script, encoding="utf-8")
    size = gzipped_size(script)
    sys.stdout.write(f"{built.name}: {len(script)} bytes, {size} gzipped\n")
    return size


if __name__ == "__main__":
    sys.exit(main())
