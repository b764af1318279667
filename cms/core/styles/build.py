"""Writes the site's one stylesheet, site.css, from the files beside this one: ``python -m cms.core.styles.build``.

``@when dark { :root { … } }`` in a source says once what holds in the dark scheme, whether the reader's system asks for
it or the reader has chosen it on the site; so do ``@when contrast`` and ``@when dark contrast`` (conditions.py).

A development command: it needs rcssmin, and the repository keeps the built file.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import rcssmin  # type: ignore[import-untyped]

from cms.core.styles.conditions import in_every_way

SOURCES = Path(__file__).parent
# The later rule wins.
ORDER = ("fonts", "tokens", "contrast", "base", "layout", "components", "blocks", "found", "emulation", "print")
BUILT = SOURCES.parent / "static/core/css/site.css"


RULE = re.compile(r"@when ([a-z ]+) \{\n(.*?)\n\}\n", re.DOTALL)  # ends at the first brace that starts a line


def build() -> str:
    """The stylesheet as browsers get it."""
    source = "".join((SOURCES / f"{name}.css").read_text(encoding="utf-8") for name in ORDER)
    return str(rcssmin.cssmin(RULE.sub(lambda rule: in_every_way(rule[1], rule[2]), source))) + "\n"


def main() -> int:
    BUILT.write_text(build(), encoding="utf-8")
    sys.stdout.write(f"{BUILT.name}: {BUILT.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
