"""A log, an engine and runners that can be made to fail, for the consumer's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from clock import Clock
from fresh_database import fresh_database

from pipeline.brokers import Topic
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.clickhouse.client import ClickHouse
from pipeline.events import EVENTS_TOPIC, PageView

HOUR_MS = 3_600_000


@pytest.fixture
def clock() -> Clock:
    return Clock(1_790_571_600.0)


@pytest.fixture
def broker(tmp_path: Path, clock: Clock) -> Iterator[SqliteBroker]:
    """A log with two partitions, on the test's clock."""
    broker = SqliteBroker(tmp_path / "log", clock=clock, session_seconds=30)
    broker.create_topics((Topic(EVENTS_TOPIC, 2, HOUR_MS),))
    yield broker
    broker.close()


@pytest.fixture
def engine(embedded_directory: Path) -> Iterator[ClickHouse]:
    """A fresh database of the real engine, migrated."""
    with fresh_database(embedded_directory) as connect:
        yield connect()


@pytest.fixture
def view() -> Callable[[int], PageView]:
    """A view by visitor ``number``."""

    def make(number: int) -> PageView:
        return PageView(
            at=1_790_571_600_000 + number,
            site=1,
            page_id=7 + number % 2,
            locale="vi",
            path="/tin-tuc/",
            audience="public",
            visitor=number + 1,
            visit=True,
        )

    return make


@pytest.fixture
def line() -> Callable[..., bytes]:
    """A line of a record: a view but for ``changes``; None leaves a field out."""

    def make(**changes: object) -> bytes:
        fields: dict[str, object] = {"kind": "view", "at": 1, "site": 1, "page_id": 7, **changes}
        return msgspec.json.encode({name: value for name, value in fields.items() if value is not None})

    return make
