"""Other ways to take events from Kafka into the same table, with one event a message, as is usual.

*plain*: poll, json, insert, commit with kafka-python, at its defaults and with 10,000 messages a poll; *arroyo*:
Sentry's library, batches of 10,000. Both deliver at least once: an event that a crash repeats is counted twice.
``python -m benchmarks.peers DIRECTORY SERVERS MESSAGES`` prints JSON.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import clickhouse_connect
import kafka
from arroyo.backends.kafka import KafkaConsumer as ArroyoConsumer
from arroyo.backends.kafka import KafkaPayload, build_kafka_consumer_configuration
from arroyo.processing.processor import StreamProcessor
from arroyo.processing.strategies import CommitOffsets, ProcessingStrategy, ProcessingStrategyFactory, RunTask
from arroyo.processing.strategies.batching import BatchStep, ValuesBatch
from arroyo.types import Commit, Message, Partition
from arroyo.types import Topic as ArroyoTopic
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from kafka_server import KafkaServer

from benchmarks.child import measured_by, print_answer, say
from benchmarks.consuming import PARTITIONS, Speed
from benchmarks.costs import Stopwatch, keep_to_one_core
from benchmarks.report import Figure
from benchmarks.views import make_lines
from pipeline.clickhouse.client import open_embedded
from pipeline.clickhouse.migrations import migrate

TOPIC = "one-event-a-message"
BATCH = 10_000
BATCH_SECONDS = 1.0
COLUMNS = ("at", "site", "kind", "page_id", "audience", "locale", "path", "visitor", "visit", "source", "browser", "os")

Write = Callable[[Sequence[bytes]], None]


def measure_peers(directory: Path, *, messages: int) -> list[Figure]:
    with KafkaServer(directory / "kafka", options=()) as kafka_server:
        say(f"peers: {messages:,} events into Kafka, one a message")
        _fill(kafka_server.bootstrap, messages)
        say("peers: plain loops and arroyo, each on one core")
        arguments = (directory, kafka_server.bootstrap, messages)
        speeds = measured_by("peers", *arguments, answer=dict[str, Speed])
    return [
        figure
        for name, speed in speeds.items()
        for figure in (
            Figure(name=f"peer: {name}", value=speed.rate, unit="events/s"),
            Figure(name=f"peer: {name}, CPU", value=speed.cpu, unit="s per 1 M"),
        )
    ]


def _fill(servers: str, messages: int) -> None:
    admin = AdminClient({"bootstrap.servers": servers})
    admin.create_topics([NewTopic(TOPIC, num_partitions=PARTITIONS)])[TOPIC].result()
    producer = Producer({"bootstrap.servers": servers, "compression.type": "lz4", "linger.ms": 5})
    for place, line in enumerate(make_lines(messages, at=time.time_ns() // 1_000_000 - messages)):
        producer.produce(TOPIC, line, partition=place % PARTITIONS)
        if place % 1_000 == 0:
            producer.poll(0)
    producer.flush()


def _poll_in_a_loop(servers: str, write: Write, messages: int, **chosen: int) -> Speed:
    consumer = kafka.KafkaConsumer(
        TOPIC,
        bootstrap_servers=servers,
        group_id=f"plain-{chosen}".translate(str.maketrans("{}': ", "-----")),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **chosen,
    )
    while not consumer.assignment():  # kafka-python forgets a join that ends between two short polls
        consumer.poll(timeout_ms=5_000, max_records=1)
    consumer.seek_to_beginning()
    done = 0
    with Stopwatch() as watch:
        while done < messages:
            values = [record.value for records in consumer.poll(timeout_ms=1_000).values() for record in records]
            if values:
                write(values)
                consumer.commit()
                done += len(values)
    consumer.close()
    return _speed(watch, messages)


class _Factory(ProcessingStrategyFactory[KafkaPayload]):
    """Batch, insert, commit."""

    def __init__(self, write: Write, done: Callable[[int], None], begin: Callable[[], object]) -> None:
        self._write = write
        self._done = done
        self._begin = begin

    def create_with_partitions(
        self, commit: Commit, _partitions: Mapping[Partition, int]
    ) -> ProcessingStrategy[KafkaPayload]:
        self._begin()
        return BatchStep(BATCH, BATCH_SECONDS, RunTask(self._insert, CommitOffsets(commit)))

    def _insert(self, message: Message[ValuesBatch[KafkaPayload]]) -> None:
        values = [one.payload.value for one in message.payload]
        self._write(values)
        self._done(len(values))


def _run_arroyo(servers: str, write: Write, messages: int) -> Speed:
    configuration = build_kafka_consumer_configuration({}, group_id="arroyo", bootstrap_servers=[servers])
    watch = Stopwatch()
    left = messages

    def count(inserted: int) -> None:
        nonlocal left
        left -= inserted
        if left <= 0 and not watch.seconds:
            watch.__exit__(None, None, None)
            processor.signal_shutdown()

    factory = _Factory(write, count, watch.__enter__)
    processor = StreamProcessor(ArroyoConsumer(configuration), ArroyoTopic(TOPIC), factory)
    processor.run()
    return _speed(watch, messages)


def _writer(directory: Path) -> tuple[Write, Callable[[], int]]:
    """Inserts lines with clickhouse-connect, in its usual way, into the migrated table; counts its rows."""
    first = open_embedded(directory / "clickhouse", database="peers")
    migrate(first)
    # Two peers may make the same block of rows, of which the table would keep one.
    settings = {"async_insert": 0, "deduplicate_insert": "disable"}
    client: Any = clickhouse_connect.get_client(
        interface="chdb", path=str(directory / "clickhouse"), database="peers", settings=settings
    )

    def write(lines: Iterable[bytes]) -> None:
        views = map(json.loads, lines)
        client.insert("events", [[view[name] for name in COLUMNS] for view in views], column_names=COLUMNS)

    def count() -> int:
        return int(client.command("SELECT count() FROM events"))

    return write, count


def _speed(watch: Stopwatch, events: int) -> Speed:
    return Speed(rate=events / watch.seconds, cpu=watch.cpu / events * 1_000_000)


def main() -> None:
    directory, servers, messages = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    keep_to_one_core()
    write, count = _writer(directory)
    speeds = {
        "poll, json, insert, commit": _poll_in_a_loop(servers, write, messages),
        f"the same, {BATCH:,} a poll": _poll_in_a_loop(servers, write, messages, max_poll_records=BATCH),
        f"sentry-arroyo, {BATCH:,} a batch": _run_arroyo(servers, write, messages),
    }
    if count() != len(speeds) * messages:
        raise RuntimeError(f"{count()} rows are stored of {len(speeds) * messages}")
    print_answer(speeds)


if __name__ == "__main__":
    main()
