from __future__ import annotations

import pytest

from consumers.batches import Batch
from pipeline.brokers import Record, TopicPartition
from pipeline.brokers.plans import Plan

PARTITION = TopicPartition("page-events", 3)


def records(*offsets: int, rows: int = 1) -> list[Record]:
    return [Record(*PARTITION, offset, 0, None, b"{}\n" * rows) for offset in offsets]


def batch(*, max_rows: int = 3, due_at: float = 1.0, replay: Plan | None = None) -> Batch:
    return Batch(PARTITION, max_rows=max_rows, due_at=due_at, replay=replay)


def test_a_batch_closes_when_it_has_enough_rows_and_leaves_the_rest_to_the_next() -> None:
    open_batch = batch(max_rows=3)
    rest = open_batch.add(records(5, 6, 7, rows=2))
    assert [record.offset for record in rest] == [7]
    assert open_batch.full
    assert open_batch.due(0)
    assert open_batch.plan() == Plan(5, 6)


def test_a_record_is_never_split_over_two_batches() -> None:
    open_batch = batch(max_rows=3)
    assert open_batch.add(records(5, rows=100)) == ()
    assert open_batch.plan() == Plan(5, 5)


def test_a_batch_is_due_in_time_with_the_records_it_has_by_then() -> None:
    open_batch = batch(due_at=11.0)
    open_batch.add(records(5))
    open_batch.add(records(6))
    assert not open_batch.due(10.99)
    assert open_batch.due(11.0)
    assert open_batch.plan() == Plan(5, 6)


def test_an_empty_batch_is_never_due() -> None:
    assert not batch().due(10**9)


def test_records_without_a_line_end_are_due_in_time_like_any_other() -> None:
    open_batch = batch()
    open_batch.add([Record(*PARTITION, 5, 0, None, b"poison")])
    assert open_batch.due(1.0)


def test_a_replay_closes_exactly_where_the_plan_ended() -> None:
    replay = batch(max_rows=1, replay=Plan(5, 8))
    assert replay.add(records(5, 6)) == ()
    assert not replay.full
    rest = replay.add(records(7, 8, 9))
    assert [record.offset for record in rest] == [9]
    assert replay.due(0)
    assert replay.plan() == Plan(5, 8)


@pytest.mark.parametrize("kept", [(6, 7), ()], ids=["its last record", "all of it"])
def test_a_replay_takes_nothing_past_its_plan_when_retention_deleted_the_last_record(kept: tuple[int, ...]) -> None:
    """Otherwise the next record would be inserted under the plan's token, and again under its own."""
    replay = batch(replay=Plan(5, 8))
    rest = replay.add(records(*kept, 9, 10))
    assert [record.offset for record in replay.records] == list(kept)
    assert [record.offset for record in rest] == [9, 10]
    assert replay.full
    assert replay.plan() == Plan(5, 8)


def test_a_replay_waits_for_its_last_record_however_long_that_takes() -> None:
    replay = batch(due_at=1.0, replay=Plan(5, 8))
    replay.add(records(5, 6, 7))
    assert not replay.due(10**9)
