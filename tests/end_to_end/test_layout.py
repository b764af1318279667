"""Every template fits the screens of its readers, from a small phone to a desk; leaves pictures to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import BrowserContext
    from product import Product

    NewVisitor = Callable[..., BrowserContext]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SECTION = "/thi-dua-khen-thuong/"
SEEDED = SECTION + "hoi-nghi-tong-ket-thi-dua-khen-thuong-nam-2020-phat-dong-va-ky-ket-giao-uoc-thi-dua-nam-2021/"
PAGES = [
    pytest.param("home", "/", id="home"),
    pytest.param("news-index", "/tin-tuc/", id="news-index"),
    pytest.param("emulation-index", SECTION, id="emulation-index"),
    pytest.param("emulation-page", SEEDED, id="emulation-page"),
    pytest.param("article", None, id="article"),
]

# A screenshot of the whole page needs the lazy images further down too.
LOAD_EVERYTHING = """async () => {
  await document.fonts.ready;
  for (const image of document.images) image.loading = "eager";
  await Promise.all([...document.images].map((image) => image.decode()));
}"""


@pytest.mark.parametrize("width", [320, 360, 1280])
@pytest.mark.parametrize(("name", "path"), PAGES)
def test_pages_fit_the_screen(
    product: Product, new_visitor: NewVisitor, artifacts: Path, name: str, path: str | None, width: int
) -> None:
    page = new_visitor(viewport={"width": width, "height": 800}).new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(product.base_url + (path or "/tin-tuc/"))
    if path is None:
        page.locator('main a[href^="/tin-tuc/"]').first.click()
        page.wait_for_url("**/tin-tuc/*/")
    page.evaluate(LOAD_EVERYTHING)
    page.screenshot(path=artifacts / f"{name}-{width}.png", full_page=True)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults == []
