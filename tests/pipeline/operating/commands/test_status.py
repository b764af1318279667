"""``nhip status`` tells which parts answer, which are away, and how far ClickHouse lags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ops import Ops

from pipeline.brokers.spool.store import Entry, Spool
from pipeline.collecting.enrich.bots import OURS_AS_OF
from pipeline.collecting.enrich.lists import versions
from pipeline.collecting.recent_answers import MINUTES, RecentAnswers
from pipeline.errors import Unavailable
from pipeline.events import PageView

View = Callable[..., PageView]


def test_all_is_fine_when_every_record_is_inserted(ops: Ops, view: View) -> None:
    ops.send(view(1), view(2))
    ops.send_bytes(b"poison\n")
    ops.consume()
    ops.now += 10
    with ops.consumer_alive():
        answer = ops.served("status", "--json")
    found = answer.json()
    assert answer.code == 0, found
    assert found["partitions"] == [{"partition": 0, "next": 2, "end": 2, "records": 0, "oldest_unread_at": None}]
    assert (found["age"], found["dead_letters"]) == (0, 1)
    assert found["events_per_second"] == pytest.approx(2 / 60)
    assert [part["name"] for part in found["parts"]] == ["process", "log", "clickhouse", "consumers", "beacons"]
    assert found["members"] == 1


@pytest.mark.parametrize(
    ("behind", "max_age", "code"),
    [
        pytest.param(59, "60", 0, id="a small lag"),
        pytest.param(61, "60", 1, id="too large a lag"),
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
    with ops.consumer_alive():
        answer = ops.served("status", "--max-age", max_age, "--json")
    found = answer.json()
    assert answer.code == code
    assert found["partitions"][0]["records"] == 2
    assert found["complete_up_to"] == unread.at / 1000
    assert found["age"] == behind
    assert "12:00:05" in ops.nhip("status").out


def test_while_clickhouse_is_away_the_log_is_told(ops: Ops, view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    ops.send(view(1), view(2), view(3))
    monkeypatch.setattr("pipeline.operating.commands.context.open_clickhouse", _away)
    answer = ops.nhip("status", "--json")
    found = answer.json()
    assert answer.code == 1
    assert faulty(found) == {"process", "clickhouse", "consumers"}
    assert found["events_per_second"] == pytest.approx(3 / 60)
    assert found["dead_letters"] is None
    assert "NHIP_DATA_DIR" in ops.nhip("status").out


def test_while_the_log_is_away_clickhouse_is_told(ops: Ops, view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    ops.send(view(1))
    ops.consume()
    monkeypatch.setattr("pipeline.operating.commands.context.open_broker", _away)
    answer = ops.nhip("status", "--json")
    found = answer.json()
    assert answer.code == 1
    assert faulty(found) == {"process", "log"}
    assert (found["complete_up_to"], found["age"]) == (None, None)
    assert found["events_per_second"] == pytest.approx(1 / 60)


def test_the_spool_of_this_directory_is_counted(ops: Ops) -> None:
    spool = Spool(ops.settings.spool_dir, limit_bytes=10**6)
    spool.add([Entry("page-events", b"key", b"value")])
    spool.close()
    found = ops.nhip("status", "--json").json()
    assert (found["spooled_records"], found["spooled_bytes"]) == (1, 5)
    assert "1 (5 bytes)" in ops.nhip("status").out


def test_the_spools_of_several_collectors_are_added_up(ops: Ops) -> None:
    for number in ("1", "2"):
        spool = Spool(ops.settings.data_dir / number / "spool", limit_bytes=10**6)
        spool.add([Entry("page-events", b"key", b"value")])
        spool.close()
    found = ops.served("status", "--json").json()
    assert (found["spooled_records"], found["spooled_bytes"]) == (2, 10)


def test_a_product_that_does_not_run_is_told_beside_the_facts(ops: Ops, view: View) -> None:
    ops.send(view(1))
    ops.consume()
    answer = ops.nhip("status")
    assert answer.code == 1
    assert f"no process is running on {ops.settings.data_dir}" in answer.out
    assert "đầy đủ đến · complete up to 2026" in answer.out
    assert ops.served("status").code == 0, "nothing waits"


def test_records_that_wait_without_a_consumer_are_a_fault(ops: Ops, view: View) -> None:
    ops.send(view(1))
    answer = ops.served("status")
    assert answer.code == 1
    assert "no consumer is alive" in answer.out
    with ops.consumer_alive():
        assert ops.served("status").code == 0


def test_the_lists_that_views_are_told_apart_by_are_named_with_their_versions(ops: Ops) -> None:
    assert ops.nhip("status", "--json").json()["lists"] == versions()
    shown = ops.nhip("status").out
    assert f"crawler-user-agents {versions()['crawler-user-agents']}" in shown
    assert f"nhip-bots {OURS_AS_OF}" in shown


def test_people_see_a_table_with_a_legend(ops: Ops, view: View) -> None:
    ops.send(view(1))
    shown = ops.served("status").out
    assert "đọc tiếp từ" in shown
    assert "next to read" in shown
    assert not any(line.endswith(" ") for line in shown.splitlines())


def faulty(found: Any) -> set[str]:
    return {part["name"] for part in found["parts"] if part["fault"]}


def _away(*_arguments: object, **_named: object) -> None:
    raise Unavailable("nobody answers")


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        pytest.param({"": 100, "other-site": 90}, "", id="fewer than were taken"),
        pytest.param({"other-site": 20}, "", id="a few"),
        pytest.param({"malformed": 500}, "", id="nonsense that somebody sends"),
        pytest.param({"": 3, "other-site": 45, "bad-token": 2}, "47 refused, 3 taken", id="a proxy that changes Host"),
        pytest.param({"": 30, "too-many": 31}, "31 refused as too many", id="a flood, or all readers by one address"),
    ],
)
def test_refusals_of_our_own_views_are_a_fault(
    ops: Ops, monkeypatch: pytest.MonkeyPatch, answers: dict[str, int], fault: str
) -> None:
    now = [0.0]
    recent = RecentAnswers(clock=lambda: now[0])
    monkeypatch.setattr("pipeline.operating.commands.status.recent_answers", recent)
    for reason, count in answers.items():
        for _ in range(count):
            recent.count(reason)

    with ops.consumer_alive():
        answer = ops.served("status", "--json")
        words = ops.served("status").out
        now[0] += 60 * MINUTES
        later = ops.served("status", "--json").json()

    (beacons,) = (part for part in answer.json()["parts"] if part["name"] == "beacons")
    assert answer.json()["answers"] == answers
    assert answer.code == bool(fault)
    assert fault in (beacons["fault"] or "")
    assert all(f"{count:,} {reason}" in words for reason, count in answers.items() if reason)
    assert later["answers"] == {}
