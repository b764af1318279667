"""A log whose disk takes nothing stores nothing, says so, and goes on by itself when there is room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from clock import Clock
from patience import PATIENCE, wait_until
from small_disk import fill, make_room, remount, small_disk
from unsure_log import UnsureLog

from pipeline.brokers import Topic
from pipeline.brokers.direct import TRY_SECONDS, DirectLog
from pipeline.brokers.spool.producer import SpoolingProducer
from pipeline.brokers.spool.store import Spool
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.errors import NotStored, SpoolFull, Unavailable
from pipeline.events import EVENTS_TOPIC
from pipeline.process.words import say

VIEW = b"v" * 3_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", megabytes=4) as disk:
        yield disk


@pytest.fixture
def broker(disk: Path) -> Iterator[SqliteBroker]:
    with closing(SqliteBroker(disk / "log")) as broker:
        broker.create_topics((Topic(EVENTS_TOPIC, 1, 60_000),))
        yield broker


@pytest.fixture
def clock() -> Clock:
    return Clock(0.0)


@pytest.fixture
def log(broker: SqliteBroker, clock: Clock) -> Iterator[DirectLog]:
    direct = DirectLog(broker.producer(), check=lambda: None, try_write=broker.try_write, timer=lambda: clock.now)
    with closing(direct) as log:
        yield log


def refuse_until_full(disk: Path, log: DirectLog) -> None:
    """Fill the disk, and append until the room inside the log's own files is taken too."""
    fill(disk)
    while (error := log.append(EVENTS_TOPIC, VIEW).exception(PATIENCE)) is None:
        pass
    assert isinstance(error, NotStored)


def test_a_record_that_a_full_disk_refuses_is_surely_not_stored(
    disk: Path, broker: SqliteBroker, log: DirectLog
) -> None:
    refuse_until_full(disk, log)
    kept = len(broker.read(EVENTS_TOPIC))
    for _ in range(20):
        with pytest.raises(NotStored):
            log.append(EVENTS_TOPIC, VIEW).result(PATIENCE)
    assert len(broker.read(EVENTS_TOPIC)) == kept

    make_room(disk)
    log.append(EVENTS_TOPIC, VIEW).result(PATIENCE)
    assert [record.offset for record in broker.read(EVENTS_TOPIC)] == list(range(kept + 1))


def test_readiness_follows_the_last_append(disk: Path, log: DirectLog) -> None:
    assert log.check() is None
    refuse_until_full(disk, log)
    assert "full" in (log.check() or "")
    make_room(disk)
    log.append(EVENTS_TOPIC, VIEW).result(PATIENCE)
    assert log.check() is None


def test_readiness_tries_a_write_where_no_view_comes(disk: Path, log: DirectLog, clock: Clock) -> None:
    fill(disk)

    def state() -> str | None:
        clock.now += TRY_SECONDS
        return log.check()

    wait_until(lambda: state() is not None, seconds=PATIENCE)
    make_room(disk)
    wait_until(lambda: state() is None, seconds=PATIENCE)


def test_a_disk_that_does_not_answer_is_a_fault(clock: Clock, broker: SqliteBroker) -> None:
    class Hanging:
        def send(self, *_what: object, **_where: object) -> None:
            clock.now += 60
            states.append(log.check())

        def close(self) -> None: ...

    states: list[str | None] = []
    log = DirectLog(Hanging(), check=lambda: None, timer=lambda: clock.now)  # type: ignore[arg-type]  # hangs, no more
    log.append(EVENTS_TOPIC, VIEW).result(PATIENCE)
    assert states == ["its disk has not answered for 60 s"]
    log.close()


def test_the_spool_of_a_full_disk_refuses_and_is_unready_until_there_is_room(disk: Path, clock: Clock) -> None:
    kafka = UnsureLog(lambda: clock.now)
    kafka.reachable = False
    with closing(
        SpoolingProducer(
            kafka,
            kafka,
            Spool(disk / "spool", limit_bytes=1 << 30),
            timeout_seconds=1,
            clock=lambda: clock.now,
            timer=lambda: clock.now,
        )
    ) as log:
        fill(disk)
        for _ in range(4_000):
            append = log.append(EVENTS_TOPIC, VIEW)
            log.store()
            if append.exception(PATIENCE):
                break
        assert isinstance(append.exception(), SpoolFull)
        assert "can't be written" in (log.check() or "")
        make_room(disk)
        log.store()  # as its thread does, several times a second
        assert "can't be written" not in (log.check() or "")
        append = log.append(EVENTS_TOPIC, VIEW)
        log.store()
        assert append.exception(PATIENCE) is None


@pytest.mark.parametrize("open_log", [SqliteBroker, lambda directory: Spool(directory, limit_bytes=1)])
def test_a_read_only_disk_is_said_in_words(disk: Path, open_log: type[SqliteBroker]) -> None:
    open_log(disk / "there").close()
    remount(disk, "ro")
    with pytest.raises(Unavailable) as refusal:
        open_log(disk / "there").try_write()
    assert "không ghi được" in say(refusal.value)
    assert "df -h" in say(refusal.value)
