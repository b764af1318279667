"""Where a record is, step by step, without a lock, a thread or a file."""

from __future__ import annotations

import pytest

from pipeline.brokers.spool.ledger import Append, Due, Ledger
from pipeline.brokers.spool.store import Entry, Handed

NOW = 100.0
OVERDUE_AT = NOW + 1.0


@pytest.fixture
def ledger() -> Ledger:
    return Ledger([], now=NOW)


def fresh(key: bytes = b"1") -> Append:
    return Append(Entry("t", key, b"value"))


def sent(ledger: Ledger, key: bytes = b"1", *, overdue_at: float = OVERDUE_AT) -> Append:
    append = fresh(key)
    append.hand_over(Handed(0, 0), overdue_at=overdue_at)
    ledger.send(append)
    return append


def stored(ledger: Ledger) -> Append:
    append = sent(ledger)
    ledger.take_for_spool(OVERDUE_AT)
    ledger.note_stored({7: append}, now=OVERDUE_AT)
    return append


def test_an_answer_in_time_leaves_nothing(ledger: Ledger) -> None:
    append = sent(ledger)
    assert ledger.hear(append, arrived=True, now=NOW) is None
    assert not ledger.has_unstored
    assert ledger.take_for_spool(OVERDUE_AT) == ([], [])


def test_a_record_that_was_given_up_is_queued(ledger: Ledger) -> None:
    append = sent(ledger)
    assert ledger.hear(append, arrived=False, now=NOW) is Due.STORE
    assert ledger.queued_bytes == append.entry.bytes
    assert ledger.take_for_spool(NOW) == ([], [append])
    ledger.release([append])
    assert ledger.queued_bytes == 0


def test_one_overdue_answer_makes_all_in_flight_overdue(ledger: Ledger) -> None:
    first, second = sent(ledger, b"1"), sent(ledger, b"2", overdue_at=OVERDUE_AT + 1)
    assert ledger.take_for_spool(OVERDUE_AT - 0.1) == ([], [])
    assert ledger.take_for_spool(OVERDUE_AT) == ([first, second], [])


def test_a_fresh_record_is_in_the_file_alone_once_it_is_stored(ledger: Ledger) -> None:
    append = fresh()
    ledger.queue(append)
    ledger.take_for_spool(NOW)
    ledger.note_stored({7: append}, now=NOW)
    assert not ledger.has_unstored
    assert not ledger.has_undeleted


def test_a_stored_record_that_kafka_may_have_is_awaited(ledger: Ledger) -> None:
    append = stored(ledger)
    assert ledger.oldest_awaited() is append


@pytest.mark.parametrize("arrived", [True, False])
def test_an_answer_ends_the_waiting(ledger: Ledger, arrived: bool) -> None:
    assert ledger.hear(stored(ledger), arrived=arrived, now=200.0) is Due.DRAIN
    assert ledger.oldest_awaited() is None
    assert ledger.arrived() == ([7] if arrived else [])
    assert ledger.unknown() == ({} if arrived else {7: 200.0})


def test_an_answer_that_came_while_the_record_was_being_stored_counts(ledger: Ledger) -> None:
    append = sent(ledger)
    ledger.take_for_spool(OVERDUE_AT)
    assert ledger.hear(append, arrived=True, now=OVERDUE_AT) is None
    ledger.note_stored({7: append}, now=OVERDUE_AT)
    assert (ledger.oldest_awaited(), ledger.arrived()) == (None, [7])


def test_what_arrives_during_a_deletion_is_not_forgotten(ledger: Ledger) -> None:
    ledger.hear(stored(ledger), arrived=True, now=NOW)
    deleted = ledger.arrived()
    late = Append(Entry("t", b"2", b"", Handed(0, 0)), number=8)
    ledger.await_answers({8: late})
    ledger.hear(late, arrived=True, now=NOW)
    ledger.forget_arrived(deleted)
    assert ledger.arrived() == [8]


def test_what_an_earlier_process_handed_over_is_unknown_until_it_is_looked_up() -> None:
    ledger = Ledger([3, 4], now=NOW)
    assert ledger.unknown() == {3: NOW, 4: NOW}
    ledger.settle([3, 4])
    assert not ledger.has_unknown
