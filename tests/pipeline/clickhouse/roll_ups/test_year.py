"""A year of traffic: its roll-ups have what plain Python counts, and stay so through retention and a rebuild."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

import pytest
from event_rows import EMPTY_ROW
from truth import HANOI
from year import DAYS, FIRST, PARTITIONS, Row, Year, spike_day, spike_page

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.roll_ups import ROLL_UPS, SUMS
from pipeline.clickhouse.roll_ups.compare import compare_roll_ups
from pipeline.clickhouse.roll_ups.declared import Facet, RollUp
from pipeline.clickhouse.roll_ups.rebuild import rebuild
from pipeline.clickhouse.roll_ups.retention import enforce
from pipeline.clickhouse.writer import write_events

VIEWS = 3_000

Number = Callable[[Row], int]

NUMBERS: Mapping[str, Number] = {
    "views": lambda row: row["kind"] == "view",
    "visits": lambda row: row["kind"] == "view" and row["visit"],
    "engagements": lambda row: row["kind"] == "engagement",
    "seconds": lambda row: row["seconds"],
    "depth": lambda row: row["depth"],
    "downloads": lambda row: row["kind"] == "download",
    "outbound": lambda row: row["kind"] == "outbound",
    "searches": lambda row: row["kind"] == "search",
    "not_found": lambda row: row["kind"] == "not_found",
}
OF_ACTS = {"engagement", "download", "outbound"}
OF_ANSWERS = {"search", "not_found"}
KINDS = defaultdict(lambda: {"view"}, act=OF_ACTS, answer=OF_ANSWERS)
TIMES: Mapping[str, Callable[[datetime], Any]] = {
    "day": lambda at: at.date(),
    "hour": lambda at: at.astimezone(UTC).replace(minute=0, second=0, microsecond=0),
}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(Year(VIEWS).rows())


def local(row: Row) -> datetime:
    return datetime.fromtimestamp(row["at"] / 1000, UTC).astimezone(HANOI)


def true_sums(rows: list[Row], name: str) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """By key, the numbers of a roll-up, in plain Python."""
    roll_up = SUMS[name]
    found: dict[tuple[Any, ...], list[int]] = {}
    for facet in roll_up.facets:
        for row in rows:
            if row["kind"] in KINDS[facet.name]:
                numbers = found.setdefault(key_of(row, roll_up, facet), [0] * len(roll_up.numbers))
                for place, number in enumerate(roll_up.numbers):
                    numbers[place] += NUMBERS[number.name](row)
    return {key: tuple(numbers) for key, numbers in found.items()}


def key_of(row: Row, roll_up: RollUp, facet: Facet) -> tuple[Any, ...]:
    """What tells the row of the roll-up apart that this row of the raw table is in."""
    known = {column: row[column] for column in facet.keys} | {"facet": facet.name}
    times = {column: TIMES[column](local(row)) for column in TIMES if column in roll_up.columns}
    return tuple((known | times).get(column, EMPTY_ROW.get(column)) for column in roll_up.columns)


def stored_sums(client: ClickHouse, name: str) -> dict[tuple[Any, ...], tuple[int, ...]]:
    roll_up = SUMS[name]
    keys = ", ".join(roll_up.columns)
    numbers = ", ".join(f"sum({one.name})" for one in roll_up.numbers)
    found = client.query(f"SELECT {keys}, {numbers} FROM {name} GROUP BY {keys}")
    width = len(roll_up.columns)
    return {tuple(row[:width]): tuple(row[width:]) for row in found}


def visitors(rows: list[Row], name: str) -> dict[tuple[Any, ...], int]:
    """By key, how many readers a daily roll-up told apart; so few that HyperLogLog counts them one by one."""
    found: dict[tuple[Any, ...], set[int]] = {}
    for facet in SUMS[name].facets:
        for row in rows:
            if row["kind"] == "view" and row["visitor"]:
                found.setdefault(key_of(row, SUMS[name], facet), set()).add(row["visitor"])
    return {key: len(found[key]) for key in found}


def test_it_is_always_the_same(rows: list[Row]) -> None:
    assert list(islice(Year(VIEWS).rows(), 500)) == rows[:500]
    assert list(islice(Year(VIEWS, seed=2).rows(), 500)) != rows[:500]


def test_a_year_has_everything_that_a_portal_has(rows: list[Row]) -> None:
    kinds = Counter(row["kind"] for row in rows)
    assert {*kinds} == {"view", "heartbeat", "opening", *OF_ACTS, *OF_ANSWERS}
    assert 0.95 < kinds["view"] / VIEWS < 1.3
    views = [row for row in rows if row["kind"] == "view"]
    assert {row["audience"] for row in views} == {"public", "staff", "preview", "bot"}
    assert len({row["page_id"] for row in views}) > 250
    assert {row["suspect"] for row in views} >= {"", "rate"}
    assert {row["site"] for row in views} == {1, 2}
    assert any(row["visitor"] == 0 for row in views)
    days = Counter(local(row).date() for row in views)
    assert min(days).year < 2025 < max(days).year
    assert len(days) > 0.9 * DAYS
    spike = days.most_common(1)[0][0]
    assert (spike - FIRST).days == spike_day()
    assert Counter(row["page_id"] for row in views if local(row).date() == spike).most_common(1)[0][0] == spike_page()
    assert any(len({row["path"] for row in views if row["page_id"] == page}) == 2 for page in range(1, 500))


def test_its_batches_are_of_one_partition_in_the_order_of_the_log(rows: list[Row]) -> None:
    last = [-1] * PARTITIONS
    total = 0
    for batch in Year(VIEWS).batches(rows=500):
        (partition,) = {*batch["partition"]}
        assert batch["offset"][0] > last[partition]
        assert list(batch["offset"]) == sorted(batch["offset"])
        last[partition] = batch["offset"][-1]
        total += len(batch["offset"])
    assert total == len(rows)


def test_every_roll_up_has_what_python_counts_also_without_old_rows_and_rebuilt(
    client: ClickHouse, rows: list[Row]
) -> None:
    for number, batch in enumerate(Year(VIEWS).batches()):
        write_events(client, batch, token=str(number))
    ends = {
        partition: offset + 1
        for partition, offset in client.query("SELECT partition, max(offset) FROM events GROUP BY 1")
    }
    wanted = {name: true_sums(rows, name) for name in SUMS}

    def check() -> None:
        for name in SUMS:
            assert stored_sums(client, name) == wanted[name], name
        for name, merge in (("site_days", "uniqExactMerge"), ("facet_days", "uniqCombined64Merge(12)")):
            keys = ", ".join(SUMS[name].columns)
            found = client.query(
                f"SELECT {keys}, {merge}(visitors) AS readers FROM {name} GROUP BY {keys} HAVING readers"
            )
            assert {row[:-1]: row[-1] for row in found} == visitors(rows, name)
        assert compare_roll_ups(client) == dict.fromkeys(ROLL_UPS, 0)

    check()
    deleted = enforce(client, keep_from=date(2026, 9, 1), begins=ends, now=1_793_000_000, advance=lambda *_: None)
    assert deleted > len(rows) / 2
    check()
    rebuild(
        client,
        ends=lambda: ends,
        progress_of_group=lambda: {partition: (end, end - 1) for partition, end in ends.items()},
        on_progress=lambda *_: None,
        pause=lambda _: None,
    )
    check()
