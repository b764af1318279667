"""A log of any broker, as the contract suite needs it, and the functions that use it in child processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeVar

from patience import wait_until

from pipeline.brokers import Broker, Committed, Consumer, Producer, Record, Topic, TopicPartition
from pipeline.brokers.kafka.broker import KafkaBroker
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.errors import Fenced
from pipeline.settings import KafkaSettings

HOUR_MS = 3_600_000

Opened = TypeVar("Opened", Broker, Consumer, Producer)


@dataclass
class BrokerKit:
    """``connect`` opens another way into the same log, in this process or in a child (so it must pickle);
    ``session_seconds`` is how long a silent member keeps its partitions; ``topic`` is the test's own."""

    connect: Callable[[], Broker]
    session_seconds: float
    topic: str
    _opened: list[Broker | Consumer | Producer] = field(default_factory=list)

    def open(self) -> Broker:
        return self._keep(self.connect())

    def create(self, *, partitions: int) -> list[TopicPartition]:
        self.open().create_topics((Topic(self.topic, partitions, HOUR_MS),))
        return [TopicPartition(self.topic, partition) for partition in range(partitions)]

    def producer(self) -> Producer:
        return self._keep(self.open().producer())

    def join(self, member: str, *, group: str = "group") -> Consumer:
        return self._keep(self.open().consumer(group=f"{group}-{self.topic}", topic=self.topic, member=member))

    def close(self, *opened: Broker | Consumer | Producer) -> None:
        """Close these now; without arguments everything, the last opened first."""
        for one in opened or tuple(reversed(self._opened)):
            one.close()
            self._opened = [other for other in self._opened if other is not one]

    def read(self, consumer: Consumer, count: int, *, at_most: int = 1_000) -> list[Record]:
        """Poll for ``at_most`` at a time until ``count`` records have come."""
        found: list[Record] = []

        def read_on() -> bool:
            found.extend(consumer.poll(timeout=0.05, max_records=at_most))
            return len(found) >= count

        wait_until(read_on)
        return found

    def settle(self, *members: Consumer, until: Callable[[], bool]) -> None:
        """Let every member poll without reading until the rebalance is over and ``until`` holds."""

        def poll_all() -> bool:
            for member in members:
                member.poll(timeout=0.02, max_records=0)
            return until()

        wait_until(poll_all)

    def _keep(self, opened: Opened) -> Opened:
        self._opened.append(opened)
        return opened


@dataclass(frozen=True)
class OpenSqlite:
    directory: Path
    session_seconds: float

    def __call__(self) -> Broker:
        return SqliteBroker(self.directory, session_seconds=self.session_seconds)


@dataclass(frozen=True)
class OpenKafka:
    """Short heartbeats and a short sticky time: a test waits neither for a rebalance nor for the next partition."""

    bootstrap: str
    session_seconds: float

    def __call__(self) -> Broker:
        settings = KafkaSettings(
            bootstrap_servers=(self.bootstrap,), session_seconds=self.session_seconds, timeout_seconds=10.0
        )
        return KafkaBroker(settings, heartbeat_seconds=0.1, poll_seconds=self.session_seconds * 2, sticky_seconds=0.002)


# in child processes


def run_child(work: Callable[..., None], *arguments: object) -> BaseProcess:
    child = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    child.start()
    return child


def send_without_end(connect: Callable[[], Broker], topic: str, acknowledged: Connection) -> None:
    """Send for ever; each acknowledged offset goes into the pipe."""
    producer = connect().producer()
    number = 0
    while True:
        record = producer.send(topic, b"value %d" % number)
        acknowledged.send((record.partition, record.offset, record.value))
        number += 1


def send_some(connect: Callable[[], Broker], topic: str, name: str, count: int) -> None:
    broker = connect()
    producer = broker.producer()
    for number in range(count):
        producer.send(topic, f"{name} {number}".encode())
    producer.close()
    broker.close()


def hold_and_commit(connect: Callable[[], Broker], group: str, topic: str, pipe: Connection) -> None:
    """Get the first partition, commit a plan, wait for a word, commit again; both results go into the pipe."""
    partition = TopicPartition(topic, 0)
    broker = connect()
    member = broker.consumer(group=group, topic=topic, member="child")
    while partition not in member.assignment():
        member.poll(timeout=0.02, max_records=0)
    member.commit(partition, Committed(0, "planned"))
    pipe.send("planned")
    pipe.recv()
    try:
        member.commit(partition, Committed(9, "stale"))
    except Fenced:
        pipe.send("fenced")
    else:
        pipe.send("committed")
    member.close()
    broker.close()
