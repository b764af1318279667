"""What only Kafka does: topics as the settings say, records under way through an outage."""

from __future__ import annotations

import itertools
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import CoordinatorLoadInProgressError, KafkaConnectionError, NotCoordinatorError
from kafka_server import KafkaServer, admin_of
from patience import wait_until

from pipeline.brokers.kafka import client as kafka_client
from pipeline.brokers.kafka.broker import KafkaBroker
from pipeline.brokers.kafka.client import SAME_MESSAGE_SECONDS, Sparing
from pipeline.brokers.kafka.producer import KafkaProducer
from pipeline.brokers.opening import open_broker
from pipeline.brokers.protocols import Committed, Consumer, Topic, TopicPartition
from pipeline.brokers.topics import topics_of
from pipeline.errors import ConfigurationError, Rejected, Unavailable
from pipeline.settings import KafkaSettings, Settings

HOUR_MS = 3_600_000

_numbers = itertools.count()


@pytest.fixture
def settings(kafka: KafkaServer) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=(kafka.bootstrap,), timeout_seconds=10.0)


@pytest.fixture
def broker(settings: KafkaSettings) -> Iterator[KafkaBroker]:
    broker = KafkaBroker(settings)
    yield broker
    broker.close()


@pytest.fixture
def topic() -> Topic:
    return Topic(f"kafka-topic-{next(_numbers)}", partitions=2, retention_ms=HOUR_MS)


@pytest.fixture
def nowhere() -> KafkaSettings:
    """A cluster that nobody runs; connections to its port are refused."""
    return KafkaSettings(bootstrap_servers=("127.0.0.1:9",), timeout_seconds=0.2)


# topics


def configuration_of(kafka: KafkaServer, topic: str) -> dict[str, str]:
    with admin_of(kafka.internal) as admin:
        described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all")
    return {name: entry["value"] for name, entry in described["topic"][topic].items()}


def test_topics_are_made_as_the_settings_say(kafka: KafkaServer, tmp_path: Path) -> None:
    wanted = KafkaSettings(bootstrap_servers=(kafka.bootstrap,), partitions=5, retention_hours=100)
    broker = open_broker(Settings(data_dir=tmp_path, kafka=wanted))
    topics = topics_of(Settings(data_dir=tmp_path, kafka=wanted))
    for topic in topics:
        assert broker.end_offsets(topic.name) == {}, "opening a broker made its topics"
    broker.create_topics(topics)

    assert [len(broker.end_offsets(topic.name)) for topic in topics] == [5, 1, 1]
    events, salts, changes = (configuration_of(kafka, topic.name) for topic in topics)
    assert events["retention.ms"] == str(100 * HOUR_MS)
    assert (events["message.timestamp.type"], events["min.insync.replicas"]) == ("LogAppendTime", "1")
    assert salts["retention.ms"] == str(48 * HOUR_MS)
    assert int(salts["segment.ms"]) < 24 * HOUR_MS, "two days' salts in one segment would go only together"
    assert (events["cleanup.policy"], changes["cleanup.policy"]) == ("delete", "compact")
    assert changes["min.compaction.lag.ms"] == str(7 * 24 * HOUR_MS)
    broker.close()


def test_a_salt_is_gone_after_its_retention_while_newer_ones_are_kept(broker: KafkaBroker, topic: Topic) -> None:
    partition = TopicPartition(topic.name, 0)
    broker.create_topics((topic._replace(partitions=1, retention_ms=4_000),))
    producer = broker.producer()
    producer.send(topic.name, b"old")
    number = itertools.count(1)

    def send_until_the_first_is_gone() -> bool:
        producer.send(topic.name, b"%d" % next(number))
        time.sleep(0.2)
        return broker.begin_offsets(topic.name)[partition] > 0

    wait_until(send_until_the_first_is_gone)
    kept = [record.value for record in broker.read(topic.name)]
    assert b"old" not in kept
    assert kept
    producer.close()


def test_partitions_are_added_when_the_setting_grew(broker: KafkaBroker, topic: Topic) -> None:
    broker.create_topics((topic,))
    broker.create_topics((topic._replace(partitions=4),))
    wait_until(lambda: len(broker.end_offsets(topic.name)) == 4)
    broker.create_topics((topic,))
    assert len(broker.end_offsets(topic.name)) == 4


def test_more_copies_than_brokers_are_refused_by_the_name_of_the_setting(settings: KafkaSettings, topic: Topic) -> None:
    broker = KafkaBroker(replace(settings, replication=3))
    with pytest.raises(ConfigurationError, match=r"NHIP_KAFKA_REPLICATION=3.* 1 broker"):
        broker.create_topics((topic,))
    broker.close()


def test_a_topic_that_is_missing_is_named_with_the_command_that_makes_it(settings: KafkaSettings) -> None:
    broker = KafkaBroker(replace(settings, timeout_seconds=0.5))
    producer, consumer = broker.producer(), broker.consumer(group="g", topic="unmade", member="a")
    with pytest.raises(Unavailable, match="nhip migrate"):
        producer.send("unmade", b"")
    with pytest.raises(Unavailable, match="nhip migrate"):
        consumer.poll(timeout=0, max_records=1)
    for one in (consumer, producer, broker):
        one.close()


