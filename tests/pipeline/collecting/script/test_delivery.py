"""How the script sends: its address, its headers, its further attempts, and no traces in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.collecting.script.build import BUILT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, Page
    from recording_site import Site

pytestmark = pytest.mark.browser

BUSY = (503, {"Retry-After": "1"})
VIEW = {"t": "/here-token", "p": "/here", "r": "", "n": "navigate"}
HEARTBEAT = VIEW | {"h": 1}

# Under a driver every tab is in front, and the fake clock needs a driver: here the page is only told that it is hidden.
PRETEND = """(state) => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def page(new_visitor: Callable[..., BrowserContext]) -> Iterator[Page]:
    """A page whose clock the test moves; nothing in it may fail unhandled."""
    page = new_visitor().new_page()
    page.clock.install()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    assert faults == []


def open_here(page: Page, site: Site) -> None:
    page.goto(site.url("/here"))
    site.wait_for_beacons(1)
    page.wait_for_load_state("networkidle")


def test_it_posts_plain_text_beside_the_script(page: Page, site: Site) -> None:
    site.prefix = "/sub/_nhip/"
    open_here(page, site)

    beacon = site.beacons[0]

    assert beacon.path == "/sub/_nhip/e"
    assert beacon.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param(
            """<script>addEventListener("load", () => {
              const tag = document.createElement("script");
              Object.assign(tag, { src: "PREFIXb.js", async: true }).dataset.t = "PATH-token";
              document.body.append(tag);
            })</script>""",
            id="moved to the end and run when the page is there",
        ),
        pytest.param(
            """<script type="text/later" src="PREFIXb.js" data-t="PATH-token"></script>
            <script>fetch("PREFIXb.js").then((answer) => answer.text()).then((code) => {
              document.head.append(Object.assign(document.createElement("script"), { text: code }));
            })</script>""",
            id="given another type, and run from another tag",
        ),
        pytest.param(f'<script data-t="PATH-token">{BUILT.read_text()}</script>', id="written into the page"),
        pytest.param(
            '<script src="PREFIXb.js.pagespeed.jm.abc.js?v=1" data-t="PATH-token"></script>', id="under another name"
        ),
        pytest.param(
            '<script src="/bundle.js?f=/_nhip/b.js" data-t="PATH-token"></script>', id="in a file with others"
        ),
        pytest.param(2 * '<script src="PREFIXb.js" data-t="PATH-token" defer></script>', id="twice"),
    ],
)
def test_it_counts_however_an_optimiser_runs_its_tag(page: Page, site: Site, tag: str) -> None:
    site.tag = tag
    page.goto(site.url("/here"))
    site.wait_for_beacons(1)
    page.wait_for_load_state("networkidle")
    assert site.bodies() == [VIEW]
    assert site.beacons[0].path == "/_nhip/e"


def test_it_keeps_nothing_and_sends_the_cookies_of_its_own_origin(page: Page, site: Site) -> None:
    page.context.add_cookies([{"name": "session", "value": "secret", "url": site.base_url}])
    site.scripts["/here"] = "window.__own = Object.getOwnPropertyNames(window);"
    open_here(page, site)

    kept = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    added = page.evaluate("Object.getOwnPropertyNames(window).filter((name) => !__own.includes(name))")

    assert site.beacons[0].headers["cookie"] == "session=secret"
    assert kept == [0, 0, "session=secret"]
    assert added == ["__own"]


@pytest.mark.parametrize(
    ("answers", "attempts"),
    [
        pytest.param([BUSY], 2, id="busy-once"),
        pytest.param([BUSY] * 9, 3, id="busy-for-long-is-given-up"),
        pytest.param([(503, {})], 1, id="503-that-does-not-say-when"),
        pytest.param([(503, {"Retry-After": "Sun, 22 Nov 2026 07:00:00 GMT"})], 1, id="503-with-a-date"),
        pytest.param([(500, {"Retry-After": "1"})], 1, id="500"),
        pytest.param([(400, {})], 1, id="refused"),
    ],
)
def test_only_a_view_that_was_surely_not_stored_is_sent_again(
    page: Page, site: Site, answers: list[tuple[int, dict[str, str]] | None], attempts: int
) -> None:
    site.answers = list(answers)
    open_here(page, site)
    for expected in range(2, attempts + 1):
        page.clock.run_for(10_000)
        site.wait_for_beacons(expected)
        page.wait_for_load_state("networkidle")
    page.clock.run_for(60_000)

    site.settled()

    assert site.bodies() == [VIEW] * attempts
    assert len(set(site.ids())) == 1, "all attempts tell of one display"


def test_where_a_connection_breaks_only_the_browser_itself_asks_again_and_tells_of_the_same_display(
    page: Page, site: Site
) -> None:
    """A browser repeats what it sent on a connection that it had kept open, as the script shares the page's."""
    site.answers = [None]
    open_here(page, site)
    page.clock.run_for(60_000)

    site.settled()

    assert site.bodies() in ([VIEW], [VIEW, VIEW])
    assert len(set(site.ids())) == 1


