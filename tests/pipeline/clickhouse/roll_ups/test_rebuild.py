"""Rebuilt roll-ups are exact whatever happens meanwhile, and whole for readers at every moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from event_rows import EMPTY_ROW
from meanwhile import repeating
from views_everywhere import views_everywhere

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import EVENT_COLUMNS
from pipeline.clickhouse.roll_ups import ROLL_UPS, SUMS, compare, find_generations, find_shown
from pipeline.clickhouse.roll_ups.compare import compare_roll_ups, find_off
from pipeline.clickhouse.roll_ups.rebuild import rebuild
from pipeline.clickhouse.writer import write_events
from pipeline.errors import Rejected
from pipeline.serving.snapshot import read_snapshot

if TYPE_CHECKING:
    from conftest import Group

Connect = Callable[[], ClickHouse]
NOON = 1_790_571_600
VIEW: dict[str, Any] = EMPTY_ROW | {
    **{"at": NOON * 1000, "site": 1, "kind": "view", "page_id": 7, "audience": "public", "locale": "vi"},
    **{"visitor": 5, "visit": True, "channel": "search", "source": "google.com", "country": "VN", "device": "phone"},
}
BATCH_RECORDS = 7
BATCH_VIEWS = 2 * BATCH_RECORDS
AGREED = dict.fromkeys(ROLL_UPS, 0)


class Crash(Exception):
    """The process ends here."""


def run(client: ClickHouse, group: Group, **changes: Any) -> None:
    arguments: dict[str, Any] = {
        "ends": group.ends,
        "progress_of_group": group.progress,
        "on_progress": lambda *_: None,
        "pause": lambda _: None,
        **changes,
    }
    rebuild(client, **arguments)


def spoil(client: ClickHouse) -> None:
    """Make every roll-up wrong, as the product never would."""
    for name in SUMS:
        client.command(f"TRUNCATE TABLE {name}_{find_shown(client)[name]}")


@pytest.mark.usefixtures("together")
def test_wrong_roll_ups_are_right_again(client: ClickHouse, group: Group) -> None:
    group.deliver(200)
    group.deliver(30, partition=1)
    before = read_snapshot(client, NOON)
    spoil(client)
    assert compare_roll_ups(client)["site_days"] > 0

    run(client, group)
    assert compare_roll_ups(client) == AGREED
    assert set(views_everywhere(client).values()) == {460}
    assert read_snapshot(client, NOON) == before


def test_only_the_new_generation_is_left(client: ClickHouse, group: Group) -> None:
    group.deliver(20)
    for generation in (2, 3):
        run(client, group)
        assert set(find_shown(client).values()) == {generation}
        assert find_generations(client) == {generation}


def test_an_empty_table_has_empty_roll_ups(client: ClickHouse, group: Group) -> None:
    run(client, group)
    assert set(views_everywhere(client).values()) == {0}
    group.deliver(5)
    assert set(views_everywhere(client).values()) == {10}


def test_opening_balances_are_rebuilt_too(client: ClickHouse, group: Group) -> None:
    opening = EMPTY_ROW | {"at": NOON * 1000, "site": 1, "kind": "opening", "page_id": 7}
    for offset, views in enumerate((10, 30)):
        row = opening | {"at": NOON * 1000 + offset, "offset": offset, "opening_views": views, "opening_visits": 0}
        write_events(client, {name: [row[name]] for name in EVENT_COLUMNS}, token=f"page-events/0/{offset}-{offset}")
    client.command("TRUNCATE TABLE opening_balances_1")
    run(client, group, ends=lambda: {0: 2}, progress_of_group=lambda: {0: (2, 1)})
    assert read_snapshot(client, NOON).pages == {7: 30}


def test_a_new_roll_up_gets_its_reader(client: ClickHouse, group: Group) -> None:
    group.deliver(20)
    client.command("DROP VIEW site_hours")
    run(client, group)
    assert set(views_everywhere(client).values()) == {40}


def test_without_any_roll_up_it_says_what_to_run(client: ClickHouse, group: Group) -> None:
    for name in ROLL_UPS:
        client.command(f"DROP VIEW {name}")
    with pytest.raises(Rejected, match="nhip migrate"):
        run(client, group)


def test_rows_inserted_afterwards_count_once(client: ClickHouse, group: Group) -> None:
    group.deliver(50)
    run(client, group)
    group.deliver(50)
    group.deliver(1, partition=1)
    assert set(views_everywhere(client).values()) == {202}
    assert compare_roll_ups(client) == AGREED


def test_a_frozen_consumer_that_wakes_after_the_switch_changes_nothing(client: ClickHouse, group: Group) -> None:
    group.append(10)
    plan = group.plan()
    assert plan is not None
    group.insert(plan)
    group.advance()
    run(client, group)
    group.insert(plan)  # the frozen consumer's, whose partition another has taken
    assert set(views_everywhere(client).values()) == {20}


def test_tokens_hold_after_the_switch(client: ClickHouse, group: Group) -> None:
    run(client, group)
    group.append(10)
    plan = group.plan()
    assert plan is not None
    for _ in range(3):
        group.insert(plan)
    assert set(views_everywhere(client).values()) == {20}


# the cut


def test_a_plan_committed_before_the_views_were_made_moves_the_cut(client: ClickHouse, group: Group) -> None:
    """Its rows may be inserted unseen by the new views."""
    group.deliver(10)
    asked = 0

    def ends() -> dict[int, int]:
        nonlocal asked
        asked += 1
        found = group.ends()
        if asked == 1:
            group.deliver(5)  # after the log's end was read, before the views are made
        return found

    run(client, group, ends=ends)
    assert asked > 2
    assert set(views_everywhere(client).values()) == {30}
    assert compare_roll_ups(client) == AGREED


def test_a_rebuild_waits_for_a_plan_under_way(client: ClickHouse, group: Group) -> None:
    group.deliver(10)
    group.append(4)
    plan = group.plan()
    assert plan is not None
    waits = 0

    def pause(_: float) -> None:
        nonlocal waits
        waits += 1
        if waits == 3:
            group.insert(plan)
            group.advance()

    run(client, group, pause=pause)
    assert waits == 3
    assert set(views_everywhere(client).values()) == {28}


def test_a_log_that_goes_quiet_before_the_cut_moves_it_back(client: ClickHouse, group: Group) -> None:
    """The first cut comes too late, the next one is past the log's end, and then nothing more comes."""
    burst = [5]

    def ends() -> dict[int, int]:
        found = group.ends()
        if burst:
            group.deliver(burst.pop())
        return found

    group.deliver(10)
    run(client, group, ends=ends)
    assert set(views_everywhere(client).values()) == {30}
    group.deliver(3)
    assert set(views_everywhere(client).values()) == {36}


