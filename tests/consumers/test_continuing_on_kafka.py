"""A Kafka topic that was made again is not read until a person lets it go on; then nothing is lost or doubled."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

import pytest
from kafka_server import KafkaServer
from patience import wait_until

from consumers.continuing import Continuing
from consumers.runner import Runner
from pipeline.brokers import Topic, TopicPartition
from pipeline.brokers.kafka.broker import KafkaBroker
from pipeline.clickhouse.client import ClickHouse
from pipeline.errors import LogBehind, Unavailable
from pipeline.events import PageView, encode_lines
from pipeline.operating import salvage_kafka, verify
from pipeline.settings import KafkaSettings

HOUR_MS = 3_600_000
NEW = 1_000

View = Callable[[int], PageView]


class Site:
    """A topic and a group of the test's own, and the engine."""

    def __init__(self, broker: KafkaBroker, engine: ClickHouse, view: View, name: str) -> None:
        self.broker = broker
        self.engine = engine
        self.topic = name
        self.group = f"group-{name}"
        self.place = TopicPartition(name, 0)
        self._view = view

    def create(self) -> None:
        self.broker.create_topics((Topic(self.topic, 1, HOUR_MS),))

    def make_again(self) -> None:
        self.broker._ask(lambda admin: admin.delete_topics([self.topic]))
        wait_until(lambda: self.topic not in self.broker._ask(lambda admin: admin.list_topics()))
        self.create()

    def send(self, numbers: Iterable[int]) -> None:
        with closing(self.broker.producer()) as producer:
            for number in numbers:
                line = encode_lines([self._view(number)])
                producer.send(self.topic, line, key=b"%016d" % number, partition=0)

    def consume(self, *, until: int) -> None:
        """Until so many rows are stored, and a little more."""
        consumer = Continuing(
            self.broker.consumer(group=self.group, topic=self.topic, member="a"), self.broker, lambda: self.engine
        )
        runner = Runner(consumer, consumer.write, batch_rows=100, batch_seconds=0.0)

        def stored() -> bool:
            runner.step()
            return len(self.stored()) >= until and all(
                runner.next_offsets.get(place, 0) >= end for place, end in self.broker.end_offsets(self.topic).items()
            )

        try:
            wait_until(stored)
        finally:
            runner.stop()
            runner.run()

    def stored(self) -> list[int]:
        return [row[0] - 1 for row in self.engine.query("SELECT visitor FROM events ORDER BY partition, offset")]

    def behind(self) -> list[salvage_kafka.Behind]:
        return salvage_kafka.find_behind(self.broker, self.engine)

    def let_go_on(self) -> None:
        salvage_kafka.go_on(self.broker, self.engine, self.behind())

    def is_clean(self) -> bool:
        def say_nothing(_done: int, _total: int) -> None: ...

        return verify.verify(self.engine, self.broker, verify.Steps(comparing=say_nothing, summing=say_nothing)).clean


@pytest.fixture
def site(kafka: KafkaServer, engine: ClickHouse, view: View, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    settings = KafkaSettings(bootstrap_servers=(kafka.bootstrap,), session_seconds=6.0, timeout_seconds=10.0)
    with closing(KafkaBroker(settings, heartbeat_seconds=0.1, poll_seconds=12.0)) as broker:
        site = Site(broker, engine, view, f"views-{uuid.uuid4().hex[:8]}")
        for module in (salvage_kafka, verify):
            monkeypatch.setattr(module, "EVENTS_TOPIC", site.topic)
            monkeypatch.setattr(module, "GROUP", site.group)
        site.create()
        yield site


def test_a_topic_that_was_made_again_waits_and_then_goes_on_after_what_is_stored(site: Site) -> None:
    site.send(range(30))
    site.consume(until=30)
    site.make_again()
    site.send(range(NEW, NEW + 5))

    with pytest.raises(LogBehind, match="nhip salvage"):
        site.consume(until=31)
    assert site.stored() == [*range(30)]
    (behind,) = site.behind()
    assert (behind.end, behind.stored, behind.waiting) == (5, 30, 5)

    site.let_go_on()
    assert site.behind() == []
    site.send(range(NEW + 5, NEW + 10))
    site.consume(until=40)
    assert site.stored() == [*range(30), *range(NEW, NEW + 10)]
    assert site.is_clean()


def test_a_group_that_kafka_forgot_counts_nothing_twice(site: Site) -> None:
    site.send(range(20))
    site.consume(until=20)
    site.broker._ask_coordinator(lambda admin: admin.delete_groups([site.group]))
    site.send(range(NEW, NEW + 3))

    with pytest.raises(LogBehind, match="nhip salvage"):
        site.consume(until=21)
    site.let_go_on()
    site.consume(until=23)
    assert site.stored() == [*range(20), *range(NEW, NEW + 3)]
    assert site.is_clean()


def test_nothing_is_moved_while_consumers_run(site: Site) -> None:
    site.send(range(3))
    site.consume(until=3)
    site.make_again()
    with closing(site.broker.consumer(group=site.group, topic=site.topic, member="a")) as consumer:
        wait_until(lambda: [consumer.poll(timeout=0.02, max_records=0)] and bool(consumer.assignment()))
        with pytest.raises(Unavailable, match="stop them first"):
            site.let_go_on()
    assert site.broker.end_offsets(site.topic)[site.place] == 0
