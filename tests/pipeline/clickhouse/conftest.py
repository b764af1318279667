"""A database of the real engine, and a log whose consumer inserts as the real one does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from event_rows import EMPTY_ROW
from fresh_database import Connect, fresh_database

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import EVENT_COLUMNS
from pipeline.clickhouse.roll_ups import compare
from pipeline.clickhouse.writer import write_events

NOON = 1_790_571_600_000  # Monday 2026-09-28, 12:00 in Hà Nội
DAY = 86_400_000
DELIVERED_AT_ONCE = 25  # records an insert, each of which costs as much as hundreds of rows
VIEW: dict[str, Any] = EMPTY_ROW | {
    "at": NOON,
    "site": 1,
    "kind": "view",
    "page_id": 7,
    "audience": "public",
    "locale": "vi",
    "path": "/",
    "visitor": 5,
    "visit": True,
}


@pytest.fixture
def connect(embedded_directory: Path) -> Iterator[Connect]:
    """Opens connections to one fresh, migrated database."""
    with fresh_database(embedded_directory) as connect:
        yield connect


@pytest.fixture
def client(connect: Connect) -> ClickHouse:
    return connect()


@pytest.fixture(params=[1, compare.EVENTS_TOGETHER], ids=["each month by itself", "months together"])
def together(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many events months may have to be compared and filled by one statement."""
    events: int = request.param
    monkeypatch.setattr(compare, "EVENTS_TOGETHER", events)
    return events


class Group:
    """The log and its consumers, one step a call: append, plan, insert, advance. A record is two views."""

    def __init__(self, client: ClickHouse, partitions: int = 2) -> None:
        self._client = client
        self._ends = dict.fromkeys(range(partitions), 0)
        self._finished = dict.fromkeys(range(partitions), 0)
        self._plans: dict[int, tuple[int, int]] = {}
        self._lock = threading.Lock()
        self.views = 0

    def append(self, records: int = 1, *, partition: int = 0) -> None:
        with self._lock:
            self._ends[partition] += records

    def plan(self, *, partition: int = 0, records: int = 10) -> tuple[int, int] | None:
        """Commit the next plan of a partition, of up to that many records."""
        with self._lock:
            first = self._finished[partition]
            last = min(self._ends[partition], first + records) - 1
            if last < first:
                return None
            self._plans[partition] = (first, last)
            return first, last

    def insert(self, plan: tuple[int, int], *, partition: int = 0) -> None:
        """Insert a plan's rows under its token."""
        first, last = plan
        write_events(
            self._client, self.columns(plan, partition=partition), token=f"page-events/{partition}/{first}-{last}"
        )

    def columns(self, plan: tuple[int, int], *, partition: int = 0) -> dict[str, Any]:
        """A plan's rows, each record on a day of its own."""
        first, last = plan
        rows = [
            {**VIEW, "at": NOON + offset % 90 * DAY, "visitor": offset + 1, "page_id": 7 + offset % 5,
             "visit": offset % 3 > 0, "partition": partition, "offset": offset, "row": row}
            for offset in range(first, last + 1)
            for row in range(2)
        ]  # fmt: skip
        return {name: [row[name] for row in rows] for name in EVENT_COLUMNS}

    def advance(self, *, partition: int = 0) -> None:
        with self._lock:
            first, last = self._plans.pop(partition)
            self._finished[partition] = last + 1
            self.views += 2 * (last + 1 - first)

    def deliver(self, records: int, *, partition: int = 0) -> None:
        """Append, plan, insert and advance at once."""
        self.append(records, partition=partition)
        while plan := self.plan(partition=partition, records=DELIVERED_AT_ONCE):
            self.insert(plan, partition=partition)
            self.advance(partition=partition)

    def ends(self) -> dict[int, int]:
        with self._lock:
            return dict(self._ends)

    def progress(self) -> dict[int, tuple[int, int]]:
        with self._lock:
            return {
                partition: (finished, self._plans.get(partition, (0, finished - 1))[1])
                for partition, finished in self._finished.items()
            }


@pytest.fixture
def group(connect: Connect) -> Group:
    return Group(connect())