def test_a_log_that_the_rows_did_not_come_from_is_refused(client: ClickHouse, group: Group) -> None:
    group.deliver(10)
    with pytest.raises(Rejected, match="not the log they came from"):
        run(client, group, ends=lambda: {0: 3, 1: 0})
    assert find_generations(client) == {1}


def test_rows_of_a_partition_that_the_log_no_longer_has_are_kept(client: ClickHouse, group: Group) -> None:
    group.deliver(10)
    group.deliver(10, partition=1)
    run(client, group, ends=lambda: {0: 10}, progress_of_group=lambda: {0: group.progress()[0]})
    assert set(views_everywhere(client).values()) == {40}


# meanwhile


class Pacing(ClickHouse):
    """Lets others take a turn beside each statement, or beside each so many: as much happens meanwhile on a slow
    machine as on a fast one."""

    def __init__(self, client: ClickHouse, turns: dict[threading.Semaphore, int]) -> None:
        super().__init__(client._connection)
        self._turns = turns
        self._statements = 0

    def command(self, statement: str) -> None:
        self._go_on()
        super().command(statement)

    def query(self, *arguments: Any, **options: Any) -> list[tuple[Any, ...]]:
        self._go_on()
        return super().query(*arguments, **options)

    def _go_on(self) -> None:
        self._statements += 1
        for turn, every in self._turns.items():
            if self._statements % every == 0:
                turn.release()


