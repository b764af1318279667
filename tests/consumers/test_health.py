"""The health and the lag of a consumer while it works, waits, hangs and gives up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clock import Clock

from consumers.health import GRACE_SECONDS, check_inserts, check_loop
from consumers.lag import LagWatch, measure_lag
from consumers.runner import Runner
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.errors import TooManyDeadLetters, Unavailable
from pipeline.events import EVENTS_TOPIC
from pipeline.metrics import REGISTRY

INSERT_SECONDS = 10.0
STUCK_SECONDS = 2 * INSERT_SECONDS + GRACE_SECONDS


@pytest.fixture
def timer() -> Clock:
    return Clock(0.0)


@pytest.fixture
def runner(broker: SqliteBroker, timer: Clock) -> Iterator[Runner]:
    consumer = broker.consumer(group="group", topic=EVENTS_TOPIC, member="a")
    yield Runner(consumer, lambda *_, **__: None, batch_rows=10, batch_seconds=0.0, clock=timer)
    consumer.close()


def metric(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_a_loop_that_makes_progress_is_alive(runner: Runner, timer: Clock) -> None:
    check = check_loop(runner, insert_seconds=INSERT_SECONDS, clock=timer)
    timer.now = STUCK_SECONDS + 1
    runner.step()
    assert check() is None


def test_a_loop_that_makes_no_progress_is_stuck(runner: Runner, timer: Clock) -> None:
    check = check_loop(runner, insert_seconds=INSERT_SECONDS, clock=timer)
    runner.step()
    timer.now = STUCK_SECONDS + 1
    assert check() == f"stuck for {STUCK_SECONDS + 1:.0f} s"


def test_a_loop_that_tries_an_insert_again_and_again_is_alive_and_not_ready(broker: SqliteBroker, timer: Clock) -> None:
    """A consumer needs no restart while ClickHouse is away."""
    runner: Runner
    seen: list[tuple[str | None, str | None]] = []

    def fail(*_: object, **__: object) -> None:
        timer.now += STUCK_SECONDS - 1
        seen.append((alive(), ready()))
        if len(seen) == 3:
            runner.stop()
        raise Unavailable("away")

    runner = Runner(
        broker.consumer(group="group", topic=EVENTS_TOPIC, member="a"), fail, batch_rows=1, batch_seconds=0, clock=timer
    )
    alive = check_loop(runner, insert_seconds=INSERT_SECONDS, clock=timer)
    ready = check_inserts(runner)
    producer = broker.producer()
    producer.send(EVENTS_TOPIC, b"?\n")
    producer.close()
    runner.run()

    refusal = "ClickHouse takes no inserts; the log keeps what comes"
    assert seen == [(None, None), (None, refusal), (None, refusal)]


def test_a_loop_that_gave_up_says_why(runner: Runner, timer: Clock) -> None:
    runner.failure = TooManyDeadLetters("1000 lines in a row")
    assert check_loop(runner, insert_seconds=INSERT_SECONDS, clock=timer)() == "1000 lines in a row"


def test_the_lag_is_what_the_log_has_and_clickhouse_does_not(broker: SqliteBroker, runner: Runner) -> None:
    producer = broker.producer()
    for partition, count in ((0, 2), (1, 1)):
        for _ in range(count):
            producer.send(EVENTS_TOPIC, b"?\n", partition=partition)
    runner.step()
    measure_lag(broker, runner, now=1_000.0)
    assert metric("nhip_consumer_lag_records", partition="0") == 2
    assert metric("nhip_consumer_lag_records", partition="1") == 1
    assert metric("nhip_consumer_assigned_partitions") == 2
    assert metric("nhip_consumer_complete_up_to_seconds") == 0

    runner.step()
    producer.close()
    measure_lag(broker, runner, now=1_000.0)
    assert metric("nhip_consumer_lag_records", partition="0") == 0
    assert metric("nhip_consumer_complete_up_to_seconds") == 1_000


def test_the_table_is_complete_up_to_the_last_record_inserted(broker: SqliteBroker, runner: Runner) -> None:
    producer = broker.producer()
    in_time = producer.send(EVENTS_TOPIC, b"?\n", partition=0)
    runner.step()
    runner.step()
    producer.send(EVENTS_TOPIC, b"?\n", partition=0)
    producer.close()
    measure_lag(broker, runner, now=9e9)
    assert metric("nhip_consumer_complete_up_to_seconds") == in_time.at / 1000


def test_partitions_of_another_member_are_not_measured(broker: SqliteBroker, runner: Runner) -> None:
    runner.step()
    measure_lag(broker, runner, now=1.0)
    newer = broker.consumer(group="group", topic=EVENTS_TOPIC, member="a")
    newer.poll(timeout=0, max_records=0)
    runner.step()
    measure_lag(broker, runner, now=1.0)
    assert metric("nhip_consumer_assigned_partitions") == 0
    assert metric("nhip_consumer_lag_records", partition="0") is None
    newer.close()


def test_an_outage_of_the_log_is_logged_once_and_so_is_its_end(
    broker: SqliteBroker, runner: Runner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_topic: str) -> None:
        raise Unavailable("Kafka at kafka:9092: away")

    watch = LagWatch(broker, runner, clock=lambda: 1.0)
    watch.measure()
    with monkeypatch.context() as outage:
        outage.setattr(broker, "end_offsets", fail)
        for _ in range(3):
            watch.measure()
    watch.measure()
    watch.measure()
    assert [record.message for record in caplog.records] == [
        "the lag can't be measured until the log answers: Kafka at kafka:9092: away",
        "the log answers: the lag is measured again",
    ]
