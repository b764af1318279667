"""The spool in single steps, with a log that answers when the test says."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import pytest
from patience import wait_until
from prometheus_client.parser import text_string_to_metric_families
from unsure_log import UnsureLog

from pipeline.brokers.spool.producer import SETTLE_SECONDS, SpoolingProducer
from pipeline.brokers.spool.store import OVERHEAD_BYTES, SPOOL_FILE, Spool
from pipeline.errors import SpoolFull, Unavailable
from pipeline.events import EVENTS_TOPIC
from pipeline.process.health import Health, Note

LIMIT_BYTES = 10 * OVERHEAD_BYTES


@dataclass
class Kit:
    """A collector's producer; the test takes its every step and sets its time."""

    directory: Path
    now: float = 1_790_000_000.0

    def __post_init__(self) -> None:
        self.log = UnsureLog(lambda: self.now)
        self.start()

    def start(self) -> None:
        self.spool = Spool(self.directory, limit_bytes=LIMIT_BYTES)
        self.producer = SpoolingProducer(
            self.log,
            self.log,
            self.spool,
            timeout_seconds=1.0,
            clock=lambda: self.now,
            timer=lambda: self.now,
        )

    def kill_and_restart(self) -> None:
        self.spool.close()
        self.log.forget_pending()
        self.start()

    def append(self, value: bytes) -> Future[None]:
        return self.producer.append(EVENTS_TOPIC, value)

    def append_and_store(self, *values: bytes) -> list[Future[None]]:
        futures = [self.append(value) for value in values]
        self.producer.store()
        return futures

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    def drain(self, *, times: int = 10) -> None:
        for _ in range(times):
            self.pass_time(SETTLE_SECONDS)
            self.producer.drain()


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    kit = Kit(tmp_path)
    yield kit
    kit.producer.close()


@pytest.fixture
def direct(kit: Kit) -> Kit:
    """A kit whose Kafka has answered."""
    kit.producer.drain()
    assert kit.producer.check() is None
    return kit


def is_durable(future: Future[None]) -> bool:
    return future.done() and future.exception() is None


def test_while_kafka_answers_a_record_goes_there_and_not_to_the_disk(direct: Kit) -> None:
    assert is_durable(direct.append(b"1"))
    assert (direct.log.values(), direct.spool.records) == ([b"1"], 0)


def test_before_kafka_has_answered_once_views_are_durable_in_the_spool(kit: Kit) -> None:
    waiting = kit.append(b"1")
    assert not waiting.done()
    kit.producer.store()
    assert is_durable(waiting)
    assert (kit.log.values(), kit.spool.records) == ([], 1)


def test_records_that_arrive_together_share_an_fsync(kit: Kit) -> None:
    assert all(map(is_durable, kit.append_and_store(b"1", b"2", b"3")))
    assert kit.spool.records == 3


def test_a_record_without_an_answer_in_time_is_durable_in_the_spool(direct: Kit) -> None:
    direct.log.prompt = False
    waiting = direct.append(b"1")
    direct.pass_time(0.9)
    direct.producer.store()
    assert not waiting.done()
    direct.pass_time(0.2)
    direct.producer.store()
    assert is_durable(waiting)
    assert direct.spool.records == 1


def test_after_one_overdue_answer_no_record_waits(direct: Kit) -> None:
    direct.log.prompt = False
    first = direct.append(b"1")
    direct.pass_time(0.9)
    second = direct.append(b"2")
    direct.pass_time(0.2)
    direct.producer.store()
    assert is_durable(first)
    assert is_durable(second)
    third = direct.append(b"3")
    direct.producer.store()
    assert is_durable(third)
    assert len(direct.log.pending) == 2  # the third was not handed over


def test_a_late_answer_empties_the_spool(direct: Kit) -> None:
    direct.log.prompt = False
    direct.append(b"1")
    direct.pass_time(1.1)
    direct.producer.store()
    direct.log.answer(direct.log.pending[0])
    direct.drain()
    assert (direct.log.values(), direct.spool.records) == ([b"1"], 0)


def test_while_an_answer_is_out_kafka_counts_as_away_although_it_answers_questions(direct: Kit) -> None:
    direct.log.prompt = False
    direct.append(b"1")
    direct.pass_time(1.1)
    direct.producer.store()
    direct.drain()
    direct.append_and_store(b"2")
    assert direct.spool.records == 2
    assert isinstance(direct.producer.check(), Note)


