"""Writes the small scripts of public pages, which are static files, from their sources: ``python -m cms.core.scripts``.

A development command: it needs rjsmin, and the repository keeps the built files.
"""

from __future__ import annotations

import sys
from pathlib import Path

import rjsmin  # type: ignore[import-untyped]

CMS = Path(__file__).parents[1]
SOURCES = ("search/script/suggest.js", "found/script/display.js", "found/script/tools.js")


def built_of(source: str) -> Path:
    app, _folder, name = source.split("/")
    return CMS / app / "static" / app / name.replace(".js", ".min.js")


def build(source: str) -> str:
    """The script as browsers get it."""
    return str(rjsmin.jsmin((CMS / source).read_text(encoding="utf-8"))) + "\n"


def main() -> int:
    for source in SOURCES:
        built = built_of(source)
        built.parent.mkdir(parents=True, exist_ok=True)
        built.write_text(build(source), encoding="utf-8")
        sys.stdout.write(f"{built.name}: {built.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
