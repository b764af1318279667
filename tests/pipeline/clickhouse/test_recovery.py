"""A batch is in every table once, at whatever point of an insert the engine was killed."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from event_rows import EMPTY_ROW

from pipeline.clickhouse import roll_ups
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import DEAD_LETTER_COLUMNS, EVENT_COLUMNS, LINEAGE_COLUMNS, Columns, Rows
from pipeline.clickhouse.queries import list_dead_letters, sum_page_views
from pipeline.clickhouse.recovery import MAX_TOKENS, insert_missing, write_batch
from pipeline.clickhouse.roll_ups import ROLL_UPS, SUMS
from pipeline.clickhouse.roll_ups.compare import compare_roll_ups
from pipeline.clickhouse.roll_ups.rebuild import rebuild
from pipeline.clickhouse.rows import columns_of, decode_line
from pipeline.clickhouse.writer import (
    restore_rows,
    roll_up_rows,
    write_dead_letters,
    write_events,
    write_rows,
)
from pipeline.errors import Rejected
from pipeline.events import EVENTS_TOPIC
from pipeline.operating.dead_letters import replay_letters

if TYPE_CHECKING:
    from conftest import Group

NOON = 1_790_571_600_000
MONTH = 31 * 86_400_000
LETTER = b'{"at":1790571600000,"site":1,"kind":"view","page_id":9,"visitor":77,"visit":true}'
TABLES = ("events", *(f"{name}_1" for name in SUMS))  # in the order in which an insert reaches them
OF_VIEWS = ("events", *(f"{name}_1" for name in roll_ups.OF_VIEWS))
AGREED = dict.fromkeys(ROLL_UPS, 0)

State = Literal["in", "remembered", "untouched"]


def batch(first: int, records: int = 3, *, partition: int = 0, apart: int = 0) -> Rows:
    """Two views a record; a record is ``apart`` milliseconds after the one before."""
    rows: list[dict[str, Any]] = [
        {
            **EMPTY_ROW,
            **{"at": NOON + apart * offset, "site": 1, "kind": "view", "audience": "public", "page_id": 7 + row},
            **{"visitor": offset + 1, "visit": True, "partition": partition, "offset": offset, "row": row},
        }
        for offset in range(first, first + records)
        for row in range(2)
    ]
    return Rows({name: [row[name] for row in rows] for name in EVENT_COLUMNS}, {})


class Disk:
    """The tables' files, to leave them as a killed engine would; remembers the files that are there when it is made."""

    def __init__(self, client: ClickHouse, tables: Sequence[str] = TABLES) -> None:
        self._client = client
        paths = (
            "SELECT name, data_paths[1] FROM system.tables"
            " WHERE database = currentDatabase() AND name IN {tables:Array(String)}"
        )
        self._directories = {name: Path(path) for name, path in client.query(paths, {"tables": list(tables)})}
        self._before = {}
        for table in tables:
            client.command(f"SYSTEM STOP MERGES {table}")
            self._before[table] = (self._parts(table), self._tokens(table).stat().st_size)

    def take_back(self, table: str, state: State) -> None:
        """As if the engine was killed before a table's new parts were in place, with the token logged or not."""
        new, log, (_, size) = self.new_parts(table), self._tokens(table), self._before[table]
        self._client.command(f"DETACH TABLE {table} SYNC")
        for part in new:
            part.rename(part.with_name(f"tmp_insert_{part.name}"))
        if state == "untouched":
            os.truncate(log, size)
        self._client.command(f"ATTACH TABLE {table}")

    def new_parts(self, table: str) -> set[Path]:
        return self._parts(table) - self._before[table][0]

    def _parts(self, table: str) -> set[Path]:
        return {entry.parent for entry in self._directories[table].glob("*/checksums.txt")}

    def _tokens(self, table: str) -> Path:
        (log,) = (self._directories[table] / "deduplication_logs").iterdir()
        return log


def places(*batches: Rows) -> list[tuple[int, int, int]]:
    lineages = ([rows.events[name] for name in LINEAGE_COLUMNS] for rows in batches)
    return [place for columns in lineages for place in zip(*columns, strict=True)]


def letter(offset: int, row: int, line: bytes) -> Columns:
    values = (NOON, 0, offset, row, "lý do", line)
    return {name: [value] for name, value in zip(DEAD_LETTER_COLUMNS, values, strict=True)}


def lineage(client: ClickHouse) -> Counter[tuple[int, int, int]]:
    return Counter(client.query("SELECT partition, offset, row FROM events"))


