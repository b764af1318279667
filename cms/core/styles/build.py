"""Writes the site's one stylesheet, site.css, from the files beside this one: ``python -m cms.core.styles.build``.

A development command: it needs rcssmin, and the repository keeps the built file.
"""

from __future__ import annotations

import sys
from pathlib import Path

import rcssmin  # type: ignore[import-untyped]

SOURCES = Path(__file__).parent
ORDER = ("fonts", "tokens", "base", "layout", "components", "emulation", "print")  # the later rule wins
BUILT = SOURCES.parent / "static/core/css/site.css"


def build() -> str:
    """The stylesheet as browsers get it."""
    source = "".join((SOURCES / f"{name}.css").read_text(encoding="utf-8") for name in ORDER)
    return str(rcssmin.cssmin(source)) + "\n"


def main() -> int:
    BUILT.write_text(build(), encoding="utf-8")
    sys.stdout.write(f"{BUILT.name}: {BUILT.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
