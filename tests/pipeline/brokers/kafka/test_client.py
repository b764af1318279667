"""Which errors kafka-python's faults become."""

from __future__ import annotations

import pytest
from kafka import errors

from pipeline.brokers.kafka.client import fault_of
from pipeline.errors import NoAnswer, PipelineError, Unavailable
from pipeline.process.words import say
from pipeline.settings import KafkaSettings

SETTINGS = KafkaSettings(bootstrap_servers=("kafka-1:9092", "kafka-2:9092"), username="nhip", password="mat-khau")
SILENCE = "Kafka ở · at kafka-1:9092,kafka-2:9092 không trả lời · does not answer"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(errors.KafkaTimeoutError(), (NoAnswer, SILENCE), id="a time-out that says nothing"),
        pytest.param(errors.KafkaTimeoutError("no node"), (NoAnswer, f"{SILENCE} (no node)"), id="one that does"),
        pytest.param(
            ConnectionRefusedError(111, "Refused"), (NoAnswer, f"{SILENCE} ([Errno 111] Refused)"), id="system"
        ),
        pytest.param(
            errors.NotEnoughReplicasError(),
            (Unavailable, "Kafka at kafka-1:9092,kafka-2:9092: [Error 19] NotEnoughReplicasError"),
            id="an answer",
        ),
    ],
)
def test_a_silent_kafka_is_told_from_one_that_answers(
    error: BaseException, expected: tuple[type[PipelineError], str]
) -> None:
    found = fault_of(error, SETTINGS)
    assert (type(found), say(found)) == expected
    assert (found.service, found.address) == ("Kafka", "kafka-1:9092,kafka-2:9092")