# records


def test_a_record_of_five_thousand_events_passes(broker: KafkaBroker, topic: Topic) -> None:
    broker.create_topics((topic,))
    producer = broker.producer()
    value = b"".join(b'{"path":"/tin-tuc/%032d","visitor":%d}\n' % (n * 7919, n * 104729) for n in range(30_000))
    sent = producer.send(topic.name, value)
    assert broker.read(topic.name) == [sent]
    producer.close()


def test_a_record_too_large_for_the_log_is_rejected(broker: KafkaBroker, topic: Topic) -> None:
    broker.create_topics((topic,))
    producer = broker.producer()
    with pytest.raises(Rejected):
        producer.send(topic.name, bytes(9 * 1024 * 1024))
    producer.close()


def test_a_producer_stays_with_a_partition_for_a_while_and_then_takes_the_next(
    broker: KafkaBroker, settings: KafkaSettings, topic: Topic
) -> None:
    broker.create_topics((topic._replace(partitions=3),))
    now = [0.0]
    producer = KafkaProducer(settings, sticky_seconds=1.0, clock=lambda: now[0])
    chosen = []
    for moment in (0.0, 0.5, 0.9, 1.0, 1.9, 2.0, 3.0):
        now[0] = moment
        chosen.append(producer.choose_partition(topic.name))
    first = chosen[0]
    assert chosen == [first, first, first, *((first + step) % 3 for step in (1, 1, 2, 0))]
    assert producer.send(topic.name, b"").partition == chosen[-1]
    producer.close()


# outages


def test_nothing_is_asked_of_kafka_before_it_is_needed(nowhere: KafkaSettings) -> None:
    broker = KafkaBroker(nowhere)
    producer, consumer = broker.producer(), broker.consumer(group="g", topic="t", member="a")
    for one in (consumer, producer, broker):
        one.close()


def test_while_kafka_was_never_reached_a_send_is_refused_soon_and_then_at_once(nowhere: KafkaSettings) -> None:
    producer = KafkaProducer(nowhere)
    started = time.monotonic()
    for _ in range(50):
        with pytest.raises(Unavailable, match="NHIP_KAFKA_BOOTSTRAP_SERVERS"):
            producer.send("t", b"")
    assert time.monotonic() - started < 50 * nowhere.timeout_seconds / 2, "each waited as long as the first"
    producer.close()


@pytest.fixture
def own_kafka(kafka: KafkaServer, tmp_path: Path) -> Iterator[KafkaServer]:
    """One to mistreat; ``kafka`` is there to skip where there is none."""
    with KafkaServer(tmp_path / "kafka") as server:
        yield server


def test_a_record_that_timed_out_gets_there_once_when_kafka_returns(own_kafka: KafkaServer, topic: Topic) -> None:
    settings = KafkaSettings(bootstrap_servers=(own_kafka.bootstrap,), timeout_seconds=1.0)
    broker = KafkaBroker(settings)
    broker.create_topics((topic,))
    producer = broker.producer()
    producer.send(topic.name, b"before", partition=0)

    own_kafka.freeze()
    with pytest.raises(Unavailable):
        producer.send(topic.name, b"into the silence", partition=0)
    frozen = producer.begin(topic.name, b"frozen", partition=0)
    own_kafka.thaw()
    assert frozen.result(30).offset == 2

    own_kafka.kill()
    killed = producer.begin(topic.name, b"killed", partition=0)
    with pytest.raises(TimeoutError):
        killed.result(0.2)
    own_kafka.start()
    assert killed.result(30).offset == 3
    values = [record.value for record in broker.read(topic.name)]
    assert values == [b"before", b"into the silence", b"frozen", b"killed"]
    producer.close()
    broker.close()


def test_a_member_goes_on_after_an_outage_and_the_library_logs_nothing(
    own_kafka: KafkaServer, topic: Topic, caplog: pytest.LogCaptureFixture
) -> None:
    broker = KafkaBroker(KafkaSettings(bootstrap_servers=(own_kafka.bootstrap,), timeout_seconds=10.0))
    broker.create_topics((topic._replace(partitions=1),))
    producer, consumer = broker.producer(), broker.consumer(group="g", topic=topic.name, member="a")
    partition = TopicPartition(topic.name, 0)
    wait_until(lambda: consumer.poll(timeout=0.05, max_records=0) == [] and partition in consumer.assignment())
    own_kafka.kill()
    with pytest.raises(Unavailable):
        consumer.commit(partition, Committed(0, "unheard"))
    own_kafka.start()

    sent = producer.send(topic.name, b"after")
    wait_until(lambda: sent in consumer.poll(timeout=0.1, max_records=10))
    consumer.commit(partition, Committed(0, "heard"))
    assert consumer.committed(partition) == Committed(0, "heard")
    assert [record.message for record in caplog.records if record.name == kafka_client.__name__] == []
    for one in (consumer, producer, broker):
        one.close()


