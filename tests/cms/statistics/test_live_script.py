"""The script that keeps an open page's numbers current, in a real Chromium against a collector made for the test."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

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
<dl><div><dt>Đang truy cập</dt><dd data-counter="online">1</dd></div>
<div><dt>Tổng</dt><dd data-counter="total">1.000</dd></div></dl>
<p role="status"></p>
<p class="access-statistics__as-of" hidden>Số liệu lúc <time></time></p></section>
<script src="/live.js" defer></script></html>"""

# A driven browser shows every tab, so this tells the page that it is hidden.
PRETEND = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
NOON = 1_795_323_900.0  # 12:05 on 22/11/2026 in Ho Chi Minh City
BEAT_SECONDS = 0.1
MANY_PAGES = HTML + "".join(f'<i data-page-views="{page_id}">0</i>' for page_id in range(100, 199))
OTHER_PAGE = HTML.replace('data-page-views="4"', 'data-page-views="9"')
# The page itself notes each total that it shows.
WATCH_TOTAL = """() => {
  const at = document.querySelector('[data-counter="total"]');
  window.shown = [];
  new MutationObserver(() => shown.push(at.textContent)).observe(at, { childList: true });
}"""
# And when it told screen readers of them, in milliseconds of its clock since it came.
WATCH_STATUS = """() => {
  window.moments = [];
  new MutationObserver(() => moments.push(performance.now())).observe(
    document.querySelector("[role=status]"), { childList: true });
}"""


class Reading(NamedTuple):
    """What orders numbers, and what must not: ``as_of``, the clock's time."""

    run: str
    turn: int
    age: float | None = 0.0
    as_of: float | None = NOON


class Collector:
    """Streams its numbers, at first and after each ``push``.

    ``stream`` says how: "push", "refuse" (503), "break" (at once), or "hold" (as a proxy that buffers). A ``silent``
    one says nothing that a script could hear, except its ``first_word``. Questions are answered unless it ``refuses``
    (503) or ``hangs``. ``run``, ``turn`` and ``age`` are those of its reading; ``turn`` moves with each push, beat and
    answer unless it is ``fixed``.
    """

    def __init__(self) -> None:
        self.base_url = ""
        self.stream = "push"
        self.silent = False
        self.first_word = False
        self.hangs = False
        self.refuses = False
        self.sent = -1
        self.fixed = False
        self.asked: list[str] = []
        self.listening = 0
        self.version = 0
        self.run = "aa"
        self.turn = 1
        self.age: float | None = 0.0
        self.summary: dict[str, Any] = {"online": 1, "total": 1_000, "unit": "visits", "as_of": time.time()}
        self.pages: dict[str, int | None] = {"3": 1_327, "4": 5}
        self.ending = False

    def push(self, *, pages: dict[str, int | None] | None = None, **summary: Any) -> None:
        self.summary |= summary
        self.pages |= pages or {}
        self.next_turn()
        self.version += 1

    def tell(self, reading: Reading, *, total: int) -> None:
        """Push numbers of just this reading."""
        self.fixed = True
        self.run, self.turn, self.age = reading.run, reading.turn, reading.age
        self.push(total=total, as_of=reading.as_of)

    def next_turn(self) -> None:
        self.turn += not self.fixed

    @property
    def snapshot(self) -> str:
        return f"{self.run}-{self.turn}"

    @property
    def streams(self) -> list[str]:
        return [asked for asked in self.asked if asked.startswith("/_nhip/live")]

    def count(self, path: str) -> int:
        return sum(asked.startswith(path) for asked in self.asked)

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        wait_until(condition, what=lambda: f"{what}; asked: {self.asked}")


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


def age_line(page: Page) -> Any:
    return page.locator(".access-statistics__as-of")


def pages_of(stream: str) -> set[str]:
    return set(parse_qs(urlsplit(stream).query)["pages"][0].split(","))