def test_a_rebuild_is_exact_while_rows_come_in_and_readers_never_see_fewer_than_were_stored(
    client: ClickHouse, group: Group, connect: Connect
) -> None:
    group.deliver(100)
    before = group.views
    for partition in (0, 1):
        group.append(BATCH_RECORDS, partition=partition)  # a log under load is ahead of its consumers
    reader = connect()
    seen: list[int] = []
    least: list[int] = []
    to_read, to_deliver = threading.Semaphore(0), threading.Semaphore(0)

    def read() -> None:
        if to_read.acquire(timeout=0.1):
            least.append(group.views)
            seen.append(reader.query("SELECT sum(views) FROM site_days")[0][0])

    def deliver_to_both() -> None:
        if to_deliver.acquire(timeout=0.1):
            for partition in (0, 1):
                group.append(BATCH_RECORDS, partition=partition)
                plan = group.plan(partition=partition, records=BATCH_RECORDS)
                assert plan is not None
                group.insert(plan, partition=partition)
                group.advance(partition=partition)

    def pause(_: float) -> None:
        to_deliver.release()
        time.sleep(0.02)

    with repeating(read), repeating(deliver_to_both):
        run(Pacing(client, {to_read: 2, to_deliver: 12}), group, pause=pause)

    assert seen
    assert group.views > before
    assert all(found >= wanted for found, wanted in zip(seen, least, strict=True))
    # An insert reaches one generation after the other, and readers may be turned in between.
    assert all(later >= earlier - BATCH_VIEWS for earlier, later in pairwise(seen))
    assert set(views_everywhere(client).values()) == {group.views}
    assert compare_roll_ups(client) == AGREED


# ends half-way


@pytest.mark.parametrize("step", ["waiting", "filling", "checking"])
def test_a_fault_changes_nothing_for_readers(client: ClickHouse, group: Group, step: str) -> None:
    group.deliver(20)

    def fail(found: str, *_: int) -> None:
        if found == step:
            raise Crash

    with pytest.raises(Crash):
        run(client, group, on_progress=fail)
    assert set(views_everywhere(client).values()) == {40}
    assert find_generations(client) == {1}
    group.deliver(20)
    run(client, group)
    assert set(views_everywhere(client).values()) == {80}


