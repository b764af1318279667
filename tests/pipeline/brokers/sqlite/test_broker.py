"""What the embedded log does beyond the contract: retention, erasing, fsync, and many that open it at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from clock import Clock
from patience import PATIENCE

from pipeline.brokers import Committed, Consumer, Topic, TopicPartition
from pipeline.brokers.sqlite import broker as broker_module
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.brokers.sqlite.database import Database
from pipeline.errors import Fenced, Unavailable

TOPIC = Topic("views", partitions=2, retention_ms=60_000)
FIRST, SECOND = (TopicPartition("views", partition) for partition in range(2))


@pytest.fixture
def clock() -> Clock:
    return Clock(1_000_000.0)


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator[SqliteBroker]:
    log = SqliteBroker(tmp_path / "log", clock=clock, session_seconds=30)
    log.create_topics((TOPIC,))
    yield log
    log.close()


def send(log: SqliteBroker, *values: bytes, partition: int = 0) -> None:
    producer = log.producer()
    for value in values:
        producer.send("views", value, partition=partition)
    producer.close()


def join(log: SqliteBroker, member: str = "a", *, group: str = "group") -> Consumer:
    consumer = log.consumer(group=group, topic="views", member=member)
    consumer.poll(timeout=0, max_records=0)
    return consumer


def kept(log: SqliteBroker) -> list[bytes]:
    return [record.value for record in log.read("views")]


def test_a_consumer_that_waits_is_told_of_what_its_own_process_appends(
    log: SqliteBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left to look by itself, it would look after a test's patience has ended."""
    monkeypatch.setattr(broker_module, "POLL_SECONDS", 2 * PATIENCE)
    consumer = join(log)
    with ThreadPoolExecutor() as threads:
        polled = threads.submit(consumer.poll, timeout=2 * PATIENCE, max_records=10)
        time.sleep(0.05)  # most likely it waits by then; the record is found in any case
        send(log, b"0")
        assert [record.value for record in polled.result(PATIENCE)] == [b"0"]
    consumer.close()


# retention


def test_old_records_that_every_group_has_read_are_deleted(log: SqliteBroker, clock: Clock) -> None:
    send(log, b"0", b"1", b"2")
    consumers = [join(log, group=group) for group in ("one", "other")]
    consumers[0].commit(FIRST, Committed(3))
    consumers[1].commit(FIRST, Committed(1))
    clock.now += 61
    log.enforce_retention()
    assert kept(log) == [b"1", b"2"]
    consumers[1].poll(timeout=0, max_records=0)
    consumers[1].commit(FIRST, Committed(2))
    log.enforce_retention()
    assert kept(log) == [b"2"]
    for consumer in consumers:
        consumer.close()


def test_young_records_stay_although_they_were_read(log: SqliteBroker, clock: Clock) -> None:
    send(log, b"0")
    consumer = join(log)
    consumer.commit(FIRST, Committed(1))
    clock.now += 59
    log.enforce_retention()
    assert kept(log) == [b"0"]
    consumer.close()


def test_records_are_unread_for_a_group_that_has_joined_and_never_committed(log: SqliteBroker, clock: Clock) -> None:
    """An engine that is away from the first day on must not cost the views of the eighth."""
    send(log, b"0")
    send(log, b"1", partition=1)
    consumer = join(log)
    consumer.commit(FIRST, Committed(1))
    consumer.close()
    clock.now += 10**6
    log.enforce_retention()
    assert kept(log) == [b"1"]


def test_a_topic_without_a_group_goes_by_age_alone(log: SqliteBroker, clock: Clock) -> None:
    send(log, b"0")
    clock.now += 61
    send(log, b"1")
    log.enforce_retention()
    assert kept(log) == [b"1"]


def test_offsets_go_on_after_everything_was_deleted(log: SqliteBroker, clock: Clock) -> None:
    send(log, b"0", b"1")
    clock.now += 61
    log.enforce_retention()
    assert log.end_offsets("views")[FIRST] == 2
    send(log, b"2")
    assert [record.offset for record in log.read("views")] == [2]