def open_window(page: Page, collector: Collector, path: str = "/") -> Page:
    """Another window of the browser that ``page`` is in."""
    window = page.context.new_page()
    window.goto(collector.base_url + path)
    return window


def wait_on_the_clock(page: Page, condition: Callable[[], bool], *, seconds: int, step: int = 1) -> None:
    """Let the page's time pass, ``step`` seconds at a time, with a moment of real time for answers under way."""
    for _ in range(0, seconds, step):
        if condition():
            return
        page.clock.run_for(step * 1_000)
        time.sleep(0.05)
    pytest.fail(f"not within {seconds} s of the page's time")


def listen(page: Page, collector: Collector) -> None:
    page.goto(collector.base_url)
    collector.wait_until(lambda: collector.listening == 1, "stream")


def listen_at_rest(page: Page, collector: Collector) -> None:
    """As ``listen``, on a clock that only the test moves."""
    page.clock.pause_at(time.time() + 60)
    page.goto(collector.base_url)
    page.clock.run_for(1_000)  # the window has waited for another's word, and leads
    collector.wait_until(lambda: collector.listening == 1, "stream")


def test_a_pushed_change_is_written_as_vietnamese_does(page: Page, collector: Collector) -> None:
    listen(page, collector)
    collector.push(total=1_234_567, pages={"3": 1_328})

    expect(views(page)).to_have_text("1.328")
    expect(total(page)).to_have_text("1.234.567")
    expect(views(page, 4)).to_have_text("5")
    assert "/_nhip/live?site=2&unit=visits&pages=3%2C4" in collector.asked


def test_screen_readers_are_told_at_most_once_a_minute_while_the_numbers_are_in_sight(
    page: Page, collector: Collector
) -> None:
    listen_at_rest(page, collector)
    page.evaluate(WATCH_STATUS)
    told = page.get_by_role("status")
    collector.push(total=1_001)
    expect(total(page)).to_have_text("1.001")
    expect(told).to_have_text("")
    for number in ("1.002", "1.003", "1.004"):
        collector.push(total=int(number.replace(".", "")))
        text = f"Đang truy cập 1, Tổng {number}"
        wait_on_the_clock(page, lambda text=text: told.inner_text() == text, seconds=600, step=5)

    moments = page.evaluate("moments")
    assert len(moments) == 3
    assert all(later - earlier >= 60_000 for earlier, later in pairwise([0, *moments]))
    assert page.locator("[aria-live], [role=status], [role=alert]").count() == 1  # the numbers themselves are silent


@pytest.mark.parametrize(
    ("known", "came", "shown"),
    [
        pytest.param(Reading("aa", 1), Reading("aa", 2, as_of=NOON - 600), True, id="its clock was set back"),
        pytest.param(Reading("aa", 9), Reading("aa", 10, as_of=NOON - 600), True, id="turns are numbers, not text"),
        pytest.param(Reading("aa", 5), Reading("aa", 4, as_of=NOON + 600), False, id="an earlier one of that process"),
        pytest.param(Reading("aa", 900), Reading("bb", 1, as_of=NOON - 600), True, id="the process began again"),
        pytest.param(Reading("aa", 5), Reading("bb", 900, age=15.0), False, id="another process, which has rested"),
        pytest.param(Reading("aa", 5, age=90.0), Reading("bb", 1, age=15.0), True, id="another, which read it later"),
        pytest.param(Reading("aa", 5), Reading("bb", 0, age=None, as_of=None), False, id="another has read nothing"),
    ],
)
def test_numbers_are_in_the_order_of_their_readings_whatever_a_clock_says(
    page: Page, collector: Collector, known: Reading, came: Reading, shown: bool
) -> None:
    collector.fixed, collector.turn = True, 0
    listen(page, collector)
    page.evaluate(WATCH_TOTAL)
    collector.tell(known, total=1_001)
    expect(total(page)).to_have_text("1.001")
    collector.tell(came, total=1_002)
    collector.wait_until(lambda: collector.sent == collector.version, "second message")
    collector.tell(Reading("aa", 1_000), total=1_003)
    expect(total(page)).to_have_text("1.003")

    assert ("1.002" in page.evaluate("shown")) is shown


