"""What the live screen asks: the views of the last minutes, and who reads which page."""

from __future__ import annotations

from typing import Any

from event_rows import EMPTY_ROW

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import EVENT_COLUMNS
from pipeline.clickhouse.queries import read_now
from pipeline.clickhouse.writer import write_events

NOW = 1_790_571_630  # half a minute past noon in Hà Nội, Unix seconds
MINUTE = 60


def event(ago: float, visitor: int, **fields: Any) -> dict[str, Any]:
    usual = {"site": 1, "kind": "view", "page_id": 7, "audience": "public", "locale": "vi", "path": "/"}
    return EMPTY_ROW | usual | {"at": round((NOW - ago) * 1000), "visitor": visitor} | fields


EVENTS = [
    event(10, 1),
    event(20, 1),  # the same reader
    event(25, 2, kind="heartbeat"),  # reads on, and is no view
    event(100, 3, page_id=8),
    event(400, 4, page_id=9),  # has gone
    event(15, 0),  # without a number: a view, and no reader
    event(12, 5, audience="bot"),
    event(12, 6, site=2, page_id=20),
    event(12, 7, kind="search", page_id=0),
    event(4000, 8),  # too long ago
    event(-60, 9),  # a clock that is ahead
]


def columns_of(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    found = [row | {"partition": 0, "offset": number, "row": 0} for number, row in enumerate(rows)]
    return {name: [row[name] for row in found] for name in EVENT_COLUMNS}


def test_minutes_have_views_and_pages_have_readers(client: ClickHouse) -> None:
    write_events(client, columns_of(EVENTS), token="events/0/0-10")
    found = read_now(client, since=NOW - 30 * MINUTE, until=NOW, online_seconds=300, site=1)
    this_minute = NOW - 30
    assert found.minutes == {this_minute: 3, this_minute - 2 * MINUTE: 1, this_minute - 7 * MINUTE: 1}
    assert found.pages == [(7, 2, 3), (8, 1, 1)]
    everywhere = read_now(client, since=NOW - 30 * MINUTE, until=NOW, online_seconds=300)
    assert (20, 1, 1) in everywhere.pages
