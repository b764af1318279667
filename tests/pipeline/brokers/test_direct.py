from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import PATIENCE

from pipeline.brokers import Broker, DurableLog
from pipeline.brokers.opening import open_broker, open_durable_log
from pipeline.errors import Unavailable
from pipeline.events import EVENTS_TOPIC
from pipeline.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def broker(settings: Settings) -> Iterator[Broker]:
    broker = open_broker(settings)
    yield broker
    broker.close()


@pytest.fixture
def log(settings: Settings, broker: Broker) -> Iterator[DurableLog]:
    with open_durable_log(settings, broker) as log:
        yield log


def test_an_append_is_over_when_the_broker_has_the_record(broker: Broker, log: DurableLog) -> None:
    log.append(EVENTS_TOPIC, b"1").result(PATIENCE)
    assert [record.value for record in broker.read(EVENTS_TOPIC)] == [b"1"]


def test_appends_keep_their_order(broker: Broker, log: DurableLog) -> None:
    values = [b"%d" % number for number in range(20)]
    for append in [log.append(EVENTS_TOPIC, value) for value in values]:
        append.result(PATIENCE)
    assert [record.value for record in broker.read(EVENTS_TOPIC)] == values


def test_an_append_fails_as_the_broker_does(log: DurableLog) -> None:
    with pytest.raises(Unavailable, match="no topic"):
        log.append("unknown", b"1").result(PATIENCE)


def test_it_is_ready_while_the_broker_answers(broker: Broker, log: DurableLog) -> None:
    assert (log.check(), log.check_alive()) == (None, None)
    broker.close()
    assert isinstance(log.check(), str)
    assert log.check_alive() is None
