"""``nhip status`` tells what is there, what is away, and how far behind ClickHouse is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ops import Ops

from pipeline.brokers.spool import Entry, Spool
from pipeline.errors import Unavailable
from pipeline.events import PageView

View = Callable[..., PageView]


def test_all_is_fine_when_everything_is_in(ops: Ops, view: View) -> None:
    ops.send(view(1), view(2))
    ops.send_bytes(b"poison\n")
    ops.consume()
    ops.now += 10
    answer = ops.nhip("status", "--json")
    found = answer.json()
    assert answer.code == 0, found
    assert found["partitions"] == [{"partition": 0, "next": 2, "end": 2, "records": 0, "oldest_unread_at": None}]
    assert (found["age"], found["dead_letters"]) == (0, 1)
    assert found["events_per_second"] == pytest.approx(2 / 60)
    assert [part["name"] for part in found["parts"]] == ["log", "clickhouse"]


@pytest.mark.parametrize(
    ("behind", "max_age", "code"),
    [
        pytest.param(59, "60", 0, id="a little late"),
        pytest.param(61, "60", 1, id="too late"),
        pytest.param(61, "90", 0, id="with more patience"),
    ],
)
def test_the_first_unread_record_says_how_late_it_is(
    ops: Ops, view: View, behind: float, max_age: str, code: int
) -> None:
    ops.send(view(1))
    ops.consume()
    ops.now += 5
    unread = ops.send(view(2))
    ops.send(view(3))
    ops.now += behind
    answer = ops.nhip("status", "--max-age", max_age, "--json")
    found = answer.json()
    assert answer.code == code
    assert found["partitions"][0]["records"] == 2
    assert found["complete_up_to"] == unread.at / 1000
    assert found["age"] == behind
    assert "12:00:05" in ops.nhip("status").out


def test_clickhouse_away_is_told_with_what_the_log_knows(ops: Ops, view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    ops.send(view(1), view(2), view(3))
    monkeypatch.setattr("pipeline.commands.context.open_clickhouse", _away)
    answer = ops.nhip("status", "--json")
    found = answer.json()
    assert answer.code == 1
    assert {part["name"]: bool(part["fault"]) for part in found["parts"]} == {"log": False, "clickhouse": True}
    assert found["events_per_second"] == pytest.approx(3 / 60)
    assert found["dead_letters"] is None
    assert "NHIP_DATA_DIR" in ops.nhip("status").out


def test_the_log_away_is_told_with_what_clickhouse_knows(ops: Ops, view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    ops.send(view(1))
    ops.consume()
    monkeypatch.setattr("pipeline.commands.context.open_broker", _away)
    answer = ops.nhip("status", "--json")
    found = answer.json()
    assert answer.code == 1
    assert {part["name"]: bool(part["fault"]) for part in found["parts"]} == {"log": True, "clickhouse": False}
    assert (found["complete_up_to"], found["age"]) == (None, None)
    assert found["events_per_second"] == pytest.approx(1 / 60)


def test_the_spool_of_this_directory_is_counted(ops: Ops) -> None:
    spool = Spool(ops.settings.spool_dir, limit_bytes=10**6)
    spool.add([Entry("page-events", b"key", b"value")])
    spool.close()
    found = ops.nhip("status", "--json").json()
    assert (found["spooled_records"], found["spooled_bytes"]) == (1, 5)
    assert "1 (5 bytes)" in ops.nhip("status").out


def _away(*_arguments: object, **_named: object) -> None:
    raise Unavailable("nobody answers")
