"""Signing in to Kafka, against a real broker that requires TLS and a password."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from kafka_security import PASSWORD, USER, add_user, secure_server
from kafka_server import require_kafka

from pipeline.brokers.kafka.accounts import make_accounts
from pipeline.brokers.kafka.broker import KafkaBroker
from pipeline.brokers.protocols import Topic
from pipeline.errors import ConfigurationError, PipelineError, Unavailable
from pipeline.settings import KafkaSettings

TOPIC = Topic("secret", partitions=1, retention_ms=3_600_000)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """Of a server that lets them in."""
    require_kafka()
    server, authority = secure_server(tmp_path_factory.mktemp("secure"))
    with server:
        add_user(server)
        yield KafkaSettings(
            bootstrap_servers=(server.bootstrap,),
            security_protocol="SASL_SSL",
            username=USER,
            password=PASSWORD,
            ca_file=authority,
            timeout_seconds=10.0,
        )


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_records_go_through_tls_after_signing_in(settings: KafkaSettings, mechanism: str) -> None:
    broker = KafkaBroker(replace(settings, sasl_mechanism=mechanism))
    broker.create_topics((TOPIC,))
    producer = broker.producer()
    sent = producer.send(TOPIC.name, mechanism.encode())
    consumer = broker.consumer(group=f"group-{mechanism}", topic=TOPIC.name, member="a")
    while sent not in consumer.poll(timeout=1, max_records=10):
        pass
    for one in (consumer, producer, broker):
        one.close()


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
@pytest.mark.parametrize("part", ["broker", "producer", "consumer"])
def test_a_wrong_password_is_refused_soon_and_named(settings: KafkaSettings, mechanism: str, part: str) -> None:
    broker = KafkaBroker(replace(settings, sasl_mechanism=mechanism, password="wrong"))
    producer, consumer = broker.producer(), broker.consumer(group="group", topic=TOPIC.name, member="a")
    use = {
        "broker": lambda: broker.end_offsets(TOPIC.name),
        "producer": lambda: producer.send(TOPIC.name, b""),
        "consumer": lambda: consumer.poll(timeout=0, max_records=1),
    }[part]
    started = time.monotonic()
    with pytest.raises(ConfigurationError, match="NHIP_KAFKA_PASSWORD"):
        use()
    assert time.monotonic() - started < 30
    for one in (consumer, producer, broker):
        one.close()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"ca_file": None}, id="an authority that is not known"),
        pytest.param({"security_protocol": "SASL_PLAINTEXT"}, id="no TLS"),
    ],
)
def test_a_client_that_does_not_understand_the_listener_is_refused_in_time(
    settings: KafkaSettings, change: dict[str, Path | str | None]
) -> None:
    broker = KafkaBroker(replace(settings, **change))  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        broker.end_offsets(TOPIC.name)
    broker.close()


def test_no_message_has_the_password(settings: KafkaSettings) -> None:
    broker = KafkaBroker(replace(settings, password="tell-nobody"))
    with pytest.raises(PipelineError) as refused:
        broker.end_offsets(TOPIC.name)
    assert "tell-nobody" not in str(refused.value)
    broker.close()


def test_a_broker_that_keeps_no_rights_is_said_in_words(settings: KafkaSettings) -> None:
    with pytest.raises(ConfigurationError, match=r"keeps no rights; its server\.properties need"):
        make_accounts(settings, {"nhip_web": "secret"})
