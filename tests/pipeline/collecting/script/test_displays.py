"""Which displays of a page the script counts, in a real Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page
    from recording_site import Site

from pipeline.collecting.beacon import MAX_ID_CHARS

pytestmark = pytest.mark.browser


@pytest.fixture
def page(new_visitor: Callable[..., BrowserContext]) -> Page:
    return new_visitor().new_page()


def test_a_page_that_is_opened_counts_once(page: Page, site: Site) -> None:
    page.goto(site.url("/here?utm=1#part"))
    site.wait_for_beacons(1)

    assert site.settled() == [("/here", "navigate")]
    assert site.bodies() == [{"t": "/here-token", "p": "/here", "r": "", "n": "navigate"}]


def test_a_followed_link_says_where_it_came_from(page: Page, site: Site) -> None:
    page.goto(site.url("/here"))
    page.click("#there")
    site.wait_for_beacons(2)

    assert site.displays() == [("/here", "navigate"), ("/there", "navigate")]
    assert site.bodies()[1]["r"] == site.url("/here")


def test_a_reload_is_sent_as_a_reload(page: Page, site: Site) -> None:
    page.goto(site.url("/here"))
    site.wait_for_beacons(1)
    page.reload()
    site.wait_for_beacons(2)

    assert site.settled() == [("/here", "navigate"), ("/here", "reload")]


@pytest.mark.whole_browser
def test_a_return_through_the_back_forward_cache_counts_again(page: Page, site: Site) -> None:
    page.goto(site.url("/here"))
    site.wait_for_beacons(1)
    page.click("#there")
    site.wait_for_beacons(2)
    page.go_back(wait_until="commit")
    site.wait_for_witness("/here", "bfcache")
    site.wait_for_beacons(3)

    assert site.settled() == [("/here", "navigate"), ("/there", "navigate"), ("/here", "back_forward")]
    assert site.fetched.count("/here") == 1
    assert len(set(site.ids())) == 3
    assert all(4 < len(of_display) <= MAX_ID_CHARS for of_display in site.ids())


def test_a_return_without_the_cache_is_sent_as_back_forward(page: Page, site: Site) -> None:
    site.scripts["/here"] = "addEventListener('unload', () => {});"  # keeps a page out of the cache
    page.goto(site.url("/here"))
    site.wait_for_beacons(1)
    page.click("#there")
    site.wait_for_beacons(2)
    page.go_back()
    site.wait_for_beacons(3)

    assert site.settled() == [("/here", "navigate"), ("/there", "navigate"), ("/here", "back_forward")]
    assert ("/here", "bfcache") not in site.witnessed


def test_a_prerendered_page_counts_when_it_becomes_visible(browse_undriven: Callable[[str], None], site: Site) -> None:
    site.prerendering = True
    site.scripts["/here"] = "after('follow', () => { location.href = '/there'; });"
    browse_undriven(site.url("/here"))
    site.wait_for_witness("/there", "prerendering")

    assert site.settled() == [("/here", "navigate")]

    site.open("follow")
    site.wait_for_witness("/there", "activated")
    site.wait_for_beacons(2)

    assert site.settled() == [("/here", "navigate"), ("/there", "navigate")]
    assert site.fetched.count("/there") == 1


def test_a_prerendered_page_that_is_never_shown_counts_nothing(
    browse_undriven: Callable[[str], None], site: Site
) -> None:
    site.prerendering = True
    site.scripts["/here"] = "after('follow', () => { location.href = '/elsewhere'; });"
    browse_undriven(site.url("/here"))
    site.wait_for_witness("/there", "prerendering")
    site.open("follow")
    site.wait_for_beacons(2)

    assert site.settled() == [("/here", "navigate"), ("/elsewhere", "navigate")]


def test_a_page_opened_in_the_background_counts_when_it_is_first_seen(
    browse_undriven: Callable[[str], None], site: Site
) -> None:
    site.held.add("/background")
    site.scripts["/start"] = (
        "after('begin', () => window.open('/background')); after('cover', () => window.open('/cover'));"
    )
    site.scripts["/cover"] = "after('close', () => window.close());"
    browse_undriven(site.url("/start"))
    site.wait_for_beacons(1)
    site.open("begin")
    site.wait_until(lambda: "/background" in site.fetched, "request for /background")
    site.open("cover")
    site.wait_for_witness("/cover", "visible")
    site.open("/background")
    site.wait_for_witness("/background", "hidden")

    assert site.settled() == [("/start", "navigate"), ("/cover", "navigate")]

    site.open("close")
    site.wait_for_witness("/background", "visible")
    site.wait_for_beacons(3)

    assert site.settled()[2:] == [("/background", "navigate")]


def test_a_tab_switched_away_and_back_does_not_count_again(browse_undriven: Callable[[str], None], site: Site) -> None:
    site.scripts["/here"] = "after('away', () => window.open('/cover'));"
    site.scripts["/cover"] = "after('close', () => window.close());"
    browse_undriven(site.url("/here"))
    site.wait_for_beacons(1)
    site.open("away")
    site.wait_for_witness("/here", "hidden")
    site.wait_for_beacons(2)
    site.open("close")
    site.wait_until(lambda: site.witnessed.count(("/here", "visible")) == 2, "return to /here")

    assert site.settled() == [("/here", "navigate"), ("/cover", "navigate")]