def test_members_that_poll_for_moments_settle(settings: KafkaSettings, topic: Topic) -> None:
    """Each time the group shares out, the leader's joining ends between two of its polls."""
    broker = KafkaBroker(settings, heartbeat_seconds=0.05)
    broker.create_topics((topic,))
    members = [broker.consumer(group=topic.name, topic=topic.name, member=name) for name in "ab"]
    shared: list[tuple[dict[TopicPartition, int], ...]] = []

    def settled() -> bool:
        for member in members:
            member.poll(timeout=0.005, max_records=0)
            time.sleep(0.03)
        shared.append(tuple(dict(member.assignment()) for member in members))
        return all(shared[-1]) and shared[-20:] == [shared[-1]] * 20

    wait_until(settled)
    for one in (*members, broker):
        one.close()


@pytest.mark.parametrize("joins", ["for the first time", "again, as another comes"])
def test_a_member_that_leaves_while_it_joins_holds_nothing_up(
    settings: KafkaSettings, topic: Topic, joins: str
) -> None:
    """Its session is longer than anybody here waits."""
    broker = KafkaBroker(replace(settings, session_seconds=300.0), heartbeat_seconds=0.05)
    broker.create_topics((topic,))
    stays, leaves, comes = (broker.consumer(group=topic.name, topic=topic.name, member=name) for name in "abc")

    def shared_by(*members: Consumer) -> bool:
        for member in members:
            member.poll(timeout=0.02, max_records=0)
        held = sorted(partition for member in members for partition in member.assignment())
        return held == [(topic.name, 0), (topic.name, 1)] and broker.members(topic.name) == len(members)

    def arrives(member: Consumer, *, place: int) -> bool:
        member.poll(timeout=0.02, max_records=0)
        return broker.members(topic.name) == place

    wait_until(lambda: shared_by(stays))
    if joins == "for the first time":
        wait_until(lambda: arrives(leaves, place=2))
        remaining = [stays]
    else:
        wait_until(lambda: shared_by(stays, leaves))
        wait_until(lambda: arrives(comes, place=3))
        for _ in range(20):  # until it has heard of it
            leaves.poll(timeout=0.05, max_records=0)
        remaining = [stays, comes]
    leaves.close()

    wait_until(lambda: shared_by(*remaining))
    for one in (*remaining, broker):
        one.close()


def test_a_producer_closed_in_an_outage_ends_and_fails_pending_records(own_kafka: KafkaServer, topic: Topic) -> None:
    broker = KafkaBroker(KafkaSettings(bootstrap_servers=(own_kafka.bootstrap,), timeout_seconds=5.0))
    broker.create_topics((topic,))
    producer = broker.producer()
    producer.send(topic.name, b"before")
    own_kafka.kill()
    waiting = producer.begin(topic.name, b"never")
    started = time.monotonic()
    producer.close()
    assert time.monotonic() - started < 60
    with pytest.raises(Unavailable):
        waiting.result(0)
    broker.close()


def test_a_client_that_can_not_connect_says_why() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        threading.Thread(target=_hang_up, args=(silent,), daemon=True).start()
        settings = KafkaSettings(bootstrap_servers=(f"127.0.0.1:{port}",), security_protocol="SSL")
        with pytest.raises(Unavailable, match=r"handshake failed"):
            KafkaBroker(settings).end_offsets("t")


def _hang_up(listener: socket.socket) -> None:
    """Take part in nothing."""
    with suppress(OSError):
        while True:
            listener.accept()[0].close()


def test_each_message_of_an_outage_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    sparing = Sparing(clock=lambda: now[0])
    record = logging.makeLogRecord(
        {"name": "kafka.coordinator", "msg": "fenced", "levelno": logging.ERROR, "lineno": 1}
    )
    for _ in range(10):
        sparing.handle(record)
    assert len(caplog.records) == 1
    now[0] = SAME_MESSAGE_SECONDS
    sparing.handle(record)
    assert len(caplog.records) == 2


def test_an_error_inside_the_library_is_logged_with_where_it_happened(caplog: pytest.LogCaptureFixture) -> None:
    line = {"name": "kafka.net.selector", "msg": "Unhandled exception in task", "levelno": logging.ERROR}

    def read_a_closed_connection() -> None:
        raise ValueError("Invalid file descriptor: -1")

    try:
        read_a_closed_connection()
    except ValueError as fault:
        Sparing().handle(logging.makeLogRecord(line | {"exc_info": (ValueError, fault, fault.__traceback__)}))
    assert "Invalid file descriptor: -1" in caplog.text
    assert "in read_a_closed_connection" in caplog.text


@pytest.mark.parametrize("fault", [KafkaConnectionError(), NotCoordinatorError(), CoordinatorLoadInProgressError()])
def test_what_an_outage_and_a_restart_bring_is_not_logged_by_the_library(
    fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    line = {"name": "kafka.coordinator", "msg": "Marking the coordinator dead: %s", "args": (fault,)}
    Sparing().handle(logging.makeLogRecord(line | {"levelno": logging.WARNING}))
    assert not caplog.records