@contextmanager
def each_month_by_itself(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As months of many events are."""
    with monkeypatch.context() as patch:
        patch.setattr(compare, "EVENTS_TOGETHER", 1)
        yield


def count_statements(client: ClickHouse, group: Group) -> int:
    done = 0

    class Counting(ClickHouse):
        def command(self, statement: str) -> None:
            nonlocal done
            done += 1
            client.command(statement)

        def query(self, *arguments: Any) -> list[tuple[Any, ...]]:
            return client.query(*arguments)

    run(Counting(client._connection), group)
    return done


def test_a_rebuild_killed_after_any_statement_leaves_whole_roll_ups_and_the_next_one_tidies_up(
    client: ClickHouse, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing runs after the kill, not even the clean-up. The rows are of two months, each of which is filled by itself
    in the rebuild that is killed."""
    group.deliver(5)
    with each_month_by_itself(monkeypatch):
        statements = count_statements(client, group)
    assert statements > 30

    for last in range(1, statements, statements // 10):
        with each_month_by_itself(monkeypatch), pytest.raises(Crash):
            run(Dying(client, last), group)
        assert set(views_everywhere(client).values()) == {group.views}, f"killed after statement {last}"
        group.deliver(3)
        assert set(views_everywhere(client).values()) == {group.views}, f"killed after statement {last}"
        run(client, group)
        assert len(find_generations(client)) == 1
        assert compare_roll_ups(client) == AGREED


class Dying(ClickHouse):
    """Runs a number of statements and none after them."""

    def __init__(self, client: ClickHouse, statements: int) -> None:
        super().__init__(client._connection)
        self._left = statements

    def command(self, statement: str) -> None:
        if self._left == 0:
            raise Crash
        self._left -= 1
        super().command(statement)


# the check


@pytest.mark.parametrize(
    ("made", "off"),
    [
        pytest.param((10, 5), [], id="as many as were surely stored"),
        pytest.param((12, 6), [], id="as many as are stored by now"),
        pytest.param((9, 5), ["site_days 202609"], id="a view short"),
        pytest.param((13, 6), ["site_days 202609"], id="a view too many"),
        pytest.param((10, 7), ["site_days 202609"], id="a visit too many"),
    ],
)
def test_a_months_sums_must_lie_between_two_sums_of_the_rows(made: tuple[int, int], off: list[str]) -> None:
    month = ("site_days", 202609)
    assert find_off({month: made}, {month: (10, 5)}, {month: (12, 6)}) == off


def test_a_month_that_is_missing_is_off() -> None:
    assert find_off({}, {("site_days", 202609): (1, 0)}, {("site_days", 202609): (1, 0)}) == ["site_days 202609"]


def test_a_month_that_no_row_is_of_is_off() -> None:
    assert find_off({("act_days", 202609): (0, 0, 1)}, {}, {}) == ["act_days 202609"]


def test_what_readers_do_is_summed_and_rebuilt(client: ClickHouse, group: Group) -> None:
    done = (
        {"kind": "engagement", "seconds": 40, "depth": 70},
        {"kind": "engagement", "seconds": 5, "depth": 30},
        {"kind": "download", "target": "/documents/1/qd.pdf"},
        {"kind": "outbound", "target": "chinhphu.vn"},
        {"kind": "search", "page_id": 0, "target": "thi đua", "visitor": 5},
        {"kind": "search", "page_id": 0, "target": "thi đua", "visitor": 6},
        {"kind": "not_found", "page_id": 0, "target": "/cu", "source": "example.vn"},
    )
    rows = [VIEW | {"visit": False, "offset": 0, "row": row} | one for row, one in enumerate(done)]
    write_events(client, {name: [row[name] for row in rows] for name in EVENT_COLUMNS}, token="page-events/0/0-0")
    acts = "SELECT sum(engagements), sum(seconds), sum(depth), sum(downloads), sum(outbound) FROM act_days"
    answers = (
        "SELECT target, sum(searches), sum(not_found), uniqCombined64Merge(12)(searchers) FROM act_days"
        " WHERE facet = 'answer' GROUP BY target ORDER BY target"
    )
    for _ in range(2):
        assert client.query(acts) == [(2, 45, 100, 1, 1)]
        assert client.query(answers) == [("/cu", 0, 1, 0), ("thi đua", 2, 0, 2)]
        assert client.query("SELECT count() FROM page_days") == [(0,)]
        assert compare_roll_ups(client) == AGREED
        spoil(client)
        assert compare_roll_ups(client)["act_days"] == 5  # three of acts, two of answers
        run(client, group, ends=lambda: {0: 1}, progress_of_group=lambda: {0: (1, 0)})


@pytest.mark.parametrize("name", SUMS)
def test_each_roll_up_that_lacks_rows_is_found(client: ClickHouse, group: Group, name: str) -> None:
    rows = [
        VIEW | {"kind": kind, "offset": 0, "row": row, "seconds": 1, "depth": 1, "target": "x"}
        for row, kind in enumerate(("view", "engagement", "search"))
    ]
    write_events(client, {name: [row[name] for row in rows] for name in EVENT_COLUMNS}, token="page-events/0/0-0")
    client.command(f"TRUNCATE TABLE {name}_1")
    differing = {found for found, keys in compare_roll_ups(client).items() if keys}
    assert differing >= {name}
    assert differing <= {name, "page_totals"}
