"""What a stranger who knows a page's token can do to its numbers, and what an office behind one address may do."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import fields
from typing import Any, Protocol

import msgspec
import pytest

from pipeline.collecting import collector as endpoints
from pipeline.collecting.acknowledger import Acknowledger
from pipeline.collecting.beacon import Dropped, Envelope, Knowledge, Reason, parse_beacon, parse_pixel
from pipeline.collecting.campaigns_today import CampaignsToday
from pipeline.collecting.collector import Collector
from pipeline.collecting.enrich.referrers import settle
from pipeline.collecting.limits import Limit, limits_of
from pipeline.collecting.recent_visitors import RecentVisitors
from pipeline.collecting.texts import Texts
from pipeline.events import Event, Heartbeat, PageView
from pipeline.settings import Settings
from pipeline.tokens import PageToken, hour_of, sign

KEY = bytes(range(32))
NOW = 1_790_571_600_000
MINUTE = 60_000
PAGES = {
    page_id: sign(PageToken(1, page_id, "vi", "/tin/", hour=hour_of(NOW / 1000)), key=KEY) for page_id in range(1, 60)
}
DEFAULTS = {field.name: field.default for field in fields(Settings)}
LIMITS = {
    "events_per_second": DEFAULTS["network_events_per_second"],
    "events": DEFAULTS["network_events"],
    "page_views": DEFAULTS["network_page_views"],
    "new_readers": DEFAULTS["network_readers"],
}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.{}.0 Safari/537.36"


class Site:
    """A collector's mind, with the limits of the settings; ``events`` is what it took, ``refused`` why it did not."""

    def __init__(self) -> None:
        self.known = Knowledge(
            keys=(KEY,),
            salt_for=lambda _at: b"s" * 32,
            visitors=RecentVisitors(started_ms=NOW - 60 * MINUTE),
            limits=limits_of(**LIMITS),
            names=settle(["so.example.vn"]),
            undated_until=0.0,
            campaigns=CampaignsToday(),
            texts=Texts(),
        )
        self.events: list[PageView | Heartbeat] = []
        self.refused: Counter[Reason] = Counter()

    def send(
        self, *, page_id: int = 1, agent: int = 0, ip: str = "203.0.113.9", at: int = NOW, **changes: Any
    ) -> PageView | Heartbeat | None:
        body = {"t": PAGES[page_id], "p": "/tin/", "r": "https://www.google.com/", **changes}
        envelope = Envelope(
            now=at, ip=ip, host="so.example.vn", content_type=b"text/plain", user_agent=BROWSER.format(agent, agent)
        )
        try:
            event = parse_beacon(msgspec.json.encode(body), envelope, self.known).event
        except Dropped as refusal:
            self.refused[refusal.reason] += 1
            return None
        self.events.append(event)
        return event

    def shown(self) -> int:
        return sum(isinstance(event, PageView) and event.audience == "public" for event in self.events)

    def online(self) -> int:
        return len({event.visitor for event in self.events if event.audience == "public"})

    def suspects(self) -> Counter[str]:
        return Counter(event.suspect for event in self.events if isinstance(event, PageView) and event.suspect)


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_flood_of_one_page_from_one_address_is_bounded_in_the_log_and_in_the_numbers(site: Site) -> None:
    for number in range(10_000):
        site.send(agent=number, at=NOW + number)
    assert len(site.events) <= 1000 + 10 * 10
    assert site.shown() <= 300 + 10
    assert site.online() <= 300 + 10
    assert set(site.suspects()) == {"rate", "readers"}
    assert site.refused == {Reason.TOO_MANY: 10_000 - len(site.events)}
    assert {event.audience for event in site.events if isinstance(event, PageView) and event.suspect} == {"bot"}


def test_invented_readers_on_many_pages_are_suspect_too(site: Site) -> None:
    for number in range(900):
        site.send(page_id=1 + number % 50, agent=number, at=NOW + number)
    assert site.online() <= 300 + 1
    assert site.suspects() == {"readers": 900 - site.shown()}


def test_invented_heartbeats_keep_nobody_online(site: Site) -> None:
    for number in range(500):
        site.send(agent=number, h=1)
    assert site.events == []
    assert site.refused == {Reason.NOT_VIEWED: 500}


def test_invented_heartbeats_after_a_start_are_as_many_as_new_readers(site: Site) -> None:
    """For minutes after a start a collector knows none of its readers and believes what they say."""
    site.known = site.known._replace(visitors=RecentVisitors(started_ms=NOW))
    for number in range(900):
        site.send(agent=number, h=1, at=NOW + number)
    assert site.online() <= 300 + 1
    assert site.refused == {Reason.NOT_VIEWED: 900 - len(site.events)}
    assert site.send(agent=0, h=1, at=NOW + MINUTE) is not None


def test_a_heartbeat_does_not_let_the_next_one_in(site: Site) -> None:
    for minute in range(5):
        assert site.send(agent=1, h=1, at=NOW + minute * MINUTE) is None


def test_no_heartbeat_follows_a_suspect_view(site: Site) -> None:
    for number in range(400):
        site.send(page_id=1 + number % 50, agent=number, at=NOW)
    assert site.send(page_id=9, agent=399, h=1, at=NOW + 2 * MINUTE) is None
    assert site.send(page_id=1, agent=0, h=1, at=NOW + 2 * MINUTE) is not None