def kills() -> list[tuple[State, ...]]:
    """The states in which one kill can leave the tables: at the first, the second, one in the middle and the last."""
    states: tuple[State, ...] = ("remembered", "untouched")
    return [
        (*repeat("in", whole), at_it, *repeat("untouched", len(TABLES) - whole - 1))
        for whole in (0, 1, len(TABLES) // 2, len(TABLES) - 1)
        for at_it in states
    ]


def name_of(states: tuple[State, ...]) -> str:
    return " ".join(state[:2] for state in states)


def test_an_engine_killed_between_token_and_part_loses_the_batch_for_good(client: ClickHouse) -> None:
    """The reason for recovery.py; if this test ever fails, ClickHouse has fixed it."""
    write_rows(client, batch(0), "first")
    disk = Disk(client)
    write_rows(client, batch(3), "second")
    disk.take_back("page_days_1", "remembered")
    write_rows(client, batch(3), "second")
    assert compare_roll_ups(client)["page_days"] > 0


@pytest.mark.parametrize("states", kills(), ids=name_of)
def test_a_batch_is_in_every_table_once_at_whatever_point_the_engine_was_killed(
    client: ClickHouse, states: tuple[State, ...]
) -> None:
    apart = MONTH if states[0] != "in" else 0  # only the raw table splits parts by month
    write_batch(client, batch(0, apart=apart), "first", again=False)
    write_batch(client, batch(0, partition=1), "other", again=False)
    disk = Disk(client)
    write_batch(client, batch(3, apart=apart), "second", again=False)
    for table, state in zip(TABLES, states, strict=True):
        if state != "in":
            disk.take_back(table, state)
    for _ in range(2):
        write_batch(client, batch(3, apart=apart), "second", again=True)
    write_batch(client, batch(6, apart=apart), "third", again=False)
    assert_everything_is_in_once(client, batch(0, 9), batch(0, partition=1))


@pytest.mark.parametrize("seed", range(6))
def test_the_engine_may_be_killed_during_recovery(client: ClickHouse, seed: int) -> None:
    """Any table may then lack the batch and remember its token, and that several times."""
    chance = random.Random(seed)
    write_batch(client, batch(0), "first", again=False)
    for again in (False, True, True, True):
        disk = Disk(client)
        write_batch(client, batch(3), "second", again=again)
        for table in TABLES:
            if state := chance.choice([None, "remembered", "untouched"]):
                disk.take_back(table, state)
    write_batch(client, batch(3), "second", again=True)
    assert_everything_is_in_once(client, batch(0, 6))


def assert_everything_is_in_once(client: ClickHouse, *batches: Rows) -> None:
    assert lineage(client) == Counter(places(*batches))
    assert compare_roll_ups(client) == AGREED
    visitors = len({visitor for rows in batches for visitor in rows.events["visitor"]})
    assert client.query("SELECT uniqExactMerge(visitors) FROM site_days") == [(visitors,)]
    assert client.query("SELECT uniqCombined64Merge(12)(visitors) FROM page_days") == [(visitors,)]


def test_the_late_inserts_of_a_frozen_consumer_change_nothing(client: ClickHouse) -> None:
    """It was frozen at any step of a batch; its successor has done every step since."""
    disk = Disk(client)
    write_batch(client, batch(0), "first", again=False)
    disk.take_back("events", "remembered")
    write_batch(client, batch(0), "first", again=True)
    write_rows(client, batch(0), "first")
    restore_rows(client, batch(0), "first/again")
    roll_up_rows(client, batch(0))
    assert_everything_is_in_once(client, batch(0))


def test_a_batch_of_any_size_is_one_part_of_each_table(client: ClickHouse) -> None:
    """One of two parts could be lost, and the mark in the other would hide the loss."""
    rows = 1_200_000  # more than one of the engine's own blocks
    columns: dict[str, Any] = {name: [column[0]] * rows for name, column in batch(0).events.items()}
    columns |= {"page_id": [number % 100_000 for number in range(rows)], "row": range(rows)}
    disk = Disk(client)
    write_batch(client, Rows(columns, {}), "large", again=False)
    assert {table: len(disk.new_parts(table)) for table in OF_VIEWS} == dict.fromkeys(OF_VIEWS, 1)


def test_a_batch_without_views_is_recovered_too(client: ClickHouse) -> None:
    """Roll-ups of views have no mark for heartbeats and opening balances, and the balances' roll-up needs none."""
    columns = {**batch(3).events, "kind": ["heartbeat", "opening"] * 3, "opening_views": [0, 10] * 3}
    other = Rows(columns, {})
    write_batch(client, batch(0), "first", again=False)
    disk = Disk(client)
    write_batch(client, other, "second", again=False)
    disk.take_back("events", "remembered")
    for _ in range(2):
        write_batch(client, other, "second", again=True)
    assert lineage(client) == Counter(places(batch(0), other))
    assert compare_roll_ups(client) == AGREED
    assert sum_page_views(client) == {7: 3, 8: 3 + 10}


@pytest.mark.parametrize("state", ["remembered", "untouched"])
@pytest.mark.parametrize("table", ["events", "act_days_1", "page_hours_1"])
def test_what_readers_do_is_recovered_too(client: ClickHouse, table: str, state: State) -> None:
    kinds = ["view", "engagement", "download", "search", "not_found", "heartbeat"]
    done = {"kind": kinds, "seconds": [0, 9, 0, 0, 0, 0], "depth": [0, 60, 0, 0, 0, 0], "target": ["", "", *"abc", ""]}

    def mixed(first: int) -> Rows:
        return Rows({**batch(first).events, **done}, {})

    write_batch(client, mixed(0), "first", again=False)
    disk = Disk(client, [table])
    write_batch(client, mixed(3), "second", again=False)
    disk.take_back(table, state)
    for _ in range(2):
        write_batch(client, mixed(3), "second", again=True)
    write_batch(client, mixed(6), "third", again=False)

    assert lineage(client) == Counter(places(batch(0, 9)))
    assert compare_roll_ups(client) == AGREED
    assert client.query("SELECT sum(seconds), sum(depth), sum(downloads) FROM act_days") == [(27, 180, 3)]
    assert client.query("SELECT sum(searches), sum(not_found) FROM act_days") == [(3, 3)]


def test_a_batch_is_recovered_in_a_half_made_generation_too(client: ClickHouse, group: Group) -> None:
    group.deliver(20)
    killed: list[str] = []

    def kill_once(step: str, _done: int, _total: int) -> None:
        if step == "waiting" and not killed:
            disk = Disk(client, ["page_days_1", "page_days_2"])
            write_batch(client, batch(20), "page-events/0/20-22", again=False)
            for table in ("page_days_1", "page_days_2"):
                disk.take_back(table, "remembered")
                killed.append(table)
            write_batch(client, batch(20), "page-events/0/20-22", again=True)

    rebuild(client, ends=group.ends, progress_of_group=group.progress, on_progress=kill_once, pause=lambda _: None)
    assert killed == ["page_days_1", "page_days_2"]
    assert compare_roll_ups(client) == AGREED


def test_a_rebuild_counts_restored_rows(client: ClickHouse) -> None:
    disk = Disk(client)
    write_batch(client, batch(0), "first", again=False)
    disk.take_back("events", "remembered")
    write_batch(client, batch(0), "first", again=True)
    assert client.query("SELECT countIf(restored) FROM events") == [(6,)]
    rebuild(
        client,
        ends=lambda: {0: 3},
        progress_of_group=lambda: {0: (3, 2)},
        on_progress=lambda *_: None,
        pause=lambda _: None,
    )
    assert_everything_is_in_once(client, batch(0))


def test_dead_letters_alone_are_just_inserted(client: ClickHouse) -> None:
    for again in (False, True):
        write_batch(client, Rows({}, letter(4, 0, b"?")), "letters", again=again)
    assert client.query("SELECT count() FROM dead_letters FINAL") == [(1,)]


def replay_waiting(client: ClickHouse) -> None:
    waiting = list_dead_letters(client, state="waiting", limit=10)
    replay_letters(client, client, waiting, now=lambda: NOON / 1000, advance=lambda *_: None)


def test_letters_are_inserted_last_since_a_replay_moves_the_marks(client: ClickHouse) -> None:
    write_batch(client, batch(0), "first", again=False)
    disk = Disk(client)
    write_batch(client, batch(3), "second", again=False)
    disk.take_back("page_days_1", "remembered")

    second = Rows(batch(3).events, letter(5, 9, LETTER))
    write_batch(client, second, "second", again=True, between=lambda: replay_waiting(client))
    replay_waiting(client)
    assert compare_roll_ups(client) == AGREED
    assert lineage(client) == Counter([*places(batch(0, 6)), (0, 5, 9)])


def test_a_letter_replayed_again_after_a_kill_counts_once(client: ClickHouse) -> None:
    """The kill left the raw table with the token and no row, and the roll-ups with neither."""
    write_batch(client, batch(0), "first", again=False)
    write_dead_letters(client, letter(2, 9, LETTER), token="letter")
    event = columns_of(decode_line(LETTER), partition=0, offset=2, row=9)
    disk = Disk(client)
    write_events(client, event, token=f"dead-letter/{EVENTS_TOPIC}/0/2/9")
    disk.take_back("events", "remembered")
    for table in TABLES[1:]:
        disk.take_back(table, "untouched")

    replay_waiting(client)
    assert lineage(client) == Counter([*places(batch(0)), (0, 2, 9)])
    assert compare_roll_ups(client) == AGREED


def test_over_a_cluster_the_token_is_enough(client: ClickHouse) -> None:
    """Keeper stores token and rows in one transaction, and another replica may not show the rows yet."""
    asked: list[str] = []

    class Listening(ClickHouse):
        def insert(
            self, table: str, columns: Columns, *, types: Sequence[str], token: str | None, alone: str = ""
        ) -> None:
            asked.append(f"{table} {token}")

        def query(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
            raise AssertionError(statement)

    write_batch(Listening(client._connection, cluster="nhip"), batch(0), "first", again=True)
    assert asked == ["events first"]


def test_recovery_gives_up_when_every_insert_is_dropped(client: ClickHouse) -> None:
    tried: list[str] = []
    with pytest.raises(Rejected, match="drops every insert of lost"):
        insert_missing(client, batch(0), "lost", lambda _rows, token: tried.append(token))
    assert len(set(tried)) == MAX_TOKENS
