"""The script that keeps an open page's numbers current, in a real Chromium against a collector made for the test."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest
from http_server import serve
from patience import wait_until
from playwright.sync_api import expect

from cms.statistics.script.build import BUILT, build

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    NewVisitor = Callable[..., BrowserContext]

pytestmark = pytest.mark.browser

HTML = """<!doctype html><html lang="vi"><meta charset="utf-8"><link rel="icon" href="data:,"><title>x</title>
<p>Lượt xem: <span data-page-views="3">1.327</span> <span data-page-views="4">5</span></p>
<section data-live="/_nhip/live" data-site="2" data-unit="visits">
<b data-counter="online">1</b> <b data-counter="total">1.000</b>
<p class="access-statistics__as-of" hidden>Số liệu lúc <time></time></p></section>
<script src="/live.js" defer></script></html>"""

# A driven browser shows every tab, so this tells the page that it is hidden.
PRETEND = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
NOON = 1_795_323_900.0  # 12:05 on 22/11/2026 in Ho Chi Minh City


class Collector:
    """Streams its numbers, at first and after each ``push``; ``stream`` says how: "push", "refuse" (503) or "break"."""

    def __init__(self) -> None:
        self.base_url = ""
        self.stream = "push"
        self.asked: list[str] = []
        self.listening = 0
        self.version = 0
        self.summary: dict[str, Any] = {"online": 1, "total": 1_000, "unit": "visits", "as_of": time.time()}
        self.pages: dict[str, int | None] = {"3": 1_327, "4": 5}
        self.ending = False

    def push(self, *, pages: dict[str, int | None] | None = None, **summary: Any) -> None:
        # Later numbers have a later time, so that an answer under way does not undo them.
        self.summary |= {"as_of": self.summary["as_of"] + 1, **summary}
        self.pages |= pages or {}
        self.version += 1

    def count(self, path: str) -> int:
        return sum(asked.startswith(path) for asked in self.asked)

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        wait_until(condition, seconds=10, what=lambda: f"{what}; asked: {self.asked}")


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()

    class Handler(_Handler):
        serves = collector

    with serve(Handler) as collector.base_url:
        yield collector
        collector.ending = True


@pytest.fixture
def page(new_visitor: NewVisitor) -> Iterator[Page]:
    """A page whose clock the test may move; nothing in it may fail unhandled."""
    page = new_visitor().new_page()
    page.clock.install()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    assert faults == []


def views(page: Page, page_id: int = 3) -> Any:
    return page.locator(f'[data-page-views="{page_id}"]')


def total(page: Page) -> Any:
    return page.locator('[data-counter="total"]')


def wait_on_the_clock(page: Page, condition: Callable[[], bool], *, seconds: int) -> None:
    """Let the page's time pass, a second at a time, with a moment of real time for answers under way."""
    for _ in range(seconds):
        if condition():
            return
        page.clock.run_for(1_000)
        time.sleep(0.05)
    pytest.fail(f"not within {seconds} s of the page's time")


def listen(page: Page, collector: Collector) -> None:
    page.goto(collector.base_url)
    collector.wait_until(lambda: collector.listening == 1, "stream")


def test_a_pushed_change_is_written_as_vietnamese_does(page: Page, collector: Collector) -> None:
    listen(page, collector)
    collector.push(total=1_234_567, pages={"3": 1_328})

    expect(views(page)).to_have_text("1.328")
    expect(total(page)).to_have_text("1.234.567")
    expect(views(page, 4)).to_have_text("5")
    assert "/_nhip/live?site=2&unit=visits&pages=3%2C4" in collector.asked


def test_an_answer_older_than_a_push_is_ignored(page: Page, collector: Collector) -> None:
    listen(page, collector)
    collector.push(total=1_002, as_of=time.time())
    expect(total(page)).to_have_text("1.002")
    collector.summary |= {"total": 1_001, "as_of": NOON}
    asked = collector.count("/_nhip/summary.json")
    page.clock.run_for(61_000)
    collector.wait_until(lambda: collector.count("/_nhip/summary.json") > asked, "question")
    expect(page.locator(".access-statistics__as-of")).to_be_visible()

    assert total(page).inner_text() == "1.002"


def test_an_unknown_number_is_a_dash(page: Page, collector: Collector) -> None:
    listen(page, collector)
    collector.push(total=None, pages={"3": None})

    expect(views(page)).to_have_text("–")
    expect(total(page)).to_have_text("–")


def test_a_change_is_highlighted_for_a_moment(page: Page, collector: Collector) -> None:
    listen(page, collector)
    collector.push(pages={"3": 1_328})

    expect(views(page)).to_have_class("is-changed")
    assert views(page, 4).get_attribute("class") is None
    page.clock.run_for(2_000)
    expect(views(page)).to_have_class("")