def test_an_answer_of_a_process_that_lags_is_ignored_while_polling(page: Page, collector: Collector) -> None:
    collector.stream, collector.fixed, collector.turn = "refuse", True, 9
    page.goto(collector.base_url)
    collector.wait_until(lambda: collector.count("/_nhip/pages.json") >= 1, "question")
    page.evaluate(WATCH_TOTAL)
    collector.turn = 8
    collector.summary["total"] = 1_001
    asked = collector.count("/_nhip/pages.json")
    wait_on_the_clock(page, lambda: collector.count("/_nhip/pages.json") >= asked + 2, seconds=30)
    collector.turn = 10
    collector.summary["total"] = 1_002
    wait_on_the_clock(page, lambda: total(page).inner_text() == "1.002", seconds=30)

    assert page.evaluate("shown") == ["1.002"]


def test_a_process_that_has_read_nothing_leaves_the_numbers_of_the_page(page: Page, collector: Collector) -> None:
    collector.age = None
    collector.summary |= {"total": None, "as_of": None}
    listen(page, collector)
    collector.wait_until(lambda: collector.sent == collector.version, "message")
    collector.age = 0.0
    collector.push(total=1_001, as_of=NOON, pages={"3": 1_328})
    expect(views(page)).to_have_text("1.328")

    assert total(page).inner_text() == "1.001"


def test_an_unknown_number_is_a_dash(page: Page, collector: Collector) -> None:
    listen(page, collector)
    collector.push(total=None, pages={"3": None})

    expect(views(page)).to_have_text("–")
    expect(total(page)).to_have_text("–")


def test_a_change_is_highlighted_for_a_moment(page: Page, collector: Collector) -> None:
    listen_at_rest(page, collector)
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


@pytest.mark.whole_browser
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
    assert len(collector.streams) <= (2 if how == "refuse" else 4)


def test_while_polling_the_page_tries_the_stream_again(page: Page, collector: Collector) -> None:
    collector.stream = "refuse"
    page.goto(collector.base_url)
    collector.wait_until(lambda: collector.count("/_nhip/pages.json") >= 1, "question")
    collector.stream = "push"
    wait_on_the_clock(page, lambda: collector.listening == 1, seconds=90)


def test_old_numbers_show_their_time_until_new_ones_come(page: Page, collector: Collector) -> None:
    collector.age = 3_600.0
    collector.summary["as_of"] = NOON
    listen(page, collector)
    expect(age_line(page)).to_have_text("Số liệu lúc 12:05, 22/11/2026")

    collector.age = 0.0
    collector.push()
    expect(age_line(page)).to_be_hidden()


@pytest.mark.parametrize("how", ["away", "the same answer again and again", "no answer at all"])
def test_numbers_that_no_longer_come_are_marked_and_become_fresh_again(
    page: Page, collector: Collector, how: str
) -> None:
    collector.stream = "refuse"
    collector.summary["as_of"] = NOON
    page.goto(collector.base_url)
    collector.wait_until(lambda: collector.count("/_nhip/pages.json") >= 1, "question")
    expect(age_line(page)).to_be_hidden()
    if how == "away":
        collector.refuses = True
    elif how == "no answer at all":
        collector.hangs = True
    else:
        collector.fixed = True  # a cache in between: its answers seem young for ever
    wait_on_the_clock(page, age_line(page).is_visible, seconds=90, step=3)
    assert age_line(page).inner_text() == "Số liệu lúc 12:05, 22/11/2026"

    collector.refuses = collector.hangs = collector.fixed = False
    wait_on_the_clock(page, age_line(page).is_hidden, seconds=30)


# silence


