"""Midnight gives every reader another number; who is here on both sides of it is one reader online."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from fresh_database import fresh_database

from pipeline.brokers import Record
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.rows import rows_of
from pipeline.clickhouse.writer import write_rows
from pipeline.collecting.beacon import Envelope, Knowledge, parse_beacon
from pipeline.collecting.campaigns_today import CampaignsToday
from pipeline.collecting.enrich.referrers import settle
from pipeline.collecting.limits import limits_of
from pipeline.collecting.recent_visitors import RecentVisitors
from pipeline.collecting.texts import Texts
from pipeline.events import EVENTS_TOPIC, Heartbeat, PageView, encode_lines
from pipeline.periods import ZONE, local_date
from pipeline.reports.catalogue import DAYS
from pipeline.reports.query import Query
from pipeline.reports.run import read_report
from pipeline.serving.snapshot import read_snapshot
from pipeline.tokens import PageToken, hour_of, sign

KEY = bytes(range(32))
MIDNIGHT = datetime(2026, 11, 30, tzinfo=ZONE).timestamp()  # of a Monday, so that a week begins too

_numbers = itertools.count(1)
_offsets = itertools.count()


class Portal:
    """A site of its own, its collectors' minds and an engine; every moment is in seconds from midnight."""

    def __init__(self, client: ClickHouse) -> None:
        self._client = client
        self.site = next(_numbers)
        self._page = sign(PageToken(self.site, 7, "vi", "/", hour=hour_of(MIDNIGHT)), key=KEY)
        self.salts = {local_date(MIDNIGHT - 1): b"a" * 32, local_date(MIDNIGHT): b"b" * 32}
        self.collectors = [self._collector() for _ in range(2)]
        self.sent: list[PageView | Heartbeat] = []

    def _collector(self) -> Knowledge:
        return Knowledge(
            keys=(KEY,),
            salt_for=lambda at: self.salts.get(local_date(at)),
            visitors=RecentVisitors(started_ms=int((MIDNIGHT - 3600) * 1000)),
            limits=limits_of(events_per_second=0, events=0, page_views=0, new_readers=0),
            names=settle(["so.example.vn"]),
            undated_until=0.0,
            campaigns=CampaignsToday(),
            texts=Texts(),
        )

    def read(self, at: float, *, reader: int = 1, collector: int = 0, heartbeat: int = 0) -> PageView | Heartbeat:
        envelope = Envelope(
            now=int((MIDNIGHT + at) * 1000),
            ip=f"203.0.113.{reader}",
            host="so.example.vn",
            user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0",
            content_type=b"text/plain",
        )
        body = msgspec.json.encode({"t": self._page, "p": "/", "n": "reload", "h": heartbeat})
        event = parse_beacon(body, envelope, self.collectors[collector]).event
        self.sent.append(event)
        offset = next(_offsets)
        record = Record(EVENTS_TOPIC, 0, offset, envelope.now, None, encode_lines([event]))
        write_rows(self._client, rows_of([record]), f"{EVENTS_TOPIC}/0/{offset}-{offset}")
        return event

    def online(self, at: float) -> int:
        return read_snapshot(self._client, MIDNIGHT + at).sites[self.site].views.online


@pytest.fixture(scope="module")
def engine(embedded_directory: Path) -> Iterator[ClickHouse]:
    with fresh_database(embedded_directory) as connect:
        yield connect()


@pytest.fixture
def portal(engine: ClickHouse) -> Portal:
    return Portal(engine)


def test_a_reader_before_and_after_midnight_is_one(portal: Portal) -> None:
    portal.read(-32)
    assert portal.online(-1) == 1
    after = portal.read(5)
    assert [portal.online(at) for at in (6, 60, 200, 270, 290, 304)] == [1] * 6
    assert portal.online(306) == 0
    assert len({event.visitor for event in portal.sent}) == 2, "each day has its own number"
    assert after.seen_ago == 4


def test_readers_are_told_apart_at_midnight(portal: Portal) -> None:
    for reader in (1, 2, 3):
        portal.read(-100 - reader, reader=reader)
    portal.read(10, reader=1)
    portal.read(11, reader=9)
    assert [portal.online(at) for at in (12, 150, 186)] == [4, 4, 4]
    assert [portal.online(at) for at in (205, 309, 312)] == [2, 2, 0]


def test_heartbeats_go_on_over_midnight(portal: Portal) -> None:
    portal.read(-200)
    for at in (-80, 40, 160, 280):
        portal.read(at, heartbeat=1)
        assert portal.online(at + 1) == 1
    assert [portal.online(at) for at in (225, 400, 579)] == [1, 1, 1]


def test_while_the_new_day_has_no_salt_its_readers_stay_one(portal: Portal) -> None:
    salt = portal.salts.pop(local_date(MIDNIGHT))
    portal.read(-32)
    portal.read(5)
    assert portal.online(6) == 1
    portal.salts[local_date(MIDNIGHT)] = salt
    portal.read(40)
    assert [portal.online(at) for at in (41, 250, 339)] == [1, 1, 1]


def test_at_another_collector_a_reader_is_two_for_as_long_as_both_are_online(portal: Portal) -> None:
    portal.read(-32)
    portal.read(5, collector=1)
    assert [portal.online(at) for at in (6, 269)] == [2, 1]


def test_the_days_visitors_and_visits_stay_what_they_were(portal: Portal, engine: ClickHouse) -> None:
    for at in (-900, -32, 5, 700):
        portal.read(at)
    query = Query(DAYS, since=local_date(MIDNIGHT - 1), until=local_date(MIDNIGHT), site=portal.site)
    days = read_report(engine, query).rows
    assert [(views, visits, visitors) for _day, views, visits, visitors, *_ in days] == [(2, 1, 1), (2, 0, 1)]


def test_no_row_names_the_number_of_another_day(portal: Portal) -> None:
    for reader in range(1, 5):
        portal.read(-32 + reader, reader=reader)
        portal.read(5 + reader, reader=reader)
    for event in portal.sent[1::2]:
        others = {sent.visitor for sent in portal.sent} - {event.visitor}
        assert not others & set(msgspec.structs.astuple(event))
    assert {event.seen_ago for event in portal.sent} == {0, 4}