def test_nothing_moves_for_those_who_asked_for_calm(new_visitor: NewVisitor, collector: Collector) -> None:
    page = new_visitor(reduced_motion="reduce").new_page()
    listen(page, collector)
    collector.push(pages={"3": 1_328})

    expect(views(page)).to_have_text("1.328")
    assert views(page).get_attribute("class") is None


def test_a_hidden_tab_holds_no_connection(page: Page, collector: Collector) -> None:
    listen(page, collector)
    page.evaluate(PRETEND, True)
    collector.wait_until(lambda: collector.listening == 0, "end of the stream")
    asked = len(collector.asked)
    page.clock.run_for(300_000)
    assert len(collector.asked) == asked

    page.evaluate(PRETEND, False)
    collector.wait_until(lambda: collector.listening == 1, "second stream")
    collector.push(pages={"3": 1_329})
    expect(views(page)).to_have_text("1.329")


def test_coming_back_through_the_cache_listens_again(page: Page, collector: Collector) -> None:
    listen(page, collector)
    page.evaluate("window.__alive = true")
    page.goto(collector.base_url + "/other")
    page.go_back(wait_until="commit")
    collector.wait_until(lambda: collector.listening == 1, "stream after the return")
    collector.push(pages={"3": 1_330})

    expect(views(page)).to_have_text("1.330")
    assert page.evaluate("window.__alive") is True


@pytest.mark.parametrize("how", ["refuse", "break"])
def test_without_the_stream_the_page_asks_every_few_seconds(page: Page, collector: Collector, how: str) -> None:
    collector.stream = how
    page.goto(collector.base_url)
    collector.wait_until(lambda: collector.count("/_nhip/pages.json") >= 1, "question")
    collector.push(total=1_001, pages={"3": 1_328})
    wait_on_the_clock(page, lambda: views(page).inner_text() == "1.328", seconds=30)

    expect(total(page)).to_have_text("1.001")
    assert collector.count("/_nhip/live") == (1 if how == "refuse" else 3)


def test_after_a_minute_of_polling_the_page_tries_the_stream_again(page: Page, collector: Collector) -> None:
    collector.stream = "refuse"
    page.goto(collector.base_url)
    collector.wait_until(lambda: collector.count("/_nhip/pages.json") >= 1, "question")
    collector.stream = "push"
    page.clock.run_for(61_000)

    collector.wait_until(lambda: collector.listening == 1, "stream")


def test_old_numbers_show_their_time_until_new_ones_come(page: Page, collector: Collector) -> None:
    line = page.locator(".access-statistics__as-of")
    collector.summary["as_of"] = NOON
    listen(page, collector)
    expect(line).to_have_text("Số liệu lúc 12:05, 22/11/2026")

    collector.summary["as_of"] = time.time()
    page.clock.run_for(61_000)
    expect(line).to_be_hidden()


def test_numbers_never_become_a_live_region(page: Page, collector: Collector) -> None:
    listen(page, collector)
    collector.push(pages={"3": 1_328})
    expect(views(page)).to_have_text("1.328")

    assert page.locator("[aria-live], [role=status], [role=alert]").count() == 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    serves: Collector

    def do_GET(self) -> None:
        if self.path == "/live.js":
            self._answer(200, BUILT.read_bytes(), "text/javascript")
        elif not self.path.startswith("/_nhip/"):
            self._answer(200, HTML.encode(), "text/html; charset=utf-8")
        else:
            self.serves.asked.append(self.path)
            self._answer_collector()

    def _answer_collector(self) -> None:
        if self.path.startswith("/_nhip/summary.json"):
            self._answer(200, json.dumps(self.serves.summary).encode(), "application/json")
        elif self.path.startswith("/_nhip/pages.json"):
            self._answer(200, json.dumps({"pages": self.serves.pages}).encode(), "application/json")
        elif self.serves.stream == "refuse":
            self._answer(503, b"", "text/plain")
        else:
            self._stream()

    def _stream(self) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self._write("retry: 50\n\n")
        if self.serves.stream == "break":
            return
        self.serves.listening += 1
        try:
            self._push_all()
        except OSError:
            pass
        finally:
            self.serves.listening -= 1

    def _push_all(self) -> None:
        sent = -1
        while not self.serves.ending:
            if sent == self.serves.version:
                self._write(": still here\n\n")
                time.sleep(0.03)
            else:
                sent = self.serves.version
                numbers = {"summary": self.serves.summary, "pages": self.serves.pages}
                self._write(f"data: {json.dumps(numbers)}\n\n")

    def _write(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


def test_the_script_that_pages_load_is_what_its_source_builds_to() -> None:
    assert BUILT.read_text(encoding="utf-8") == build(), "run: python -m cms.statistics.script.build"
