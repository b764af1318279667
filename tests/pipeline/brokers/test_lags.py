"""Up to when everything is counted is asked of the log, not too often, and is not known while the log is away."""

from __future__ import annotations

from pathlib import Path

from pipeline.brokers import Broker
from pipeline.brokers.lags import FRESH_SECONDS, Completeness
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.brokers.topics import topics_of
from pipeline.errors import NoAnswer
from pipeline.events import EVENTS_TOPIC
from pipeline.settings import Settings


def test_everything_is_counted_up_to_the_first_record_that_waits(tmp_path: Path) -> None:
    now = 1_000.0
    broker = SqliteBroker(tmp_path, clock=lambda: now)
    broker.create_topics(topics_of(Settings(data_dir=tmp_path)))
    completeness = Completeness(lambda: broker, clock=lambda: now)
    assert completeness() == 1_000.0
    producer = broker.producer()
    producer.send(EVENTS_TOPIC, b"{}", partition=0)
    producer.close()
    now += 1
    assert completeness() == 1_000.0, "asked a second ago"
    now += FRESH_SECONDS
    assert completeness() == 1_000.0, "a record waits since then"
    broker.close()


def test_it_is_not_known_while_the_log_is_away(tmp_path: Path) -> None:
    now, away = 1_000.0, True

    def open_log() -> Broker:
        if away:
            raise NoAnswer(service="Kafka")
        return broker

    broker = SqliteBroker(tmp_path, clock=lambda: now)
    broker.create_topics(topics_of(Settings(data_dir=tmp_path)))
    completeness = Completeness(open_log, clock=lambda: now)
    assert completeness() is None
    away = False
    assert completeness() is None, "asked just now"
    now += FRESH_SECONDS
    assert completeness() == now
    broker.close()
