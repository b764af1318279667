"""The topic has every event once it is noted that it has, in order, through crashes and outages of Kafka."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from django.utils import timezone
from kafka_server import KafkaServer
from patience import wait_until
from wagtail.models import Site

from cms.announcing import topic as written
from cms.announcing.models import Event, Told
from cms.announcing.noticing import announce
from cms.announcing.topic import AGAIN_SECONDS, TopicWriter, open_producer
from pipeline.brokers.kafka.broker import KafkaBroker
from pipeline.brokers.protocols import Producer
from pipeline.brokers.topics import SITE_CHANGES
from pipeline.settings import KafkaSettings


@pytest.fixture
def topic(kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """A topic of this test's own, as `nhip migrate` makes it."""
    name = f"site-changes-{uuid.uuid4().hex[:8]}"
    monkeypatch.setenv("NHIP_KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap)
    monkeypatch.setenv("NHIP_KAFKA_TIMEOUT_SECONDS", "5")
    monkeypatch.setattr(written, "SITE_CHANGES_TOPIC", name)
    with closing(broker_of(kafka)) as broker:
        broker.create_topics((SITE_CHANGES._replace(name=name),))
    return name


def broker_of(kafka: KafkaServer) -> KafkaBroker:
    return KafkaBroker(KafkaSettings(bootstrap_servers=(kafka.bootstrap,)))


@pytest.fixture
def writer(topic: str) -> Iterator[TopicWriter]:
    made = TopicWriter(open_producer)
    yield made
    made.close()


def records(kafka: KafkaServer, topic: str) -> list[tuple[str, Any]]:
    with closing(broker_of(kafka)) as broker:
        return [((record.key or b"").decode(), json.loads(record.value)) for record in broker.read(topic)]


def tell(count: int) -> list[int]:
    made = [
        Event.objects.create(
            type="page.published", at=timezone.now(), page_id=number % 3, site_id=1, site_url="", page_type="x",
            path=f"/{number}/", locale="vi",
        )
        for number in range(count)
    ]  # fmt: skip
    return [event.pk for event in made]


def test_events_are_there_in_order_keyed_by_their_page(
    kafka: KafkaServer, topic: str, writer: TopicWriter, site: Site
) -> None:
    while announce():
        pass
    (home,) = Event.objects.all()
    told = [home.pk, *tell(7)]

    writer.step()

    found = records(kafka, topic)
    assert [event["sequence"] for _key, event in found] == told
    assert [key for key, _event in found[1:]] == [f"1/{number % 3}" for number in range(7)]
    assert found[0] == (f"{site.pk}/{home.page_id}", home.as_json())
    assert Told.objects.get().sequence == told[-1]
    writer.step()
    assert len(records(kafka, topic)) == 8, "nothing is sent twice without a reason"


class Killed(BaseException):
    """As SIGKILL: nothing more of the process happens."""


def test_what_was_sent_and_not_noted_comes_again(
    kafka: KafkaServer, topic: str, writer: TopicWriter, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tell(3)

    def die(stack: ExitStack) -> Producer:
        producer = open_producer(stack)

        class Dying:
            def send(self, *arguments: Any, **options: Any) -> Any:
                producer.send(*arguments, **options)
                raise Killed

            def close(self) -> None:
                producer.close()

        return Dying()

    dying = TopicWriter(die)
    with pytest.raises(Killed):
        dying.step()
    dying.close()
    assert Told.objects.get().sequence == 0

    writer.step()

    found = records(kafka, topic)
    assert [event["sequence"] for _key, event in found] == [told[0], *told]
    assert found[0] == found[1], "the same event, under the same id"


def test_while_kafka_is_away_nothing_is_noted_and_then_everything_comes(
    kafka: KafkaServer, topic: str, writer: TopicWriter, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tell(2)
    monkeypatch.setenv("NHIP_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("NHIP_KAFKA_TIMEOUT_SECONDS", "0.5")

    assert writer.step() == AGAIN_SECONDS
    assert Told.objects.get().sequence == 0

    monkeypatch.setenv("NHIP_KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap)
    monkeypatch.setenv("NHIP_KAFKA_TIMEOUT_SECONDS", "5")
    wait_until(lambda: writer.step() != AGAIN_SECONDS)
    assert [event["sequence"] for _key, event in records(kafka, topic)] == told
