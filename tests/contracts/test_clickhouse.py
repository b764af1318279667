"""What the pipeline needs of its engine, embedded or a server, through the one client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from event_rows import EMPTY_ROW
from views_everywhere import views_everywhere

from pipeline.clickhouse.client import ClickHouse, Reconnecting
from pipeline.clickhouse.columns import (
    DEAD_LETTER_COLUMNS,
    DEAD_LETTER_STATE_COLUMNS,
    EVENT_COLUMNS,
    RESTORED_COLUMN,
    Columns,
)
from pipeline.clickhouse.migrations import FIRST_ROLL_UPS, migrate
from pipeline.clickhouse.queries import read_summary, sum_page_views
from pipeline.clickhouse.writer import write_dead_letters, write_events
from pipeline.errors import PipelineError, Rejected, Unavailable
from pipeline.periods import Periods
from pipeline.serving.snapshot import SiteCounters, Summary, read_snapshot

Connect = Callable[[], ClickHouse]

NOON = 1_790_571_600_000  # Monday 2026-09-28, 12:00 in Hà Nội, 05:00 UTC
VIEW: Mapping[str, Any] = EMPTY_ROW | {
    "at": NOON,
    "site": 1,
    "kind": "view",
    "page_id": 7,
    "audience": "public",
    "locale": "vi",
    "path": "/tin-tức/",
    "visitor": 5,
    "visit": True,
    "source": "example.vn",
    "browser": "Chrome",
    "os": "Windows",
    "device": "desktop",
    "scripted": True,
}


@pytest.fixture
def migrated(client: ClickHouse) -> ClickHouse:
    migrate(client)
    return client


def columns(*rows: Mapping[str, Any]) -> Columns:
    """Rows as columns; each row is VIEW with its changes."""
    return {name: [{**VIEW, "row": number, **row}[name] for number, row in enumerate(rows)] for name in EVENT_COLUMNS}


def count(client: ClickHouse, table: str = "events") -> int:
    return int(client.query(f"SELECT count() FROM {table}")[0][0])


# statements


def test_the_writer_and_the_tables_have_the_same_columns(migrated: ClickHouse) -> None:
    events = EVENT_COLUMNS | RESTORED_COLUMN
    letters = DEAD_LETTER_COLUMNS | DEAD_LETTER_STATE_COLUMNS
    for table, types in (("events", events), ("events_again", events), ("dead_letters", letters)):
        described = migrated.query(f"DESCRIBE TABLE {table}")
        assert {name: kind for name, kind, *_ in described} == types


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param("String", "it's \\ \n đ {x}", id="text of any characters"),
        pytest.param("UInt64", 2**64 - 1, id="largest number"),
        pytest.param("Date", date(2026, 9, 28), id="date"),
        pytest.param("DateTime64(3, 'UTC')", datetime(2026, 9, 28, 4, 40, 0, 123_000, tzinfo=UTC), id="time"),
        pytest.param("Array(UInt32)", [1, 2, 3], id="list"),
    ],
)
def test_parameters_are_typed_and_come_back_as_they_were(client: ClickHouse, kind: str, value: object) -> None:
    assert client.query(f"SELECT {{value:{kind}}}", {"value": value}) == [(value,)]


def test_a_parameter_is_never_read_as_a_statement(client: ClickHouse) -> None:
    attack = "'; DROP TABLE events; --"
    assert client.query("SELECT length({value:String})", {"value": attack}) == [(len(attack),)]


# inserts under a token


def test_the_same_token_twice_counts_once_in_the_raw_table_and_every_roll_up(migrated: ClickHouse) -> None:
    rows = columns({"page_id": 7}, {"page_id": 8, "visit": False}, {"page_id": 8, "audience": "bot"})
    for _ in range(3):
        write_events(migrated, rows, token="page-events/0/0-0")
    assert count(migrated) == 3
    assert set(views_everywhere(migrated).values()) == {3}


def test_the_same_token_counts_once_for_batches_over_several_months(migrated: ClickHouse) -> None:
    """One insert over two table partitions is two parts, each with its own entry in the deduplication log."""
    rows = columns(*({"at": NOON + days * 86_400_000} for days in (0, 40, 80)))
    for _ in range(2):
        write_events(migrated, rows, token="page-events/0/0-2")
    assert set(views_everywhere(migrated).values()) == {3}


def test_a_token_works_for_opening_balances(migrated: ClickHouse) -> None:
    rows = columns({"kind": "opening", "opening_views": 1327, "visitor": 0})
    for _ in range(2):
        write_events(migrated, rows, token="page-events/0/0-0")
    assert sum_page_views(migrated) == {7: 1327}


def test_a_token_works_over_connections(migrated: ClickHouse, connect: Connect) -> None:
    write_events(migrated, columns({}), token="page-events/0/0-0")
    write_events(connect(), columns({}), token="page-events/0/0-0")
    assert set(views_everywhere(migrated).values()) == {1}


def test_the_same_rows_count_again_under_another_token(migrated: ClickHouse) -> None:
    for token in ("page-events/0/0-0", "page-events/0/1-1", "page-events/1/0-0"):
        write_events(migrated, columns({}), token=token)
    assert set(views_everywhere(migrated).values()) == {3}


def test_no_rows_are_no_insert(migrated: ClickHouse) -> None:
    write_events(migrated, {}, token="page-events/0/0-0")
    write_dead_letters(migrated, {}, token="page-events/0/0-0")
    write_events(migrated, columns({}), token="page-events/0/0-0")
    assert count(migrated) == 1


def test_a_batch_may_touch_very_many_months(migrated: ClickHouse) -> None:
    """Otherwise ClickHouse would refuse a record of odd times for ever, and every record after it would wait."""
    rows = columns(*({"at": month * 31 * 86_400_000} for month in range(150)))
    write_events(migrated, rows, token="page-events/0/0-149")
    assert set(views_everywhere(migrated).values()) == {150}


def test_dead_letters_keep_their_bytes(migrated: ClickHouse) -> None:
    line = b'\xff\x00{"kind":\n'
    letter = {"at": [NOON], "partition": [0], "offset": [4], "row": [2], "reason": ["lý do"], "line": [line]}
    for _ in range(2):
        write_dead_letters(migrated, letter, token="page-events/0/4-4/dead-letters")
    rows = migrated.query("SELECT at, partition, offset, row, reason, hex(line) FROM dead_letters FINAL")
    assert rows == [(datetime.fromtimestamp(NOON / 1000, UTC), 0, 4, 2, "lý do", line.hex().upper())]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"page_id": -1}, id="negative"),
        pytest.param({"visitor": 2**64}, id="too large"),
        pytest.param({"at": "yesterday"}, id="not a time"),
    ],
)
def test_a_bad_row_keeps_the_whole_block_out(migrated: ClickHouse, bad: Mapping[str, Any]) -> None:
    with pytest.raises(PipelineError):
        write_events(migrated, columns({}, bad, {}), token="page-events/0/0-2")
    assert set(views_everywhere(migrated).values()) == {0}
    write_events(migrated, columns({}, {}, {}), token="page-events/0/0-2")
    assert set(views_everywhere(migrated).values()) == {3}


# values


def test_times_are_kept_in_utc_to_the_millisecond(migrated: ClickHouse) -> None:
    write_events(migrated, columns({"at": NOON + 123}), token="a")
    ((at,),) = migrated.query("SELECT at FROM events")
    assert at == datetime(2026, 9, 28, 5, 0, 0, 123_000, tzinfo=UTC)


@pytest.mark.parametrize("visitor", [2**63, 2**64 - 1], ids=["sign bit", "largest"])
def test_the_largest_visitors_are_kept(migrated: ClickHouse, visitor: int) -> None:
    write_events(migrated, columns({"visitor": visitor}), token="a")
    assert migrated.query("SELECT visitor FROM events") == [(visitor,)]


# questions


def test_days_turn_at_midnight_in_ha_noi(migrated: ClickHouse) -> None:
    midnight = int(datetime(2026, 9, 30, 17, 0, tzinfo=UTC).timestamp() * 1000)
    write_events(migrated, columns({"at": midnight - 1}, {"at": midnight}), token="a")
    (row,) = read_summary(migrated, since=NOON / 1000, until=midnight / 1000, periods=Periods(date(2026, 10, 1)))
    site, _, today, week, month, total = row[:6]
    assert (site, today, week, month, total) == (1, 1, 2, 1, 2)


def test_public_counters_leave_out_bots_staff_and_previews(migrated: ClickHouse) -> None:
    audiences = ("public", "staff", "preview", "bot")
    write_events(migrated, columns(*({"audience": audience} for audience in audiences)), token="a")
    snapshot = read_snapshot(migrated, NOON / 1000)
    assert snapshot.sites[1].views == Summary(online=1, today=1, week=1, month=1, total=1)
    assert snapshot.pages == {7: 1}
    assert set(views_everywhere(migrated).values()) == {4}


def test_a_whole_snapshot(migrated: ClickHouse) -> None:
    day = 86_400_000
    write_events(
        migrated,
        columns(
            {"visitor": 1},
            {"visitor": 1, "visit": False},
            {"visitor": 2, "at": NOON - day},  # Sunday: last week, this month
            {"visitor": 3, "at": NOON - 60 * day, "page_id": 8},
            {"kind": "opening", "page_id": 7, "opening_views": 1327},
            {"kind": "opening", "page_id": 0, "opening_views": 5000, "opening_visits": 3000},
            {"site": 2, "page_id": 9, "visitor": 4},
        ),
        token="a",
    )
    snapshot = read_snapshot(migrated, NOON / 1000)
    assert snapshot.as_of == NOON / 1000
    assert snapshot.pages == {7: 1330, 8: 1, 9: 1}
    assert snapshot.sites == {
        1: SiteCounters(visits=Summary(1, 1, 1, 2, 3003), views=Summary(1, 2, 2, 3, 5004)),
        2: SiteCounters(visits=Summary(1, 1, 1, 1, 1), views=Summary(1, 1, 1, 1, 1)),
    }


def test_a_view_by_a_clock_that_was_ahead_counts_when_its_day_has_come(migrated: ClickHouse) -> None:
    day = 86_400_000
    write_events(migrated, columns({"at": NOON + day}), token="a")  # Tuesday, the 29th

    monday = read_snapshot(migrated, NOON / 1000).sites[1].views
    tuesday = read_snapshot(migrated, (NOON + day) / 1000).sites[1].views

    assert monday == Summary(online=0, today=0, week=0, month=0, total=1)
    assert tuesday == Summary(online=1, today=1, week=1, month=1, total=1)


def test_the_latest_opening_balance_of_a_page_counts_in_any_order_of_arrival(migrated: ClickHouse) -> None:
    for token, (at, views) in enumerate([(NOON, 10), (NOON + 2, 30), (NOON + 1, 20)]):
        write_events(migrated, columns({"kind": "opening", "at": at, "opening_views": views}), token=str(token))
    assert sum_page_views(migrated) == {7: 30}


@pytest.mark.parametrize(
    ("rows", "online"),
    [
        pytest.param([{"visitor": 1}, {"visitor": 1}, {"visitor": 2}], {1: 2}, id="distinct visitors"),
        pytest.param([{"visitor": 1, "kind": "heartbeat"}], {1: 1}, id="a heartbeat keeps a visitor online"),
        pytest.param([{"visitor": 1, "at": NOON - 300_000}], {1: 1}, id="five minutes ago"),
        pytest.param([{"visitor": 1, "at": NOON - 300_001}], {}, id="longer ago"),
        pytest.param([{"visitor": 1, "at": NOON + 1}], {}, id="by a clock that was ahead"),
        pytest.param([{"visitor": 0}], {}, id="not identified"),
        pytest.param([{"visitor": 1, "audience": "bot"}], {}, id="a bot"),
        pytest.param([{"visitor": 1, "kind": "opening"}], {}, id="an opening balance is no visitor"),
        pytest.param([{"visitor": 1}, {"visitor": 1, "site": 2}], {1: 1, 2: 1}, id="each site alone"),
    ],
)
def test_who_is_online(migrated: ClickHouse, rows: Sequence[Mapping[str, Any]], online: dict[int, int]) -> None:
    write_events(migrated, columns(*rows), token="a")
    summary = read_summary(migrated, since=NOON / 1000 - 300, until=NOON / 1000, periods=Periods(date(2026, 9, 28)))
    assert {site: visitors for site, visitors, *_ in summary if visitors} == online


# migrations


def test_migrating_again_changes_nothing(migrated: ClickHouse) -> None:
    write_events(migrated, columns({}), token="a")
    assert migrate(migrated) == []
    assert set(views_everywhere(migrated).values()) == {1}


def test_a_migration_goes_on_where_it_failed(client: ClickHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    done = 0

    def fail_half_way(statement: str) -> None:
        nonlocal done
        done += 1
        if done == 7:
            raise Unavailable("killed here")
        ClickHouse.command(client, statement)

    monkeypatch.setattr(client, "command", fail_half_way)
    with pytest.raises(Unavailable):
        migrate(client)
    monkeypatch.undo()

    assert migrate(client)[-1] == FIRST_ROLL_UPS
    write_events(client, columns({}), token="a")
    assert set(views_everywhere(client).values()) == {1}
    assert migrate(client) == []


# faults


@pytest.mark.parametrize(
    "statement",
    ["SELEKT 1", "SELECT * FROM nowhere", "SELECT toUInt8('x')"],
    ids=["syntax", "no such table", "bad cast"],
)
def test_a_statement_that_can_never_succeed_is_rejected(client: ClickHouse, statement: str) -> None:
    with pytest.raises(Rejected):
        client.query(statement)
    with pytest.raises(Rejected):
        client.command(statement)


@pytest.mark.parametrize("code", [241, 252, 159], ids=["out of memory", "too many parts", "too slow"])
def test_a_fault_that_may_pass_is_unavailable(client: ClickHouse, code: int) -> None:
    with pytest.raises(Unavailable):
        client.query(f"SELECT throwIf(1, 'for now', toInt16({code})) SETTINGS allow_custom_error_code_in_throwif = 1")


def test_reconnecting_is_unavailable_until_the_engine_can_be_reached(client: ClickHouse) -> None:
    answers: list[ClickHouse | Unavailable] = [Unavailable("away"), Unavailable("still away"), client]
    asked = 0

    def connect() -> ClickHouse:
        nonlocal asked
        asked += 1
        answer = answers.pop(0)
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    reconnecting = Reconnecting(connect)
    assert asked == 0
    for _ in range(2):
        with pytest.raises(Unavailable):
            reconnecting()
    assert reconnecting() is client
    assert reconnecting() is client
    assert asked == 3


def test_reconnecting_closes_its_connection_and_may_open_another(connect: Connect) -> None:
    opened: list[ClickHouse] = []

    def remember() -> ClickHouse:
        opened.append(connect())
        return opened[-1]

    reconnecting = Reconnecting(remember)
    reconnecting.close()
    assert opened == []
    assert reconnecting().query("SELECT 1") == [(1,)]
    reconnecting.close()
    assert reconnecting().query("SELECT 1") == [(1,)]
    assert len(opened) == 2
