from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from clock import Clock

from pipeline.brokers import Producer, Record
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.brokers.topics import TOPICS
from pipeline.collecting.salts import AHEAD_SECONDS, Salt, SaltBook, first_salts
from pipeline.events import SALTS_TOPIC

NOON = datetime(2026, 9, 28, 5, 0, tzinfo=UTC).timestamp()
MIDNIGHT = datetime(2026, 9, 28, 17, 0, tzinfo=UTC).timestamp()
TODAY = date(2026, 9, 28)
DAY = 86_400.0


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def broker(tmp_path: Path, clock: Clock) -> Iterator[SqliteBroker]:
    broker = SqliteBroker(tmp_path, clock=clock)
    broker.create_topics(TOPICS)
    yield broker
    broker.close()


@pytest.fixture
def producer(broker: SqliteBroker) -> Iterator[Producer]:
    producer = broker.producer()
    yield producer
    producer.close()


def encode(day: date, salt: bytes) -> bytes:
    return msgspec.json.encode(Salt(day, salt))


def test_there_is_no_salt_before_one_was_agreed_on(broker: SqliteBroker, producer: Producer) -> None:
    assert SaltBook(broker, producer).salt_for(NOON) is None


def test_two_collectors_agree_whoever_comes_first(broker: SqliteBroker, producer: Producer) -> None:
    one, other = SaltBook(broker, producer), SaltBook(broker, producer)
    one.keep(NOON)
    other.keep(NOON)
    assert one.salt_for(NOON) == other.salt_for(NOON) is not None
    assert len(broker.read(SALTS_TOPIC)) == 1


def test_the_first_record_of_a_date_wins_when_both_wrote_one(broker: SqliteBroker, producer: Producer) -> None:
    class SlowBroker(SqliteBroker):
        """Another collector writes right after the first read, as in a race."""

        raced = False

        def read(self, topic: str) -> list[Record]:
            known = broker.read(topic)
            if not self.raced:
                self.raced = True
                producer.send(SALTS_TOPIC, encode(TODAY, b"f" * 32), partition=0)
            return known

    slow = SlowBroker(broker._directory)
    book = SaltBook(slow, producer)
    book.keep(NOON)
    slow.close()
    assert len(broker.read(SALTS_TOPIC)) == 2
    assert book.salt_for(NOON) == b"f" * 32


def test_a_salt_is_random_and_holds_for_its_whole_day(broker: SqliteBroker, producer: Producer) -> None:
    book = SaltBook(broker, producer)
    book.keep(NOON)
    today = book.salt_for(NOON)
    assert today is not None
    assert len(today) == 32
    assert book.salt_for(MIDNIGHT - DAY) == book.salt_for(MIDNIGHT - 0.001) == today
    book.keep(MIDNIGHT)
    assert book.salt_for(MIDNIGHT) not in (None, today)


def test_tomorrows_salt_is_there_an_hour_ahead(broker: SqliteBroker, producer: Producer) -> None:
    book = SaltBook(broker, producer)
    book.keep(MIDNIGHT - AHEAD_SECONDS - 1)
    assert book.salt_for(MIDNIGHT) is None
    book.keep(MIDNIGHT - AHEAD_SECONDS)
    assert book.salt_for(MIDNIGHT) is not None


def test_yesterdays_salt_is_forgotten(broker: SqliteBroker, producer: Producer) -> None:
    book = SaltBook(broker, producer)
    book.keep(NOON)
    book.keep(NOON + DAY)
    assert book.salt_for(NOON) is None
    assert book.salt_for(NOON + DAY) is not None


def test_an_old_salt_is_gone_from_the_log_for_good(
    broker: SqliteBroker, producer: Producer, clock: Clock, tmp_path: Path
) -> None:
    book = SaltBook(broker, producer)
    book.keep(NOON)
    salt = book.salt_for(NOON)
    assert salt is not None
    written = msgspec.json.encode(salt).strip(b'"')
    assert written in everything_in(tmp_path)

    clock.now = NOON + 2 * DAY + 1
    book.keep(clock.now)
    broker.enforce_retention()
    assert written not in everything_in(tmp_path)
    assert set(first_salts(broker.read(SALTS_TOPIC))) == {TODAY + timedelta(days=2)}


def everything_in(directory: Path) -> bytes:
    """The bytes of every file, the database's and its journal's, while they are in use."""
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param(b"\xff", id="binary"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[" * 100_000, id="nested without end"),
        pytest.param(b'{"day":"2026-09-28"}', id="no salt"),
        pytest.param(b'{"day":"28/9","salt":"AAAA"}', id="no date"),
        pytest.param(encode(TODAY, b""), id="empty salt"),
        pytest.param(encode(TODAY, b"s" * 16), id="short salt"),
        pytest.param(encode(TODAY, b"s" * 65), id="a salt no hash can take"),
    ],
)
def test_records_that_are_no_salt_are_skipped(broker: SqliteBroker, producer: Producer, junk: bytes) -> None:
    producer.send(SALTS_TOPIC, junk, partition=0)
    producer.send(SALTS_TOPIC, encode(TODAY, b"g" * 32), partition=0)
    producer.send(SALTS_TOPIC, encode(TODAY, b"l" * 32), partition=0)
    book = SaltBook(broker, producer)
    book.keep(NOON)
    assert book.salt_for(NOON) == b"g" * 32