def test_each_further_attempt_waits_longer(page: Page, site: Site) -> None:
    site.scripts["/here"] = """
      window.__waits = [];
      const later = window.setTimeout;
      window.setTimeout = (act, wait, ...rest) => { __waits.push(wait); return later(act, wait, ...rest); };"""
    site.answers = [BUSY, BUSY]
    open_here(page, site)
    page.wait_for_function("__waits.length >= 1")
    page.clock.run_for(2_000)
    page.wait_for_function("__waits.length >= 2")

    first, second = page.evaluate("__waits")

    assert 1_000 <= first <= 2_000 <= second <= 4_000


def test_a_visible_page_says_every_two_minutes_that_it_is_still_there(page: Page, site: Site) -> None:
    open_here(page, site)
    page.clock.run_for(100_000)
    assert site.settled(0.3) == [("/here", "navigate")]

    page.clock.run_for(30_000)
    site.wait_for_beacons(2)
    page.clock.run_for(120_000)
    site.wait_for_beacons(3)
    site.settled(0.3)

    assert site.bodies() == [VIEW, HEARTBEAT, HEARTBEAT]


def test_a_readers_clock_that_is_set_back_keeps_no_visible_page_silent(page: Page, site: Site) -> None:
    open_here(page, site)
    page.clock.set_system_time(page.evaluate("Date.now()") - 600_000)
    page.clock.run_for(150_000)
    site.wait_for_beacons(2)
    site.settled(0.3)

    assert site.bodies() == [VIEW, HEARTBEAT]


def test_a_beacon_that_gets_no_answer_holds_its_connection_for_half_a_minute_at_most(page: Page, site: Site) -> None:
    """A browser opens six to a host; without an end, beacons that hang would keep the site's pages from loading."""
    site.scripts["/here"] = """
      window.__limits = [];
      const limit = AbortSignal.timeout;
      AbortSignal.timeout = (wait) => { __limits.push(wait); return limit.call(AbortSignal, 200); };
      window.fetch = (address, { signal }) =>
        new Promise((_answer, fail) => (signal.onabort = () => fail((window.__ended = signal.reason))));"""
    page.goto(site.url("/here"))
    page.wait_for_function("window.__ended")

    assert page.evaluate("[__limits, __ended.name]") == [[30_000], "TimeoutError"]


def test_a_hidden_page_is_silent_and_speaks_when_it_is_seen_again(page: Page, site: Site) -> None:
    open_here(page, site)
    page.evaluate(PRETEND, "hidden")
    page.clock.run_for(600_000)
    assert site.settled() == [("/here", "navigate")]

    page.evaluate(PRETEND, "visible")
    site.wait_for_beacons(2)
    site.settled(0.3)

    assert site.bodies() == [VIEW, HEARTBEAT]


def test_a_refused_heartbeat_is_not_sent_again(page: Page, site: Site) -> None:
    open_here(page, site)
    site.answers = [BUSY]
    page.clock.run_for(125_000)
    site.wait_for_beacons(2)
    page.wait_for_load_state("networkidle")
    page.clock.run_for(20_000)
    site.settled()

    assert site.bodies() == [VIEW, HEARTBEAT]


@pytest.mark.parametrize(
    "sabotage",
    [
        pytest.param("window.fetch = () => { throw new Error('no'); };", id="fetch-throws"),
        pytest.param("delete window.fetch;", id="no-fetch"),
        pytest.param("window.fetch = () => Promise.reject(new Error('no'));", id="fetch-fails"),
        pytest.param("performance.getEntriesByType = undefined;", id="no-performance"),
    ],
)
def test_it_never_throws(page: Page, site: Site, sabotage: str) -> None:
    site.scripts["/here"] = sabotage
    page.goto(site.url("/here"))
    page.evaluate(PRETEND, "visible")
    page.clock.run_for(300_000)

    assert page.evaluate("1 + 1") == 2  # the fixture asserts that nothing was thrown


def test_an_unknown_kind_of_navigation_still_counts(page: Page, site: Site) -> None:
    site.scripts["/here"] = "performance.getEntriesByType = () => [];"
    open_here(page, site)

    assert site.bodies() == [VIEW]


def test_a_page_that_says_it_is_prerendered_waits_whatever_its_visibility(page: Page, site: Site) -> None:
    site.scripts["/here"] = 'Object.defineProperty(document, "prerendering", { value: true, configurable: true });'
    page.goto(site.url("/here"))
    assert site.settled() == []

    page.evaluate("""() => {
      Object.defineProperty(document, "prerendering", { value: false });
      document.dispatchEvent(new Event("prerenderingchange"));
    }""")
    site.wait_for_beacons(1)

    assert site.settled(0.3) == [("/here", "navigate")]


def test_without_scripts_the_pixel_counts_instead(new_visitor: Callable[..., BrowserContext], site: Site) -> None:
    new_visitor(java_script_enabled=False).new_page().goto(site.url("/here"))
    site.settled()

    assert site.pixels == [{"t": ["/here-token"], "n": ["navigate"]}]
    assert site.beacons == []


def test_with_scripts_the_pixel_is_not_loaded(page: Page, site: Site) -> None:
    open_here(page, site)

    assert site.settled() == [("/here", "navigate")]
    assert site.pixels == []
