"""``nhip verify`` finds each kind of harm, and only harm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ops import Ops

from pipeline.brokers import TopicPartition
from pipeline.clickhouse.rows import rows_of
from pipeline.clickhouse.writer import write_rows
from pipeline.events import EVENTS_TOPIC, OpeningBalance, PageView, encode_lines

SITE_DAYS = (
    "SELECT name FROM system.tables"
    " WHERE database = currentDatabase() AND name LIKE 'site_days%' AND engine LIKE '%MergeTree'"
)
VIEWS = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'MaterializedView'"

View = Callable[..., PageView]


@pytest.fixture
def filled(ops: Ops, view: View) -> Ops:
    """Three records, all inserted: two views, a view and a poisoned line, three views."""
    ops.send(view(1), view(2))
    ops.send_bytes(b'{"poison":1}\n' + encode_lines([view(3)]))
    ops.send(view(4), view(5), view(6))
    ops.consume()
    return ops


def test_every_accepted_row_is_stored_or_dead_lettered(filled: Ops) -> None:
    answer = filled.nhip("verify", "--json")
    found = answer.json()
    assert answer.code == 0, found
    assert (found["accepted"], found["stored"], found["dead_lettered"], found["in_flight"]) == (7, 6, 1, 0)
    assert (found["views"], found["clean"], found["advice"]) == (6, True, [])
    assert set(found["differing"].values()) == {0}


def test_an_empty_log_is_clean(ops: Ops) -> None:
    answer = ops.nhip("verify", "--json")
    assert (answer.code, answer.json()["accepted"]) == (0, 0)


HARM: list[Any] = [
    pytest.param(
        "ALTER TABLE events DELETE WHERE offset = 2 AND row = 1",
        {"missing": 1, "stored": 5},
        id="a missing row",
    ),
    pytest.param("ALTER TABLE events DELETE WHERE offset = 2 AND row = 2", {"missing": 1}, id="a missing last row"),
    pytest.param("ALTER TABLE events DELETE WHERE offset = 0", {"missing": 2}, id="a missing record"),
    pytest.param("ALTER TABLE dead_letters DELETE WHERE 1", {"missing": 1, "dead_lettered": 0}, id="a lost letter"),
    pytest.param("INSERT INTO events SELECT * FROM events WHERE offset = 0", {"repeated": 2}, id="a repeated record"),
    pytest.param(
        "INSERT INTO events SELECT * REPLACE (9 AS row) FROM (SELECT * FROM events WHERE offset = 0 AND row = 1)",
        {"unexplained": 1, "missing": 0, "gaps": []},
        id="a row from nowhere",
    ),
    pytest.param(
        "ALTER TABLE events UPDATE row = 9 WHERE offset = 0 AND row = 1",
        {"unexplained": 1, "missing": 1, "stored": 5},
        id="a row at another place",
    ),
]


@pytest.mark.parametrize(("statement", "expected"), HARM)
def test_harm_is_found(filled: Ops, statement: str, expected: dict[str, Any]) -> None:
    filled.command(statement + (" SETTINGS mutations_sync = 1" if statement.startswith("ALTER") else ""))
    answer = filled.nhip("verify", "--json")
    found = answer.json()
    assert answer.code == 1
    assert {name: found[name] for name in expected} == expected
    assert not found["clean"]
    assert found["advice"]


def test_a_roll_up_that_differs_is_found(filled: Ops) -> None:
    ((table,),) = filled.query(SITE_DAYS)
    filled.command(f"ALTER TABLE {table} DELETE WHERE 1 SETTINGS mutations_sync = 1")
    answer = filled.nhip("verify", "--json")
    assert answer.code == 1
    assert answer.json()["differing"]["site_days"] == 1
    assert answer.json()["advice"] == ["nhip rebuild"]


def test_records_planned_or_not_yet_read_are_in_flight(filled: Ops, view: View) -> None:
    filled.send(view(7))
    filled.consume(insert=False, advance=False)
    filled.send(view(8), view(9))
    answer = filled.nhip("verify", "--json")
    found = answer.json()
    assert answer.code == 0, found
    assert (found["accepted"], found["stored"], found["in_flight"], found["missing"]) == (10, 6, 3, 0)


def test_records_planned_and_inserted_are_stored(filled: Ops, view: View) -> None:
    filled.send(view(7))
    filled.consume(advance=False)
    found = filled.nhip("verify", "--json").json()
    assert (found["stored"], found["in_flight"]) == (7, 0)


@pytest.mark.parametrize("behind", ["days", "totals", "balances", ""])
def test_an_insert_that_a_kill_broke_off_is_no_harm(filled: Ops, view: View, behind: str) -> None:
    """An insert and its sums are not one: those with ``behind`` in their names lack what its plan will bring again."""
    filled.send(view(7), OpeningBalance(view(7).at, 1, 7, "vi", 1327, 900))
    plan = filled.consume(insert=False, advance=False)
    partition = TopicPartition(EVENTS_TOPIC, 0)
    (record,) = filled.broker.scan(partition, first=plan.first, end=plan.last + 1)
    with filled.engine() as client:
        views = [name for (name,) in client.query(VIEWS) if behind in name]
        for name in views:
            client.command(f"DETACH TABLE {name}")
        write_rows(client, rows_of([record]), plan.token(partition))
        for name in views:
            client.command(f"ATTACH TABLE {name}")
    assert views

    answer = filled.nhip("verify", "--json")
    assert (answer.code, answer.json()["advice"]) == (0, []), answer.json()

    filled.advance(plan)
    answer = filled.nhip("verify", "--json")
    assert (answer.code, answer.json()["advice"]) == (1, ["nhip rebuild"]), answer.json()


def test_only_the_log_since_a_time_is_compared(ops: Ops, view: View) -> None:
    ops.send(view(1))
    ops.now += 3600
    ops.send(view(2), view(3))
    ops.consume()
    found = ops.nhip("verify", "--since", "2026-09-28T12:30", "--json").json()
    assert (found["accepted"], found["stored"], found["clean"]) == (2, 2, True)


def test_rows_from_before_the_kept_log_are_checked_by_their_lineage(filled: Ops, view: View) -> None:
    filled.now += 8 * 86_400
    filled.send(view(7))
    filled.consume()
    filled.broker.enforce_retention()
    found = filled.nhip("verify", "--json").json()
    assert (found["accepted"], found["earlier"], found["clean"]) == (1, 7, True)

    filled.command("ALTER TABLE events DELETE WHERE offset = 2 AND row = 0 SETTINGS mutations_sync = 1")
    found = filled.nhip("verify", "--json").json()
    assert (found["missing"], found["clean"]) == (1, False)
    assert "backup" in found["advice"][0]


def test_people_read_the_differences_and_the_command_to_type(filled: Ops) -> None:
    filled.command("ALTER TABLE events DELETE WHERE offset = 0 SETTINGS mutations_sync = 1")
    answer = filled.nhip("verify")
    assert answer.code == 1
    assert "NOT clean" in answer.out
    assert "nhip replay --since 2026-09-28T12:00:00" in answer.out
    assert "\x1b" not in answer.out


def test_records_that_wait_without_a_consumer_are_told(ops: Ops, view: View) -> None:
    ops.send(view(1))
    for argv in (["verify"], ["replay", "--since", "2026-01-01"]):
        assert "1 bản ghi chờ mà không có bộ tiêu thụ nào" in ops.nhip(*argv).out
        assert ops.nhip(*argv, "--json").json()["unattended"] == 1
    with ops.consumer_alive():
        assert ops.nhip("verify", "--json").json()["unattended"] == 0


def test_the_table_tells_accepted_events_from_views(ops: Ops) -> None:
    shown = ops.nhip("verify").out
    assert "what readers did, heartbeats, opening balances" in " ".join(shown.split())
    assert "views stored" in shown