def test_a_stream_that_is_held_back_is_given_up_within_ten_seconds(page: Page, collector: Collector) -> None:
    collector.stream = "hold"
    page.goto(collector.base_url)
    collector.wait_until(lambda: len(collector.streams) == 1, "stream")
    collector.push(pages={"3": 1_328})
    wait_on_the_clock(page, lambda: views(page).inner_text() == "1.328", seconds=10)

    collector.push(pages={"3": 1_329})
    wait_on_the_clock(page, lambda: views(page).inner_text() == "1.329", seconds=10)
    assert len(collector.streams) <= 3


def test_a_stream_that_falls_silent_is_opened_again_within_twenty_seconds(page: Page, collector: Collector) -> None:
    listen(page, collector)
    collector.push(pages={"3": 1_328})
    expect(views(page)).to_have_text("1.328")
    collector.silent = True
    collector.push(pages={"3": 1_329})
    wait_on_the_clock(page, lambda: len(collector.streams) == 2, seconds=20)
    collector.silent = False

    expect(views(page)).to_have_text("1.329")


def test_a_stream_of_first_words_alone_is_given_up(page: Page, collector: Collector) -> None:
    """As through a proxy that passes the first kilobyte."""
    collector.silent = True
    collector.first_word = True
    page.goto(collector.base_url)
    wait_on_the_clock(page, lambda: collector.count("/_nhip/pages.json") >= 1, seconds=60)

    assert len(collector.streams) <= 3


def test_a_question_without_an_answer_is_asked_again(page: Page, collector: Collector) -> None:
    collector.stream, collector.hangs = "refuse", True
    page.goto(collector.base_url)
    collector.wait_until(lambda: collector.count("/_nhip/summary.json") == 1, "question")
    wait_on_the_clock(page, lambda: collector.count("/_nhip/summary.json") >= 3, seconds=30)
    collector.hangs = False
    collector.push(pages={"3": 1_328})
    wait_on_the_clock(page, lambda: views(page).inner_text() == "1.328", seconds=30)


# the windows of a browser


def test_the_windows_of_a_browser_share_one_stream_about_all_their_pages(page: Page, collector: Collector) -> None:
    listen(page, collector)
    others = [open_window(page, collector) for _ in range(3)]
    different = open_window(page, collector, "/other-page")
    everything = {"3", "4", "9"}
    collector.wait_until(
        lambda: collector.listening == 1 and pages_of(collector.streams[-1]) == everything, "stream about all pages"
    )
    collector.push(total=1_001, pages={"3": 1_328, "9": 77})

    for window in (page, *others, different):
        expect(total(window)).to_have_text("1.001")
        expect(views(window)).to_have_text("1.328")
    expect(views(different, 9)).to_have_text("77")
    collector.wait_until(lambda: collector.listening == 1, "one stream")


def test_windows_opened_at_once_agree_on_one_stream(page: Page, collector: Collector) -> None:
    windows = [page, *(page.context.new_page() for _ in range(4))]
    for window in windows:
        window.goto(collector.base_url, wait_until="commit")
    collector.wait_until(lambda: collector.listening == 1, "one stream")
    collector.push(pages={"3": 1_328})
    for window in windows:
        expect(views(window)).to_have_text("1.328")
    collector.wait_until(lambda: collector.listening == 1, "one stream")


@pytest.mark.parametrize("how", ["closed", "hidden"])
def test_another_window_listens_when_the_one_that_did_is_gone(page: Page, collector: Collector, how: str) -> None:
    listen(page, collector)
    second = open_window(page, collector)
    collector.push(pages={"3": 1_328})
    expect(views(second)).to_have_text("1.328")
    if how == "closed":
        page.goto("about:blank")
    else:
        page.evaluate(PRETEND, True)
    collector.wait_until(lambda: len(collector.streams) == 2, "stream of the second window")
    collector.push(pages={"3": 1_329})

    expect(views(second)).to_have_text("1.329")
    collector.wait_until(lambda: collector.listening == 1, "one stream")


