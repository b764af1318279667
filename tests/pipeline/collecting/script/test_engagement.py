"""What the second script says of a page that a reader leaves, in a real Chromium."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recording_site import SECOND_TAG, TAG

from pipeline.collecting.beacon import MAX_ID_CHARS, MAX_SECONDS, Act
from pipeline.collecting.script.build import SECOND_BUILT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, Page
    from recording_site import Site

pytestmark = pytest.mark.browser

LONG = "document.addEventListener('DOMContentLoaded', () => { document.body.style.height = '4000px'; });"
LINKS = """document.addEventListener("DOMContentLoaded", () => {
  for (const [id, href] of [["file", "/documents/3/a.pdf?x=1"], ["media", "/media/b.pdf"], ["page", "/tin/"],
      ["out", "https://www.gov.vn:8443/secret?q=1"], ["mail", "mailto:an@example.vn"], ["part", "#part"]])
    document.body.insertAdjacentHTML("beforeend", `<p><a id="${id}" href="${href}"><b>${id}</b></a></p>`);
  document.addEventListener("click", (event) => event.preventDefault());
});"""
PRETEND = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""

# Runs the script with a document, a window and a clock of the test's own. Returns what it sent in each display.
RUN = """([script, steps]) => {
  const document = {
    hidden: false, referrer: "", currentScript: { src: "https://so.example.vn/_nhip/doc.js?v=1" },
    documentElement: { scrollHeight: 2000 }, querySelector: () => ({ dataset: { t: "token" } }),
  };
  const displays = [[]];
  const listeners = {};
  const view = {
    document, innerHeight: 500, scrollY: 0, location: { pathname: "/here", host: "so.example.vn" },
    addEventListener: (type, act) => { listeners[type] = act; },
    fetch: async (_address, { body }) => { displays.at(-1).push(JSON.parse(body).slice(4)); },
  };
  new Function("view", "with (view) {" + script + "}")(view);
  let at = 10;
  const fire = (type, more) => listeners[type]({ type, timeStamp: at, ...more });
  fire("pageshow", { persisted: false });
  for (const [what, wait, scrolled] of steps) {
    at += wait;
    if (what == "hide" || what == "show") { document.hidden = what == "hide"; fire("visibilitychange"); }
    if (what == "scroll" && !document.hidden) { view.scrollY = scrolled; fire("scroll"); }
    if (what == "restore") {
      fire("pagehide", { persisted: true });
      document.hidden = true;
      fire("visibilitychange");
      at += wait;
      document.hidden = false;
      displays.push([]);
      if (scrolled % 2) fire("visibilitychange");
      fire("pageshow", { persisted: true });
    }
  }
  fire("pagehide", { persisted: false });
  return displays;
}"""


@pytest.fixture
def page(new_visitor: Callable[..., BrowserContext], site: Site) -> Iterator[Page]:
    """Nothing in it may fail unhandled."""
    site.tag = TAG + SECOND_TAG
    page = new_visitor().new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    assert faults == []


def read_for(page: Page, site: Site, milliseconds: int, path: str = "/here") -> None:
    page.goto(site.url(path))
    page.wait_for_timeout(milliseconds)


def test_a_page_that_is_left_says_for_how_long_and_how_far_it_was_seen(page: Page, site: Site) -> None:
    site.scripts["/here"] = LONG
    began = time.monotonic()
    read_for(page, site, 1_200)
    page.evaluate("scrollTo(0, 1400)")
    page.wait_for_timeout(200)
    page.evaluate("scrollTo(0, 0)")
    page.goto(site.url("/there"))

    (act,) = site.wait_for_acts(1)

    seconds, depth, link = act.done
    assert 1 <= seconds <= time.monotonic() - began
    assert 40 < depth < 70
    assert link == ""
    assert msgspec.convert(act.body, Act) == Act("/here-token", "/here", "", act.body[3], seconds, depth, "")
    assert 4 < len(act.body[3]) <= MAX_ID_CHARS
    assert act.headers["content-type"].startswith("text/plain")


def test_a_display_of_less_than_a_second_says_nothing(page: Page, site: Site) -> None:
    began = time.monotonic()
    page.goto(site.url("/here"))
    page.goto(site.url("/there"))
    took = time.monotonic() - began
    site.wait_for_beacons(2)
    site.settled()

    assert site.acts == [] or took >= 1, "only on a machine that shows a page for a second before it opens the next"


def test_a_tab_that_is_hidden_again_and_again_says_what_came_since(page: Page, site: Site) -> None:
    began = time.monotonic()
    read_for(page, site, 1_200)
    for hidden in (True, False, True):
        page.evaluate(PRETEND, hidden)
        page.wait_for_timeout(1_200)
    took = time.monotonic() - began
    page.goto(site.url("/there"))
    site.settled()

    assert [act.done[1:] for act in site.acts] == [(100, ""), (0, "")]
    assert all(act.done[0] >= 1 for act in site.acts)
    assert sum(act.done[0] for act in site.acts) <= took - 2.4, "what is hidden is not read"
    assert len({act.body[3] for act in site.acts}) == 2


@pytest.mark.whole_browser
def test_a_page_from_the_back_forward_cache_is_another_display(page: Page, site: Site) -> None:
    read_for(page, site, 1_200)
    page.click("#there")
    site.wait_for_acts(1)
    page.go_back(wait_until="commit")
    site.wait_for_witness("/here", "bfcache")
    page.wait_for_timeout(1_200)
    page.goto(site.url("/elsewhere"))
    site.wait_for_acts(2)
    site.settled()

    of_here = [act.done for act in site.acts if act.path == "/here"]
    assert [(depth, link) for _, depth, link in of_here] == [(100, ""), (100, "")]


@pytest.mark.parametrize(
    ("link", "said"),
    [
        pytest.param("file", "/documents/3/a.pdf", id="a document"),
        pytest.param("media", "/media/b.pdf", id="a file of the media"),
        pytest.param("out", "https://www.gov.vn:8443", id="another site, of which the origin alone is sent"),
        pytest.param("page", None, id="a page of the site"),
        pytest.param("mail", None, id="mail"),
        pytest.param("part", None, id="a part of the page"),
    ],
)
def test_a_link_that_is_followed_is_said_at_once(page: Page, site: Site, link: str, said: str | None) -> None:
    site.scripts["/here"] = LINKS
    page.goto(site.url("/here"))
    page.click(f"#{link} b")
    site.settled(0.4)

    assert [act.done for act in site.acts] == ([(0, 0, said)] if said else [])


@pytest.mark.parametrize(("button", "count"), [(1, 1), (2, 0)], ids=["middle", "right"])
def test_a_link_opened_beside_the_page_is_said_and_its_menu_is_not(
    page: Page, site: Site, button: int, count: int
) -> None:
    site.scripts["/here"] = LINKS
    page.goto(site.url("/here"))
    page.dispatch_event("#out b", "auxclick", {"button": button, "bubbles": True})
    page.dispatch_event("html", "click", {"button": 0, "bubbles": True})
    site.settled(0.4)

    assert len(site.acts) == count


def test_it_carries_the_cookies_of_its_own_origin_and_keeps_nothing(page: Page, site: Site) -> None:
    """As the beacon does: staff are known by one."""
    page.context.add_cookies([{"name": "session", "value": "secret", "url": site.base_url}])
    site.scripts["/here"] = "window.__own = Object.getOwnPropertyNames(window);"
    read_for(page, site, 1_200)
    page.evaluate(PRETEND, True)
    (act,) = site.wait_for_acts(1)

    kept = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    added = page.evaluate("Object.getOwnPropertyNames(window).filter((name) => !__own.includes(name))")

    assert act.headers["cookie"] == "session=secret"
    assert kept == [0, 0, "session=secret"]
    assert added == ["__own"]


@pytest.mark.parametrize(
    "sabotage",
    [
        pytest.param("window.fetch = () => { throw new Error('no'); };", id="fetch-throws"),
        pytest.param("delete window.fetch;", id="no-fetch"),
        pytest.param("window.fetch = () => Promise.reject(new Error('no'));", id="fetch-fails"),
        pytest.param("document.querySelector = () => null;", id="no-token"),
        pytest.param("window.URL = undefined;", id="no-url"),
    ],
)
def test_it_never_throws(page: Page, site: Site, sabotage: str) -> None:
    site.scripts["/here"] = sabotage + LINKS
    site.tag = SECOND_TAG
    read_for(page, site, 1_100)
    page.click("#out b")
    page.dispatch_event("html", "click", {"button": 0})
    page.evaluate("document.dispatchEvent(new MouseEvent('click', { button: 0 }))")
    page.evaluate(PRETEND, True)

    assert page.evaluate("1 + 1") == 2  # the fixture asserts that nothing was thrown
    assert site.acts == []


def test_an_optimiser_that_moves_it_ends_it_quietly(page: Page, site: Site) -> None:
    site.tag = TAG + f"<script>setTimeout(() => new Function({SECOND_BUILT.read_text()!r})())</script>"
    read_for(page, site, 1_100)
    page.evaluate(PRETEND, True)
    site.settled(0.3)

    assert site.acts == []
    assert site.displays() == [("/here", "navigate")]


def test_a_prerendered_page_that_is_never_shown_says_nothing(
    browse_undriven: Callable[[str], None], site: Site
) -> None:
    site.tag = TAG + SECOND_TAG
    site.prerendering = True
    site.scripts["/here"] = "after('follow', () => { location.href = '/elsewhere'; });"
    browse_undriven(site.url("/here"))
    site.wait_for_witness("/there", "prerendering")
    site.settled(1.2)
    site.open("follow")
    site.wait_for_acts(1)
    site.settled()

    assert {act.path for act in site.acts} == {"/here"}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hide", "show", "scroll", "restore"]),
        st.integers(0, 100_000) | st.integers(0, 1_500),
        st.integers(0, 1_500),
    ),
    max_size=20,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_what_a_display_says_adds_up_to_its_visible_time_and_its_depth(
    page: Page, steps: list[tuple[str, int, int]]
) -> None:
    displays = page.evaluate(RUN, [SECOND_BUILT.read_text(), steps])

    for said, (visible, depth) in zip(displays, expected(steps), strict=True):
        assert 0 <= visible - 1000 * sum(seconds for seconds, _, _ in said) < 1000
        assert sum(deeper for _, deeper, _ in said) <= depth
        if said and visible % 1000 == 0:
            assert sum(deeper for _, deeper, _ in said) == depth
        assert all(seconds >= 1 and deeper >= 0 for seconds, deeper, _ in said)


def expected(steps: list[tuple[str, int, int]]) -> list[tuple[int, int]]:
    """Visible milliseconds and percent seen of each display, by a model that knows nothing of the script."""
    displays, visible, scrolled = [[0, 0]], True, 0

    def pass_time(wait: int) -> None:
        if visible:
            displays[-1][0] += wait
            displays[-1][1] = max(displays[-1][1], int((scrolled + 500) / 20 + 0.5))

    for what, wait, place in steps:
        pass_time(wait)
        if what == "scroll" and visible:
            scrolled = place
            pass_time(0)
        elif what == "restore":
            displays.append([0, 0])
            visible = True
        elif what in ("hide", "show"):
            visible = what == "show"
    pass_time(0)
    return [(milliseconds, depth) for milliseconds, depth in displays]


def test_a_page_left_open_says_half_an_hour(page: Page) -> None:
    steps: list[Any] = [("hide", 5_000_000, 0), ("show", 0, 0), ("hide", 2_000, 0)]
    ((first, second),) = page.evaluate(RUN, [SECOND_BUILT.read_text(), steps])
    assert (first[0], second[0]) == (MAX_SECONDS, 2)
