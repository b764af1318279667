"""<nhip-statistics> on a front end of another origin, in a real Chromium, against a real collector."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from collecting_site import FrontEnd, Portal, serve_front_end, serve_portal
from patience import wait_until
from playwright.sync_api import expect

from pipeline.events import Heartbeat, PageView

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser

STREAMS = 20
SHOW = """(attributes) => {
  const element = document.querySelector("nhip-statistics");
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}"""
MOVE = "(to) => history.pushState(null, '', to)"


@pytest.fixture
def front_end() -> Iterator[FrontEnd]:
    with serve_front_end() as front_end:
        yield front_end


@pytest.fixture
def portal(front_end: FrontEnd, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Portal]:
    streams = getattr(request, "param", STREAMS)
    with serve_portal(tmp_path, front_ends=[front_end.url], streams=streams) as portal:
        front_end.portal = portal.url
        portal.show(total=1_327, pages={7: 1_328, 8: 5})
        yield portal


@pytest.fixture
def page(new_visitor: Callable[..., BrowserContext]) -> Iterator[Page]:
    """Nothing in it may fail unhandled, and nothing may be refused by the front end's policy."""
    page = new_visitor().new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    assert faults == []
    assert page.evaluate("window.violations ?? []") == []


def element(portal: Portal, page_id: int, *, inside: str = "–", **attributes: str) -> str:
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<nhip-statistics token="{portal.token(page_id, f"/tin-tuc/{page_id}/")}"{said}>{inside}</nhip-statistics>'


def views(portal: Portal) -> list[PageView]:
    return [event for event in portal.events() if isinstance(event, PageView)]


def shown(page: Page, at: int = 0) -> str:
    """What a reader sees in the element."""
    return str(page.locator("nhip-statistics").nth(at).evaluate("(it) => it.shadowRoot.querySelector('dl').innerText"))


def expect_shown(page: Page, words: str, at: int = 0) -> None:
    # Playwright's selectors go into open shadow roots.
    expect(page.locator("nhip-statistics").nth(at).locator("dl")).to_contain_text(words)


def test_it_shows_the_numbers_and_counts_the_view_of_its_token_whatever_the_front_ends_own_address(
    page: Page, front_end: FrontEnd, portal: Portal
) -> None:
    front_end.inside["/bai/7"] = element(portal, 7)
    page.goto(front_end.url + "/bai/7?utm_source=x#part")
    (view,) = portal.wait_for_events(1)
    expect_shown(page, "Tổng lượt truy cập1.327")

    assert isinstance(view, PageView)
    assert (view.page_id, view.path, view.audience, view.scripted) == (7, "/tin-tuc/7/", "public", True)
    assert shown(page).split() == (
        [
            "Đang",
            "truy",
            "cập",
            "2",
            "Hôm",
            "nay",
            "14",
            "Trong",
            "tuần",
            "51",
            "Tháng",
            "hiện",
            "tại",
            "51",
            "Tổng",
            "lượt",
            "truy",
            "cập",
            "1.327",
        ]
    )
    assert portal.settled() == [view]


def test_its_number_moves(page: Page, front_end: FrontEnd, portal: Portal) -> None:
    front_end.inside["/7"] = element(portal, 7) + element(portal, 7, show="views")
    page.goto(front_end.url + "/7")
    expect_shown(page, "Lượt xem: 1.328", at=1)
    portal.show(total=1_400, pages={7: 1_401})
    expect_shown(page, "1.400")
    expect_shown(page, "Lượt xem: 1.401", at=1)
    assert portal.asked.count("/_nhip/live") == 1, "one stream for both"
    assert len(portal.settled()) == 1, "and one view"


