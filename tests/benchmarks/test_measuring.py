"""The parts of `make bench` that need no server measure something, at sizes that take seconds."""

from pathlib import Path

from benchmarks.child import measured_by
from benchmarks.consuming import Speeds
from benchmarks.history import History
from benchmarks.views import RECORD, make_lines, make_records


def test_the_consumer_and_each_of_its_parts_have_a_speed(tmp_path: Path) -> None:
    speeds = measured_by("consuming", tmp_path, "--events", 2_000, answer=Speeds)

    assert all(speed.rate > 0 and speed.cpu > 0 for speed in speeds)


def test_made_histories_are_stored_whole_and_pass_the_checks_of_verify(tmp_path: Path) -> None:
    histories = measured_by("history", tmp_path, 2_000, 20_000, "--check", 20_000, answer=list[History])

    assert [history.views for history in histories] == [2_000, 20_000]
    assert [sorted(history.checks) for history in histories] == [
        [],
        ["lineage", "roll-ups against raw"],
    ]


def test_made_views_are_always_the_same_and_of_the_size_of_the_figures() -> None:
    records = list(make_records(1_000, at=1_764_036_000_000))

    assert records == list(make_records(1_000, at=1_764_036_000_000))
    assert [record.count(b"\n") for record in records] == [RECORD] * 10
    assert 250 < sum(map(len, records)) / 1_000 < 320
    assert list(make_lines(1_000, at=1_764_036_000_000)) == [line for record in records for line in record.splitlines()]