def test_the_spool_is_drained_in_order_when_kafka_returns(kit: Kit) -> None:
    kit.log.reachable = False
    kit.append_and_store(b"1", b"2")
    kit.append_and_store(b"3")
    kit.drain()
    assert kit.log.values() == []
    kit.log.reachable = True
    kit.drain()
    in_order = [record.value for partition in kit.log.partitions for record in partition]
    assert sorted(in_order) == [b"1", b"2", b"3"]
    assert [b"1", b"3"] in [[record.value for record in partition] for partition in kit.log.partitions]
    assert kit.spool.records == 0
    assert is_durable(kit.append(b"4"))


def test_waiting_records_survive_a_restart(kit: Kit) -> None:
    kit.log.reachable = False
    kit.append_and_store(b"1")
    kit.kill_and_restart()
    kit.log.reachable = True
    kit.drain()
    assert (kit.log.values(), kit.spool.records) == ([b"1"], 0)


@pytest.mark.parametrize("arrived", [True, False], ids=["it arrived", "it was lost"])
def test_after_a_kill_a_record_without_answer_is_looked_up(direct: Kit, arrived: bool) -> None:
    direct.log.prompt = False
    direct.append(b"1")
    direct.pass_time(1.1)
    direct.producer.store()
    if arrived:
        direct.log.arrive(direct.log.pending[0])
    direct.kill_and_restart()
    direct.log.prompt = True
    direct.drain()
    assert (direct.log.values(), direct.spool.records) == ([b"1"], 0)


@pytest.mark.parametrize("arrived", [True, False], ids=["it arrived", "it was lost"])
def test_a_record_that_the_producer_gave_up_is_looked_up(direct: Kit, arrived: bool) -> None:
    direct.log.prompt = False
    waiting = direct.append(b"1")
    request = direct.log.pending[0]
    if arrived:
        direct.log.arrive(request)
    direct.log.fail(request)
    direct.producer.store()
    assert is_durable(waiting)
    direct.log.prompt = True
    direct.drain()
    assert (direct.log.values(), direct.spool.records) == ([b"1"], 0)


def test_no_record_is_looked_up_before_kafka_has_settled(direct: Kit) -> None:
    direct.log.prompt = False
    direct.append(b"1")
    direct.pass_time(1.1)
    direct.producer.store()
    (orphan,) = direct.log.pending
    direct.kill_and_restart()
    direct.log.prompt = True
    direct.producer.drain()
    direct.pass_time(SETTLE_SECONDS - 0.1)
    direct.producer.drain()
    direct.log.arrive(orphan)
    direct.drain()
    assert direct.log.values() == [b"1"]


def test_a_kill_while_draining_loses_and_doubles_nothing(kit: Kit) -> None:
    kit.append_and_store(b"1", b"2")
    kit.log.prompt = False
    kit.producer.drain()
    first, _second = kit.log.pending
    kit.log.arrive(first)
    kit.kill_and_restart()
    kit.log.prompt = True
    kit.drain()
    assert sorted(kit.log.values()) == [b"1", b"2"]
    assert kit.spool.records == 0


def test_a_full_spool_refuses_at_once_and_stores_nothing(kit: Kit) -> None:
    kit.append_and_store(b"x" * (LIMIT_BYTES - OVERHEAD_BYTES))
    refused = kit.append(b"1")
    assert isinstance(refused.exception(timeout=0), SpoolFull)
    kit.drain()
    assert b"1" not in kit.log.values()
    assert is_durable(kit.append(b"2"))


def test_records_that_wait_for_the_disk_count_towards_the_limit(kit: Kit) -> None:
    kit.append(b"x" * (LIMIT_BYTES - OVERHEAD_BYTES))
    assert isinstance(kit.append(b"1").exception(timeout=0), SpoolFull)


def test_records_that_kafka_may_have_are_stored_beyond_the_limit(direct: Kit) -> None:
    direct.log.prompt = False
    waiting = [direct.append(b"%d" % number) for number in range(12)]
    direct.pass_time(1.1)
    direct.producer.store()
    assert all(map(is_durable, waiting))
    assert direct.spool.room < 0