def test_another_token_is_another_view_from_the_page_before(page: Page, front_end: FrontEnd, portal: Portal) -> None:
    front_end.inside["/7"] = element(portal, 7, show="views", inside="1.000")
    page.goto(front_end.url + "/7", referer="https://www.google.com/")
    portal.wait_for_events(1)
    page.evaluate(MOVE, "/8")
    page.evaluate(SHOW, {"token": portal.token(8, "/tin-tuc/8/")})
    portal.wait_for_events(2)
    expect_shown(page, "Lượt xem: 5")
    page.go_back()
    page.evaluate(SHOW, {"token": portal.token(7, "/tin-tuc/7/")})
    portal.wait_for_events(3)
    expect_shown(page, "1.328")

    seen = [(view.page_id, view.visit, view.source, view.channel) for view in views(portal)]
    assert seen == [(7, True, "google.com", "search"), (8, False, "", "internal"), (7, False, "", "internal")]


@pytest.mark.parametrize(
    ("go", "kind"), [(MOVE, "navigate"), ("() => history.back()", "back_forward")], ids=["on", "back"]
)
def test_it_says_how_its_reader_came(page: Page, front_end: FrontEnd, portal: Portal, go: str, kind: str) -> None:
    front_end.inside["/7"] = element(portal, 7)
    page.goto(front_end.url + "/7")
    portal.wait_for_events(1)
    page.evaluate(MOVE, "/8")
    page.evaluate(SHOW, {"token": portal.token(8, "/tin-tuc/8/")})
    portal.wait_for_events(2)
    with page.expect_request("**/_nhip/e") as sent:
        page.evaluate(go, "/9")
        page.wait_for_url("**/7" if kind == "back_forward" else "**/9")
        page.evaluate(SHOW, {"token": portal.token(9, "/tin-tuc/9/")})
    told = sent.value.post_data_json
    assert (told["n"], told["r"], told["p"]) == (kind, f"{front_end.url}/8", "/tin-tuc/9/")


def test_a_newer_token_of_the_same_page_is_no_other_view(page: Page, front_end: FrontEnd, portal: Portal) -> None:
    front_end.inside["/7"] = element(portal, 7) + element(portal, 7)
    page.goto(front_end.url + "/7")
    portal.wait_for_events(1)
    page.evaluate(SHOW, {"token": portal.token(7, "/tin-tuc/7/", hours_ago=1)})
    page.evaluate("() => document.body.append(document.querySelector('nhip-statistics'))")
    assert len(portal.settled()) == 1


def test_a_page_that_was_left_for_one_without_a_token_counts_again(
    page: Page, front_end: FrontEnd, portal: Portal
) -> None:
    front_end.inside["/7"] = element(portal, 7)
    page.goto(front_end.url + "/7")
    portal.wait_for_events(1)
    page.evaluate("() => (window.taken = document.querySelector('nhip-statistics')).remove()")
    page.evaluate("() => new Promise((go) => setTimeout(go, 50))")
    page.evaluate("() => document.body.append(taken)")
    assert len(portal.settled()) == 1, "taken away and put back on the same address"
    page.evaluate("() => { taken.remove(); history.pushState(null, '', '/list'); }")
    page.evaluate("() => new Promise((go) => setTimeout(go, 50))")
    page.evaluate("() => { history.pushState(null, '', '/7'); document.body.append(taken); }")
    assert len(portal.wait_for_events(2)) == 2


def test_a_list_shows_the_views_of_pages_and_counts_none(page: Page, front_end: FrontEnd, portal: Portal) -> None:
    front_end.inside["/"] = "".join(
        f'<nhip-statistics page="{number}" show="views">?</nhip-statistics>' for number in (7, 8, "x")
    )
    page.goto(front_end.url + "/")
    expect_shown(page, "1.328", at=0)
    expect_shown(page, "5", at=1)
    expect(page.locator("nhip-statistics").nth(2).locator("dl")).to_be_hidden()
    assert portal.settled() == []


@pytest.mark.whole_browser
def test_a_return_from_the_back_forward_cache_counts_again(page: Page, front_end: FrontEnd, portal: Portal) -> None:
    front_end.inside["/7"] = element(portal, 7)
    page.goto(front_end.url + "/7")
    portal.wait_for_events(1)
    page.click("#there")
    page.wait_for_url("**/there")
    page.go_back(wait_until="commit")
    assert len(portal.wait_for_events(2)) == 2
    portal.show(total=1_500)
    expect_shown(page, "1.500")


