"""Writes live.min.js, which pages load, from live.js: ``python -m cms.statistics.script.build``.

A development command: it needs rjsmin, and the repository keeps the built file.
"""

from __future__ import annotations

import sys
from pathlib import Path

import rjsmin  # type: ignore[import-untyped]

SOURCE = Path(__file__).with_name("live.js")
BUILT = Path(__file__).parents[1] / "static/statistics/live.min.js"


def build() -> str:
    """The script as browsers get it."""
    return str(rjsmin.jsmin(SOURCE.read_text(encoding="utf-8"))) + "\n"


def main() -> int:
    BUILT.write_text(build(), encoding="utf-8")
    sys.stdout.write(f"{BUILT.name}: {BUILT.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
