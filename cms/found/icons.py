"""Draws the icons that browsers and phones want as pictures, from the emblem: ``python -m cms.found.icons``.

A development command: it needs Playwright and Chromium, and the repository keeps the pictures.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image

EMBLEM = Path(__file__).parents[1] / "core/static/core/img/emblem.svg"
BUILT = Path(__file__).parent / "static/found"
SIZES = (180, 192, 512)
MARGIN = 0.1  # phones cut the corners
ICO = 32


def draw(size: int, *, margin: float = MARGIN, ground: str = "#ffffff") -> bytes:
    """A square PNG."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - of the development tools

    inner = round(size * (1 - 2 * margin))
    html = (
        f'<body style="margin:0;background:{ground};display:grid;place-items:center;height:{size}px">'
        f'<div style="width:{inner}px;height:{inner}px;display:grid">{EMBLEM.read_text(encoding="utf-8")}</div>'
        "<style>svg{width:100%;height:100%}</style>"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": size, "height": size})
        page.set_content(html)
        picture = page.screenshot(omit_background=ground == "transparent")
        browser.close()
    return picture


def main() -> int:
    BUILT.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        picture = Image.open(io.BytesIO(draw(size))).convert("RGB").quantize(64)
        picture.save(BUILT / f"icon-{size}.png", optimize=True)
    small = Image.open(io.BytesIO(draw(ICO, margin=0, ground="transparent")))
    small.save(BUILT / "favicon.ico", sizes=[(16, 16), (ICO, ICO)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