def test_a_third_origin_counts_nothing_and_reads_nothing(page: Page, front_end: FrontEnd, portal: Portal) -> None:
    front_end.inside["/7"] = element(portal, 7, inside="1.000")
    page.goto(front_end.other + "/7")
    page.wait_for_load_state("networkidle")
    assert portal.asked == ["/_nhip/nhip.js"], "the browser runs no script that it may not read"
    # With a copy of the script of its own it can't either.
    told = page.evaluate(
        """async ({ portal, token }) => {
          const tell = (name, options) => fetch(portal + "/_nhip/" + name, options).then(() => "read", () => "refused");
          const body = JSON.stringify({ t: token, p: "/tin-tuc/7/" });
          const post = { method: "POST", body };
          return [await tell("e", post), await tell("summary.json"), await tell("pages.json?ids=7"), await tell("live"),
            await tell("e", { ...post, headers: { "Content-Type": "application/json" } })];
        }""",
        {"portal": portal.url, "token": portal.token(7, "/tin-tuc/7/")},
    )
    assert told == ["refused"] * 5
    assert portal.settled() == []
    expect(page.locator("nhip-statistics")).to_have_text("1.000")


@pytest.mark.parametrize(("hours", "clock"), [(30, 0), (30, -24), (0, 0), (23, 24)], ids=str)
def test_a_token_that_is_too_old_is_replaced_whatever_the_readers_clock_says(
    page: Page, front_end: FrontEnd, portal: Portal, hours: int, clock: int
) -> None:
    token = portal.token(7, "/tin-tuc/7/", hours_ago=hours)
    front_end.inside["/7"] = f'<nhip-statistics token="{token}"></nhip-statistics>'
    page.add_init_script(f"const now = Date.now; Date.now = () => now() + {clock * 3_600_000};")
    page.goto(front_end.url + "/7")
    (view,) = portal.wait_for_events(1)
    renewed = ["/api/v2/pages/7/?fields=_,statistics(token)"] if hours or clock else []
    assert portal.renewed == renewed
    assert isinstance(view, PageView)
    assert view.path == ("/moved/7/" if renewed else "/tin-tuc/7/")
    refused = [status for path, status in portal.answers if path == "/_nhip/e" and status != 202]
    assert refused == ([403] if clock < 0 else [])
    assert portal.settled() == [view]


def test_a_forged_token_and_one_of_another_path_are_refused(page: Page, front_end: FrontEnd, portal: Portal) -> None:
    mac = portal.token(7, "/tin-tuc/7/").partition(".")[2]
    other = portal.token(8, "/tin-tuc/8/").partition(".")[0]
    front_end.inside["/"] = f'<nhip-statistics token="{other}.{mac}"></nhip-statistics>'
    page.goto(front_end.url + "/")
    page.wait_for_load_state("networkidle")
    assert [status for path, status in portal.answers if path == "/_nhip/e"] == [403]
    assert portal.settled() == []


@pytest.mark.parametrize("portal", [0], indirect=True)
def test_without_a_stream_the_numbers_are_asked_for(page: Page, front_end: FrontEnd, portal: Portal) -> None:
    front_end.inside["/7"] = element(portal, 7) + element(portal, 7, show="views")
    page.goto(front_end.url + "/7")
    expect_shown(page, "1.327")
    expect_shown(page, "1.328", at=1)
    assert ("/_nhip/live", 503) in portal.answers
    portal.show(total=1_400, pages={7: 1_401})
    expect_shown(page, "1.401", at=1)


def test_until_numbers_are_known_the_text_inside_stays(page: Page, front_end: FrontEnd, portal: Portal) -> None:
    portal.counters.shown = type(portal.counters.shown)()
    front_end.inside["/7"] = element(portal, 7, inside="1.000 (hôm qua)")
    page.goto(front_end.url + "/7")
    portal.wait_for_events(1)
    wait_until(lambda: "/_nhip/live" in portal.asked, what=lambda: f"a stream: {portal.asked}")
    text = page.locator("nhip-statistics")
    expect(text.locator("dl")).to_be_hidden()
    assert text.evaluate("(it) => [it.innerText, it.shadowRoot.querySelector('slot').hidden]") == [
        "1.000 (hôm qua)",
        False,
    ]
    portal.show(total=9)
    expect_shown(page, "Tổng lượt truy cập9")
    expect(text.locator("slot")).to_be_hidden()


