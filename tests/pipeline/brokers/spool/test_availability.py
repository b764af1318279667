from __future__ import annotations

import logging

import pytest

from pipeline.brokers.spool.availability import PROBE_SECONDS, Availability
from pipeline.errors import Unavailable


class Kafka:
    """Answers or not, and takes its time."""

    def __init__(self) -> None:
        self.now = 100.0
        self.answers = True
        self.takes = 0.0
        self.asked = 0
        self.availability = Availability(self.ask, timer=lambda: self.now)

    def ask(self) -> None:
        self.asked += 1
        self.now += self.takes
        if not self.answers:
            raise Unavailable("no route to host")

    def probe(self) -> bool:
        return self.availability.probe(seconds=5.0)


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


def test_kafka_is_away_until_it_has_answered(kafka: Kafka) -> None:
    assert not kafka.availability.there
    assert kafka.probe()
    assert kafka.availability.confirm() == 100.0
    assert kafka.availability.there


def test_a_kafka_that_answers_is_asked_now_and_then(kafka: Kafka) -> None:
    for _ in range(10):
        assert kafka.probe()
        kafka.now += 1.0
    assert kafka.asked == 2


def test_a_kafka_that_does_not_answer_is_asked_again_soon(kafka: Kafka) -> None:
    kafka.answers = False
    assert not kafka.probe()
    assert not kafka.probe()
    kafka.now += PROBE_SECONDS
    assert not kafka.probe()
    assert kafka.asked == 2
    assert kafka.availability.trouble == "no route to host"


def test_after_an_outage_kafka_answers_since_its_return(kafka: Kafka) -> None:
    kafka.probe()
    kafka.now += 1.0
    kafka.availability.lose("no answer within 1 s")
    assert kafka.availability.confirm() is None
    assert not kafka.availability.there
    assert kafka.probe()
    assert kafka.availability.confirm() == 101.0


def test_an_answer_after_a_long_silence_counts_as_a_return(kafka: Kafka) -> None:
    kafka.probe()
    kafka.now += 5.0
    kafka.takes = 8.0
    kafka.probe()
    assert kafka.availability.confirm() == 113.0


def test_each_outage_is_logged_once_with_its_end(kafka: Kafka, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        kafka.probe()
        kafka.availability.confirm()
        assert caplog.messages == []
        kafka.availability.lose("frozen")
        kafka.availability.lose("still frozen")
        kafka.probe()
        kafka.availability.confirm()
        kafka.availability.confirm()
    assert caplog.messages == ["Kafka is away, views go to the spool: frozen", "Kafka answers: views go there"]