@pytest.mark.parametrize("close_first", [False, True], ids=["while in use", "after closing"])
def test_deleted_records_are_in_no_file(log: SqliteBroker, clock: Clock, tmp_path: Path, close_first: bool) -> None:
    secrets = [b"secret-%02d-" % number + bytes(range(200)) for number in range(40)]
    send(log, *secrets)
    clock.now += 61
    send(log, b"young")
    log.enforce_retention()
    if close_first:
        log.close()
    files = {path.name: path.read_bytes() for path in (tmp_path / "log").iterdir()}
    assert [name for name, content in files.items() if b"secret-" in content] == []
    assert any(b"young" in content for content in files.values())


# the files


def test_every_commit_is_an_fsync_and_deleted_bytes_are_overwritten(tmp_path: Path) -> None:
    database = Database(tmp_path / "db", "CREATE TABLE t (a)")
    found = {name: database.rows(f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous", "secure_delete")}
    database.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


def test_many_processes_may_open_a_new_log_at_once(tmp_path: Path) -> None:
    def open_and_send(directory: Path) -> None:
        log = SqliteBroker(directory)
        log.create_topics((TOPIC,))
        send(log, b"x")
        log.close()

    for round_ in range(5):
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(open_and_send, [tmp_path / str(round_)] * 8))
        log = SqliteBroker(tmp_path / str(round_))
        assert kept(log) == [b"x"] * 8
        log.close()


def test_a_transaction_that_raises_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "db", "CREATE TABLE t (a)")

    def insert(*statements: str) -> None:
        with database.transaction() as sql:
            for statement in statements:
                sql.execute(statement)

    with pytest.raises(Unavailable, match="nowhere"):
        insert("INSERT INTO t VALUES (1)", "INSERT INTO nowhere VALUES (1)")
    insert("INSERT INTO t VALUES (2)")
    assert database.rows("SELECT a FROM t") == [(2,)]
    database.close()


# faults


def test_a_topic_that_was_never_made_is_unavailable(log: SqliteBroker) -> None:
    producer = log.producer()
    with pytest.raises(Unavailable, match="no topic other"):
        producer.send("other", b"")
    with pytest.raises(Unavailable, match="no partition 9"):
        producer.send("views", b"", partition=9)
    producer.close()
    assert kept(log) == []


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "records.sqlite3").write_bytes(b"no database" * 1000)
    with pytest.raises(Unavailable, match=r"records\.sqlite3"):
        SqliteBroker(tmp_path)


def test_a_closed_log_is_unavailable(log: SqliteBroker) -> None:
    producer = log.producer()
    producer.close()
    with pytest.raises(Unavailable):
        producer.send("views", b"", partition=0)


# sessions on a clock of our own


def test_a_member_silent_past_its_session_is_fenced_and_joins_again(log: SqliteBroker, clock: Clock) -> None:
    frozen = join(log, "a")
    held = dict(frozen.assignment())
    assert set(held) == {FIRST, SECOND}
    clock.now += 31
    other = join(log, "b")
    assert set(other.assignment()) == {FIRST, SECOND}
    with pytest.raises(Fenced):
        frozen.commit(FIRST, Committed(1))

    frozen.poll(timeout=0, max_records=0)
    other.poll(timeout=0, max_records=0)
    shares = [set(frozen.assignment()), set(other.assignment())]
    assert sorted(map(len, shares)) == [1, 1]
    assert all(frozen.assignment()[partition] != held[partition] for partition in frozen.assignment())
    for consumer in (frozen, other):
        consumer.close()


def test_a_member_that_polls_keeps_its_partitions(log: SqliteBroker, clock: Clock) -> None:
    consumer = join(log, "a")
    held = dict(consumer.assignment())
    for _ in range(20):
        clock.now += 11
        consumer.poll(timeout=0, max_records=0)
        rival = join(log, "a-rival", group="elsewhere")
        rival.close()
    assert consumer.assignment() == held
    consumer.commit(FIRST, Committed(0))
    consumer.close()


def test_a_stale_member_that_leaves_does_not_push_its_successor_out(log: SqliteBroker) -> None:
    former, newer = join(log, "a"), join(log, "a")
    held = dict(newer.assignment())
    former.close()
    newer.poll(timeout=0, max_records=0)
    assert newer.assignment() == held
    newer.commit(FIRST, Committed(0))
    newer.close()
