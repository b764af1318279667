"""Copies of the log while it is written to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from meanwhile import repeating

from pipeline.brokers import Topic, TopicPartition
from pipeline.brokers.sqlite.broker import GROUPS_FILE, RECORDS_FILE, SqliteBroker
from pipeline.brokers.sqlite.copies import copy_records, copy_whole
from pipeline.errors import Unavailable
from pipeline.events import EVENTS_TOPIC, SALTS_TOPIC

SALT = b"the salt of this day, in thirty-two bytes or more"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[SqliteBroker]:
    broker = SqliteBroker(tmp_path / "log")
    broker.create_topics((Topic(EVENTS_TOPIC, 1, 10**9), Topic(SALTS_TOPIC, 1, 10**9)))
    producer = broker.producer()
    producer.send(SALTS_TOPIC, SALT, partition=0)
    producer.send(EVENTS_TOPIC, b"event 0", partition=0)
    producer.close()
    yield broker
    broker.close()


def test_a_copy_of_the_log_goes_on_where_the_log_was_and_has_no_salt(broker: SqliteBroker, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    copy_records(tmp_path / "log" / RECORDS_FILE, tmp_path / "copy" / RECORDS_FILE, without=[SALTS_TOPIC])

    assert SALT in _bytes_in(tmp_path / "log")
    assert SALT not in _bytes_in(tmp_path / "copy")
    with closing(SqliteBroker(tmp_path / "copy")) as copy, closing(copy.producer()) as producer:
        assert [record.value for record in copy.read(EVENTS_TOPIC)] == [b"event 0"]
        assert copy.read(SALTS_TOPIC) == []
        assert producer.send(EVENTS_TOPIC, b"event 1", partition=0).offset == 1
        assert producer.send(SALTS_TOPIC, b"another", partition=0).offset == 1, "no offset is given twice"


def test_a_copy_is_of_one_moment_while_records_come_in(broker: SqliteBroker, tmp_path: Path) -> None:
    def append() -> None:
        with closing(broker.producer()) as producer:
            producer.send(EVENTS_TOPIC, b"more", partition=0)

    with repeating(append):
        for number in range(5):
            directory = tmp_path / f"copy-{number}"
            directory.mkdir()
            copy_records(tmp_path / "log" / RECORDS_FILE, directory / RECORDS_FILE, without=[SALTS_TOPIC])
            with closing(SqliteBroker(directory)) as copy:
                offsets = [record.offset for record in copy.read(EVENTS_TOPIC)]
                assert offsets == list(range(copy.end_offsets(EVENTS_TOPIC)[TopicPartition(EVENTS_TOPIC, 0)]))


def test_tables_that_a_later_release_adds_are_copied_too(broker: SqliteBroker, tmp_path: Path) -> None:
    source, target = tmp_path / "log" / RECORDS_FILE, tmp_path / "copy.sqlite3"
    with closing(sqlite3.connect(source)) as log, log:
        log.executescript(
            "CREATE TABLE later (what TEXT); INSERT INTO later VALUES ('kept'); CREATE INDEX by_what ON later (what)"
        )

    copy_records(source, target, without=[SALTS_TOPIC])

    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT what FROM later INDEXED BY by_what").fetchall() == [("kept",)]


@pytest.mark.parametrize("name", [RECORDS_FILE, GROUPS_FILE])
def test_a_damaged_file_is_no_backup(broker: SqliteBroker, tmp_path: Path, name: str) -> None:
    broker.close()
    path = tmp_path / "log" / name
    path.write_bytes(b"\xff" * path.stat().st_size)

    with pytest.raises(Unavailable, match=name):
        copy_whole(path, tmp_path / "whole.sqlite3")
    with pytest.raises(Unavailable, match=name):
        copy_records(path, tmp_path / "copy.sqlite3", without=[SALTS_TOPIC])


def _bytes_in(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.iterdir())