def test_a_spool_that_can_not_be_written_refuses_and_goes_on(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    break_spool(kit, "DROP TABLE entries")
    with caplog.at_level(logging.ERROR):
        refusals = [kit.append_and_store(b"1"), kit.append_and_store(b"2")]
    for (refused,) in refusals:
        error = refused.exception(timeout=0)
        assert isinstance(error, Unavailable)
        assert not isinstance(error, SpoolFull)
    assert len(caplog.records) == 1


def test_a_full_disk_is_a_full_spool(kit: Kit) -> None:
    kit.spool._limit = 1 << 20
    kit.spool._database.rows("PRAGMA max_page_count = 1")  # SQLite then says what it says of a full disk
    (refused,) = kit.append_and_store(b"x" * 100_000)
    assert isinstance(refused.exception(timeout=0), SpoolFull)
    kit.spool._database.rows("PRAGMA max_page_count = 1000000")
    assert all(map(is_durable, kit.append_and_store(b"1")))


def test_a_record_that_neither_took_in_time_is_not_surely_refused(direct: Kit) -> None:
    direct.log.prompt = False
    waiting = direct.append(b"1")
    break_spool(direct, "DROP TABLE entries")
    direct.pass_time(1.1)
    direct.producer.store()
    error = waiting.exception(timeout=0)
    assert isinstance(error, Unavailable)
    assert not isinstance(error, SpoolFull)


def test_a_disk_that_fails_does_not_keep_views_from_a_kafka_that_answers(direct: Kit) -> None:
    break_spool(direct, "DROP TABLE entries")
    assert is_durable(direct.append(b"1"))
    with pytest.raises(Unavailable):
        direct.drain()
    assert is_durable(direct.append(b"2"))


def test_a_topic_that_is_not_there_names_the_command_that_makes_it(kit: Kit) -> None:
    kit.log.partitions = []
    kit.append_and_store(b"1")
    kit.producer.drain()
    assert "nhip migrate" in str(kit.producer.check())


# what it says of itself


def fill(kit: Kit) -> None:
    kit.producer.drain()
    kit.log.prompt = False
    for number in range(10):
        kit.append(b"%d" % number)
    kit.pass_time(1.1)
    kit.producer.store()


STATES: list[object] = [
    pytest.param(lambda _kit: None, 200, "away, 0 records in the spool", id="not asked yet"),
    pytest.param(lambda kit: kit.append_and_store(b"1", b"2"), 200, "away, 2 records in the spool", id="away"),
    pytest.param(lambda kit: kit.producer.drain(), 200, "ok", id="there"),
    pytest.param(lambda kit: kit.append_and_store(b"x" * LIMIT_BYTES * 2), 200, "away, 0 records", id="refused"),
    pytest.param(fill, 503, "the spool is full with 10 records (NHIP_SPOOL_MEGABYTES)", id="full"),
]


@pytest.mark.parametrize(("happened", "status", "shown"), STATES)
def test_readiness_says_how_much_waits_and_fails_only_without_room(
    kit: Kit, happened: Callable[[Kit], object], status: int, shown: str
) -> None:
    happened(kit)
    answer = Health(alive={}, ready={"log": kit.producer.check}).readyz()
    assert answer.status == status
    assert shown in answer.body.decode()


def test_the_metrics_show_the_spool(kit: Kit) -> None:
    kit.append_and_store(b"12345678")
    assert spool_metrics() == {"records": 1, "bytes": 8 + OVERHEAD_BYTES, "limit_bytes": LIMIT_BYTES}
    kit.drain()
    assert spool_metrics() == {"records": 0, "bytes": 0, "limit_bytes": LIMIT_BYTES}
    kit.append_and_store(b"1")
    kit.kill_and_restart()


def test_a_thread_that_has_ended_fails_liveness(kit: Kit) -> None:
    kit.producer.start()
    assert kit.producer.check_alive() is None
    kit.producer.close()
    assert "spool" in str(kit.producer.check_alive())
    kit.start()


def test_its_threads_take_all_these_steps(tmp_path: Path) -> None:
    log = UnsureLog(lambda: 0.0)
    log.reachable = False
    producer = SpoolingProducer(log, log, Spool(tmp_path, limit_bytes=LIMIT_BYTES), timeout_seconds=0.05)
    producer.start()
    producer.append(EVENTS_TOPIC, b"1").result(timeout=30)
    assert log.values() == []
    log.reachable = True
    wait_until(lambda: producer.check() is None)
    assert log.values() == [b"1"]
    log.prompt = False
    producer.append(EVENTS_TOPIC, b"2").result(timeout=30)
    producer.close()
    left = Spool(tmp_path, limit_bytes=LIMIT_BYTES)
    assert len(left.handed_over()) == 1
    left.close()


def break_spool(kit: Kit, statement: str) -> None:
    broken = sqlite3.connect(kit.directory / SPOOL_FILE)
    broken.execute(statement)
    broken.close()


def spool_metrics() -> dict[str, float]:
    text = Health(alive={}, ready={}).metrics().body.decode()
    prefix = "nhip_collector_spool"
    return {
        sample.name.removeprefix(prefix).removeprefix("ed").removeprefix("_"): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith(prefix)
    }
