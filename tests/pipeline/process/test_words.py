"""What people read of an error."""

from __future__ import annotations

import pytest

from pipeline.errors import ConfigurationError, NoAnswer, PipelineError, Rejected, Unavailable
from pipeline.process.words import is_silence, say

KAFKA = "NHIP_KAFKA_BOOTSTRAP_SERVERS"
ENGINE = "NHIP_CLICKHOUSE_URL"
CHECK = "kiểm tra máy chủ và địa chỉ · check the server and the address"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        pytest.param(Rejected("no such table"), "no such table", id="a message alone"),
        pytest.param(
            Unavailable("/data/log.db: disk is full", variable="NHIP_DATA_DIR"),
            "NHIP_DATA_DIR: /data/log.db: disk is full",
            id="its variable comes first",
        ),
        pytest.param(
            ConfigurationError("NHIP_BATCH_ROWS=many: want a number", variable="NHIP_BATCH_ROWS"),
            "NHIP_BATCH_ROWS=many: want a number",
            id="a message that names its variable",
        ),
        pytest.param(
            NoAnswer(service="Kafka", address="kafka-1:9092"),
            "Kafka ở · at kafka-1:9092 không trả lời · does not answer",
            id="silence",
        ),
        pytest.param(
            NoAnswer(service="Kafka", address="kafka-1:9092", cause="no node", variable=KAFKA),
            f"{KAFKA}: Kafka ở · at kafka-1:9092 không trả lời · does not answer (no node); {CHECK}",
            id="Kafka's silence with its cause",
        ),
        pytest.param(
            NoAnswer(service="ClickHouse", address="ch:8123", cause="Connection refused", variable=ENGINE),
            f"{ENGINE}: ClickHouse ở · at ch:8123 không trả lời · does not answer: Connection refused; {CHECK}",
            id="ClickHouse's silence with its cause",
        ),
        pytest.param(
            NoAnswer(service="ClickHouse", cause="file is locked"),
            "ClickHouse không trả lời · does not answer: file is locked",
            id="the embedded engine has no address",
        ),
    ],
)
def test_an_error_is_told_with_its_variable_and_what_to_check(error: PipelineError, said: str) -> None:
    assert say(error) == said


def test_silence_is_told_from_an_answer() -> None:
    assert is_silence(NoAnswer(service="Kafka"))
    assert not is_silence(Unavailable("Kafka at kafka-1:9092: too few replicas"))