def test_a_reader_who_viewed_stays_online_for_hours(site: Site) -> None:
    site.send(agent=1)
    beats = [site.send(agent=1, h=1, at=NOW + minute * MINUTE) for minute in range(2, 6 * 60, 2)]
    assert None not in beats
    assert len({beat.visitor for beat in beats if beat}) == 1


def test_an_office_behind_one_address_is_counted_whole(site: Site) -> None:
    """A thousand people with sixty browsers open six pages each in an hour, thirty of them one notice at once."""
    for number in range(30):
        site.send(page_id=58, agent=number, at=NOW)
    for number in range(6000):
        site.send(page_id=1 + number * 7 % 50, agent=number % 60, at=NOW + number * 600)
    assert (site.shown(), site.suspects(), site.refused) == (6030, Counter(), Counter())


def test_others_are_counted_while_one_address_floods(site: Site) -> None:
    for number in range(3000):
        site.send(agent=number, at=NOW + number)
    before = site.shown()
    for number in range(200):
        site.send(ip=f"198.51.100.{number}", agent=1, at=NOW + 3000)
    assert site.shown() - before == 200


def test_addresses_of_one_ipv6_customer_share_their_limits(site: Site) -> None:
    for number in range(10_000):
        site.send(ip=f"2001:db8:0:{number % 256:x}::{number:x}", agent=1, at=NOW)
    assert len(site.events) == 1000
    assert site.shown() == 300


def test_an_hour_later_an_address_is_as_good_as_any(site: Site) -> None:
    for number in range(3000):
        site.send(agent=number, at=NOW)
    before = site.shown()
    for number in range(100):
        site.send(agent=number, at=NOW + 60 * MINUTE)
    assert site.shown() - before == 100


@pytest.mark.parametrize(
    ("seconds", "visits"), [pytest.param(5, 1, id="within seconds"), pytest.param(11, 2, id="later")]
)
def test_a_reader_who_opens_a_page_again_within_seconds_is_on_one_visit(site: Site, seconds: int, visits: int) -> None:
    views = [site.send(agent=1, at=NOW + turn * seconds * 1000) for turn in range(2)]
    assert sum(isinstance(view, PageView) and view.visit for view in views) == visits
    assert site.shown() == 2
    other = site.send(page_id=2, agent=1, at=NOW + seconds * 1000)
    assert isinstance(other, PageView)
    assert other.visit, "another page"


def test_bots_and_staff_are_no_suspects(site: Site) -> None:
    staff = sign(PageToken(1, 7, "vi", "/tin/", "staff", hour=hour_of(NOW / 1000)), key=KEY)
    for number in range(500):
        site.send(agent=number, t=staff)
    assert site.suspects() == {}


def test_a_pixel_is_limited_as_a_beacon_is(site: Site) -> None:
    refused = 0
    for number in range(1500):
        envelope = Envelope(now=NOW, ip="203.0.113.9", host="so.example.vn", user_agent=BROWSER.format(number, 1))
        try:
            event = parse_pixel(f"t={PAGES[1]}".encode(), envelope, site.known).event
        except Dropped as refusal:
            refused += refusal.reason is Reason.TOO_MANY
        else:
            site.events.append(event)
    assert (len(site.events), site.shown(), refused) == (1000, 300, 500)


class Kit(Protocol):
    """The collector with its surroundings, as ``tests/pipeline/conftest.py`` makes it."""

    acknowledger: Acknowledger
    app: Any

    async def beacon(self, **changes: Any) -> Any: ...
    def events(self) -> list[Event]: ...


@pytest.fixture
def limited(collector: Kit) -> Kit:
    own = Collector(
        Knowledge(
            keys=(KEY,),
            salt_for=lambda _at: b"s" * 32,
            names=settle([]),
            limits=limits_of(events_per_second=0, events=0, page_views=5, new_readers=0)._replace(
                events=Limit(rate=0.001, burst=20)  # nobody's turn comes again while a test takes its time
            ),
            undated_until=2e9 * 1000,
            visitors=RecentVisitors(started_ms=time.time_ns() // 1_000_000),
            campaigns=CampaignsToday(),
            texts=Texts(),
        ),
        collector.acknowledger,
    )
    collector.app._endpoints["e"] = own.beacon
    return collector


async def test_too_many_are_told_when_to_come_again(limited: Kit) -> None:
    answers = await asyncio.gather(*(limited.beacon() for _ in range(40)))
    assert Counter(answer.status for answer in answers) == {202: 20, 429: 20}
    refusal = next(answer for answer in answers if answer.status != 202)
    assert (refusal.status, refusal.reason, int(refusal.headers[b"retry-after"])) == (429, "too-many", 10)
    views = [event for event in limited.events() if isinstance(event, PageView)]
    assert sum(view.suspect == "" for view in views) in range(5, 10)


async def test_what_was_refused_is_remembered_by_page(limited: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[Any, ...]] = []
    monkeypatch.setattr(endpoints.recent_answers, "count", lambda *what: told.append(what))
    await limited.beacon(p="/khac/")
    await limited.beacon(t="forged")
    assert told == [("other-path", 7), ("bad-token", 0)]
