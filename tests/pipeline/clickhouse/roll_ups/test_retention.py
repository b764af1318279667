"""Raw rows go after their time, and every number stays: for readers, for a rebuild, for the check of each place."""

from __future__ import annotations

import itertools
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from event_rows import EMPTY_ROW

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import EVENT_COLUMNS
from pipeline.clickhouse.queries import count_places, find_first_offset
from pipeline.clickhouse.roll_ups import ROLL_UPS, SUMS
from pipeline.clickhouse.roll_ups.compare import compare_roll_ups
from pipeline.clickhouse.roll_ups.rebuild import rebuild
from pipeline.clickhouse.roll_ups.retention import enforce, find_runs, first_day_kept, raw_since
from pipeline.clickhouse.writer import write_events
from pipeline.serving.snapshot import read_snapshot

if TYPE_CHECKING:
    from conftest import Group

NOON = (
    1_790_571_600  # Monday 2026-09-28, 12:00 in Hà Nội; a record of the group is on one of the ninety days from then on
)
AGREED = dict.fromkeys(ROLL_UPS, 0)
NOVEMBER = date(2026, 11, 1)
ALL_GONE = {0: 10_000, 1: 10_000}


class Crash(Exception):
    """The process ends here."""


class Dying(ClickHouse):
    """Runs a number of statements and none after them."""

    def __init__(self, client: ClickHouse, statements: int) -> None:
        super().__init__(client._connection)
        self.left = statements

    def command(self, statement: str) -> None:
        self._count()
        super().command(statement)

    def insert(self, *arguments: Any, **options: Any) -> None:
        self._count()
        super().insert(*arguments, **options)

    def _count(self) -> None:
        if self.left == 0:
            raise Crash
        self.left -= 1


def delete_before(client: ClickHouse, day: date, *, now: int = NOON, begins: dict[int, int] = ALL_GONE) -> int:
    return enforce(client, keep_from=day, begins=begins, now=now, advance=lambda *_: None)


def make_anew(client: ClickHouse, group: Group) -> None:
    rebuild(
        client, ends=group.ends, progress_of_group=group.progress, on_progress=lambda *_: None, pause=lambda _: None
    )


def merged(client: ClickHouse) -> dict[str, Any]:
    """Everything that readers see, a key once."""
    found: dict[str, Any] = {}
    for name, roll_up in SUMS.items():
        values = [one.name if one.adds_up else f"finalizeAggregation({one.name})" for one in roll_up.measures]
        keys = ", ".join(roll_up.columns)
        question = f"SELECT {keys}, {', '.join(values)} FROM {name} ORDER BY {keys} SETTINGS final = 1"
        found[name] = client.query(question)
    return found | {"snapshot": read_snapshot(client, NOON + 100 * 86_400)}


def deliver(client: ClickHouse, group: Group) -> None:
    """Views of two partitions over ninety days, what readers did, and an opening balance of the first day."""
    group.deliver(100)
    group.deliver(20, partition=1)
    row = EMPTY_ROW | {"at": NOON * 1000, "site": 1, "page_id": 7, "audience": "public", "locale": "vi", "partition": 2}
    rows = [
        row | {"kind": "opening", "opening_views": 1327, "opening_visits": 5},
        row | {"kind": "engagement", "seconds": 40, "depth": 70, "row": 1},
        row | {"kind": "search", "target": "thi đua", "visitor": 5, "row": 2},
        row | {"kind": "heartbeat", "visitor": 5, "row": 3},
        row | {"kind": "heartbeat", "visitor": 5, "offset": 1, "at": NOON * 1000 + 90 * 86_400_000},
    ]
    for offset in (0, 1):
        some = [one for one in rows if one["offset"] == offset]
        write_events(client, {name: [one[name] for one in some] for name in EVENT_COLUMNS}, token=f"p/2/{offset}")


def raw_months(client: ClickHouse, kinds: str = "kind != 'opening'") -> dict[int, int]:
    month = "toYYYYMM(at, 'Asia/Ho_Chi_Minh')"
    return dict(client.query(f"SELECT {month}, count() FROM events WHERE {kinds} GROUP BY 1 ORDER BY 1"))


def test_months_go_whole_and_no_number_changes(client: ClickHouse, group: Group) -> None:
    deliver(client, group)
    before, rows = merged(client), raw_months(client)

    deleted = delete_before(client, NOVEMBER, begins=ALL_GONE | {2: 10_000})

    left = raw_months(client)
    assert deleted == sum(rows.values()) - sum(left.values()) > 80
    assert {month: count for month, count in left.items() if month >= 202611} == {
        month: count for month, count in rows.items() if month >= 202611
    }
    assert merged(client) == before
    assert compare_roll_ups(client) == AGREED
    assert raw_since(client) == NOVEMBER