def test_old_numbers_are_marked_with_their_time(page: Page, front_end: FrontEnd, portal: Portal) -> None:
    portal.show(total=9, seconds_ago=120)
    front_end.inside["/7"] = element(portal, 7)
    page.goto(front_end.url + "/7")
    expect(page.locator("nhip-statistics [part=as-of]")).to_contain_text("Số liệu lúc ")
    portal.show(total=10)
    expect_shown(page, "10")
    expect(page.locator("nhip-statistics [part=as-of]")).to_be_hidden()


def test_it_speaks_english_where_it_is_told_to_or_the_page_does(
    page: Page, front_end: FrontEnd, portal: Portal
) -> None:
    front_end.inside["/7"] = (
        element(portal, 7, lang="en") + f'<div lang="en-GB">{element(portal, 7, show="views")}</div>'
    )
    page.goto(front_end.url + "/7")
    expect_shown(page, "Total visits1,327")
    expect_shown(page, "Views: 1,328", at=1)
    page.evaluate(SHOW, {"lang": "vi", "unit": "views"})
    expect_shown(page, "Tổng lượt truy cập2.654")


def test_numbers_are_announced_politely_and_at_most_once_a_minute(
    page: Page, front_end: FrontEnd, portal: Portal
) -> None:
    page.clock.install()
    front_end.inside["/7"] = element(portal, 7)
    page.goto(front_end.url + "/7")
    expect_shown(page, "1.327")
    status = page.locator("nhip-statistics [role=status]")
    page.clock.run_for(30_000)
    expect(status).to_have_text("")
    page.clock.run_for(40_000)
    expect(status).to_contain_text("Tổng lượt truy cập 1.327")
    portal.show(total=1_400)
    expect_shown(page, "1.400")
    expect(status).to_contain_text("Tổng lượt truy cập 1.327")


def test_its_reader_stays_online(page: Page, front_end: FrontEnd, portal: Portal) -> None:
    page.clock.install()
    front_end.inside["/7"] = element(portal, 7)
    page.goto(front_end.url + "/7")
    portal.wait_for_events(1)
    page.clock.run_for(150_000)
    beat = portal.wait_for_events(2)[1]
    assert isinstance(beat, Heartbeat)
    assert beat.page_id == 7


def test_variables_and_parts_style_it(page: Page, front_end: FrontEnd, portal: Portal) -> None:
    front_end.inside["/7"] = element(portal, 7)
    page.goto(front_end.url + "/7")
    expect_shown(page, "1.327")
    page.evaluate("""() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(
        "nhip-statistics { --nhip-number-color: rgb(1, 2, 3); } ::part(total) { color: rgb(4, 5, 6); }",
      );
      document.adoptedStyleSheets = [sheet];
    }""")
    colour: Callable[[str], Any] = lambda part: page.locator(f"nhip-statistics dd[part~={part}]").evaluate(  # noqa: E731
        "(it) => getComputedStyle(it).color"
    )
    assert (colour("online"), colour("total")) == ("rgb(1, 2, 3)", "rgb(4, 5, 6)")


def test_a_hidden_page_holds_no_stream_and_counts_when_it_is_seen(
    page: Page, front_end: FrontEnd, portal: Portal
) -> None:
    pretend = """(state) => {
      Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
      Object.defineProperty(document, "hidden", { value: state == "hidden", configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.add_init_script(f"({pretend})('hidden')")
    front_end.inside["/7"] = element(portal, 7)
    page.goto(front_end.url + "/7")
    page.wait_for_load_state("networkidle")
    assert portal.settled() == []
    assert "/_nhip/live" not in portal.asked
    page.evaluate(pretend, "visible")
    portal.wait_for_events(1)
    expect_shown(page, "1.327")
