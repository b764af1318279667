"""The live numbers of an open page where networks, proxies, clocks and browsers are as they are outside."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from patience import wait_until
from product import Product
from wire import Wire

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    NewVisitor = Callable[..., BrowserContext]

pytestmark = pytest.mark.browser

SEEDED = (
    "/thi-dua-khen-thuong/hoi-nghi-tong-ket-thi-dua-khen-thuong-nam-2020-phat-dong-va-ky-ket-giao-uoc-thi-dua-nam-2021/"
)
# The delays are measured, not asserted: test-artifacts/live-*.json.
WITH_SET_CLOCK = Path(__file__).parents[1] / "support/with_set_clock.py"
WINDOWS = 7  # browsers open six connections to a host over HTTP/1.1


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file with the seconds by which the product's clock is ahead."""
    return tmp_path_factory.mktemp("clock") / "ahead"


@pytest.fixture(scope="module")
def product(first_start: Path, clock: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    data_dir = tmp_path_factory.mktemp("product") / "data"
    shutil.copytree(first_start, data_dir, symlinks=True)
    with Product(data_dir, program=[str(WITH_SET_CLOCK), str(clock), "cms"]) as product:
        yield product
        product.stop()


@pytest.fixture
def wire(product: Product) -> Iterator[Wire]:
    with Wire(product.port) as wire:
        yield wire


class Reader:
    """Opens pages through the wire, and lets other readers view the seeded page."""

    def __init__(self, product: Product, wire: Wire, browser: BrowserContext) -> None:
        self._product = product
        self._wire = wire
        self._browser = browser
        self._others = iter(range(2, 250))

    def open(self) -> Page:
        """A window with the seeded page."""
        page = self._browser.new_page()
        page.goto(self._wire.base_url + SEEDED)
        return page

    def view_elsewhere(self, *windows: Page) -> float:
        """Let another reader view the page and wait until each of ``windows`` shows it; returns the seconds."""
        page_id = views_of(windows[0]).get_attribute("data-page-views")

        def count() -> int:
            views: int = self._product.get(f"/_nhip/pages.json?ids={page_id}")["pages"][page_id]
            return views

        before = count()
        began = time.monotonic()
        assert self._product.view(int(page_id), SEEDED, client=f"127.0.0.{next(self._others)}") == 202
        wait_until(lambda: count() > before)
        for window in windows:
            wait_until(lambda window=window: views_of(window).inner_text() == f"{count():,}".replace(",", "."))
        return time.monotonic() - began


@pytest.fixture
def reader(product: Product, wire: Wire, new_visitor: NewVisitor) -> Reader:
    return Reader(product, wire, new_visitor())


def test_behind_a_proxy_that_holds_streams_back_the_numbers_come_all_the_same(
    reader: Reader, wire: Wire, artifacts: Path
) -> None:
    wire.holds_streams = True
    page = reader.open()
    keep(artifacts, "live-held-back.json", reader.view_elsewhere(page), reader.view_elsewhere(page))


def test_after_a_connection_was_lost_silently_the_numbers_come_again(
    reader: Reader, wire: Wire, artifacts: Path
) -> None:
    page = reader.open()
    reader.view_elsewhere(page)
    wait_until(lambda: wire.streams == 1)
    wire.lose()
    keep(artifacts, "live-lost-connection.json", reader.view_elsewhere(page))


def test_the_numbers_go_on_when_the_clock_is_set_back_and_right_again(reader: Reader, clock: Path) -> None:
    page = reader.open()
    for ahead in (0, -600, 0):
        clock.write_text(str(ahead), encoding="ascii")
        reader.view_elsewhere(page)
        reader.view_elsewhere(page)
        assert page.locator(".access-statistics__as-of").is_hidden()


def test_a_seventh_window_loads_and_all_of_them_cost_one_stream(reader: Reader, wire: Wire) -> None:
    windows = [reader.open() for _ in range(WINDOWS)]
    reader.view_elsewhere(*windows)
    wait_until(lambda: wire.streams == 1, what=lambda: f"{wire.streams} streams")

    windows.pop(0).close()
    reader.view_elsewhere(*windows)
    wait_until(lambda: wire.streams == 1, what=lambda: f"{wire.streams} streams")


def views_of(page: Page) -> Any:
    return page.locator("[data-page-views]").first


def keep(artifacts: Path, name: str, *delays: float) -> None:
    measured = {"seconds from a view to the open page": [round(delay, 1) for delay in delays]}
    (artifacts / name).write_text(json.dumps(measured) + "\n", encoding="utf-8")