def test_a_rebuild_afterwards_has_the_same_numbers(client: ClickHouse, group: Group) -> None:
    deliver(client, group)
    before = merged(client)
    delete_before(client, NOVEMBER, begins=ALL_GONE | {2: 10_000})
    for day in (None, date(2026, 12, 1)):
        if day:
            assert delete_before(client, day, now=NOON + 1) > 0
        make_anew(client, group)
        assert merged(client) == before
        assert compare_roll_ups(client) == AGREED
    left = {month: count for month, count in raw_months(client).items() if month < 202612}
    assert left == {202610: 4}, "the last records of two partitions"


def test_what_the_archive_lacks_is_found(client: ClickHouse, group: Group) -> None:
    deliver(client, group)
    delete_before(client, NOVEMBER)
    client.command("TRUNCATE TABLE page_days_archive")
    assert {name for name, keys in compare_roll_ups(client).items() if keys} == {"page_days"}


def test_opening_balances_stay(client: ClickHouse, group: Group) -> None:
    deliver(client, group)
    delete_before(client, NOVEMBER, begins=ALL_GONE | {2: 10_000})
    assert raw_months(client, "kind = 'opening'") == {202609: 1}


def test_rows_whose_record_the_log_has_stay_however_old_they_say_they_are(client: ClickHouse, group: Group) -> None:
    group.deliver(100)
    delete_before(client, NOVEMBER, begins={0: 20, 1: 0})
    assert client.query("SELECT min(offset) FROM events WHERE partition = 0") == [(20,)]
    assert client.query("SELECT count() FROM events WHERE offset >= 20") == [(160,)]


def test_the_last_record_of_a_partition_stays(client: ClickHouse, group: Group) -> None:
    group.deliver(20)
    delete_before(client, NOVEMBER)
    assert client.query("SELECT DISTINCT offset FROM events") == [(19,)]


def test_each_place_in_the_log_is_still_known(client: ClickHouse, group: Group) -> None:
    group.deliver(100)
    before = count_places(client, partition=0, first=0, end=100)
    delete_before(client, NOVEMBER)
    assert count_places(client, partition=0, first=0, end=100) == before
    assert find_first_offset(client, partition=0) == 0


def test_a_month_has_one_run(client: ClickHouse, group: Group) -> None:
    group.deliver(100)
    assert delete_before(client, NOVEMBER) > 0
    assert delete_before(client, NOVEMBER, now=NOON + 1) == 0
    assert len(find_runs(client)) == 1


def test_where_nothing_is_old_nothing_happens(client: ClickHouse, group: Group) -> None:
    group.deliver(10)
    assert delete_before(client, date(2026, 9, 1)) == 0
    assert find_runs(client) == []
    assert raw_since(client) is None


def test_a_late_row_of_a_deleted_month_counts(client: ClickHouse, group: Group) -> None:
    group.deliver(100)
    delete_before(client, NOVEMBER)
    group.deliver(10, partition=1)  # of September and October
    for _ in range(2):
        assert client.query("SELECT sum(views) FROM page_days") == [(220,)]
        assert client.query("SELECT sum(views) FROM page_totals") == [(220,)]
        assert compare_roll_ups(client) == AGREED
        make_anew(client, group)


def test_a_run_that_was_killed_anywhere_is_finished_by_the_next(client: ClickHouse, group: Group) -> None:
    deliver(client, group)
    before = merged(client)
    seconds = itertools.count()
    # Six tables are made, then a month has seven inserts; the run is noted, two months are deleted, and that is noted.
    for statements in (0, 4, 10, 19, 20, 21, 0, 1, 1):
        with pytest.raises(Crash):
            delete_before(Dying(client, statements), NOVEMBER, now=NOON + next(seconds))
        assert merged(client) == before, statements
        assert compare_roll_ups(client) == AGREED, statements
    assert not find_runs(client)[0].deleted
    assert delete_before(client, NOVEMBER, now=NOON + 100) == 0
    (run,) = find_runs(client)
    assert run.deleted
    make_anew(client, group)
    assert merged(client) == before
    assert compare_roll_ups(client) == AGREED


@pytest.mark.parametrize(
    ("today", "days", "kept"),
    [
        pytest.param(date(2026, 11, 29), 400, date(2025, 10, 1), id="whole months"),
        pytest.param(date(2026, 11, 30), 29, date(2026, 11, 1), id="to the day"),
        pytest.param(date(2026, 11, 30), 30, date(2026, 10, 1), id="a day more"),
        pytest.param(date(2026, 11, 30), 10**9, date(1, 1, 1), id="longer than there are days"),
    ],
)
def test_days_are_kept_at_least(today: date, days: int, kept: date) -> None:
    assert first_day_kept(today, days) == kept