def test_another_window_listens_when_the_one_that_did_is_stuck(page: Page, collector: Collector) -> None:
    listen(page, collector)
    second = open_window(page, collector)
    collector.push(pages={"3": 1_328})
    expect(views(second)).to_have_text("1.328")
    page.evaluate("BroadcastChannel.prototype.postMessage = () => {}")  # so it seems to the others
    wait_on_the_clock(second, lambda: len(collector.streams) >= 2, seconds=20)
    collector.push(pages={"3": 1_329})

    expect(views(second)).to_have_text("1.329")


def test_windows_about_more_pages_than_one_stream_tells_listen_apart(page: Page, collector: Collector) -> None:
    listen(page, collector)
    open_window(page, collector, "/many-pages")
    collector.wait_until(lambda: collector.listening == 2, "second stream")
    collector.push(pages={"3": 1_328, "150": 6})

    expect(views(page)).to_have_text("1.328")


def test_without_a_channel_a_window_listens_for_itself(new_visitor: NewVisitor, collector: Collector) -> None:
    context = new_visitor()
    context.add_init_script("delete window.BroadcastChannel")
    for streams in (1, 2):
        page = context.new_page()
        page.goto(collector.base_url)
        collector.wait_until(lambda streams=streams: collector.listening == streams, "stream of its own")
    collector.push(pages={"3": 1_328})
    expect(views(page)).to_have_text("1.328")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    serves: Collector

    def do_GET(self) -> None:
        if self.path == "/live.js":
            self._answer(200, BUILT.read_bytes(), "text/javascript")
        elif not self.path.startswith("/_nhip/"):
            html = {"/other-page": OTHER_PAGE, "/many-pages": MANY_PAGES}.get(self.path, HTML)
            self._answer(200, html.encode(), "text/html; charset=utf-8")
        else:
            self.serves.asked.append(self.path)
            self._answer_collector()

    def _answer_collector(self) -> None:
        collector = self.serves
        is_stream = self.path.startswith("/_nhip/live")
        if not is_stream and collector.hangs:
            wait_until(lambda: not collector.hangs or collector.ending)
            self.close_connection = True
        elif is_stream and collector.stream != "refuse":
            self._stream()
        elif is_stream or collector.refuses:
            self._answer(503, b"", "text/plain")
        elif self.path.startswith("/_nhip/summary.json"):
            collector.next_turn()
            self._answer(200, json.dumps(collector.summary).encode(), "application/json")
        else:
            self._answer(200, json.dumps({"pages": collector.pages}).encode(), "application/json")

    def _stream(self) -> None:
        self.close_connection = True
        if self.serves.stream == "hold":
            return wait_until(lambda: self.serves.ending, seconds=600)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self._write("retry: 50\n\n")
        if self.serves.stream == "break":
            return None
        self.serves.listening += 1
        try:
            self._push_all()
        except OSError:
            pass
        finally:
            self.serves.listening -= 1
        return None

    def _push_all(self) -> None:
        collector = self.serves
        sent, beat_at = -1, 0.0
        while not collector.ending:
            if collector.silent and not (sent < 0 and collector.first_word):
                self._write(": not a word\n\n")  # finds out whether the reader has gone
            elif sent != collector.version:
                sent = collector.version
                self._tell()
                collector.sent = sent
            elif time.monotonic() > beat_at:
                beat_at = time.monotonic() + BEAT_SECONDS
                collector.next_turn()
                self._tell("event: beat\n")
            time.sleep(0.02)

    def _tell(self, name: str = "") -> None:
        collector = self.serves
        reading = {"snapshot": collector.snapshot, "age": collector.age}
        numbers = {"summary": collector.summary, "pages": collector.pages, **reading}
        self._write(f"{name}data: {json.dumps(numbers)}\n\n")

    def _write(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Nhip-Snapshot", self.serves.snapshot)
        if self.serves.age is not None:
            self.send_header("X-Nhip-Age", str(self.serves.age))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


def test_the_script_that_pages_load_is_what_its_source_builds_to() -> None:
    assert BUILT.read_text(encoding="utf-8") == build(), "run: python -m cms.statistics.script.build"
