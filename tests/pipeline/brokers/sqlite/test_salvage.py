"""A damaged log: what is whole is saved, what is lost is named, and offsets go on."""

from __future__ import annotations

import json
import random
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest

from pipeline.brokers import Committed, Record, Topic, TopicPartition
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.brokers.sqlite.database import Database
from pipeline.brokers.sqlite.salvage import finish, is_damaged, mend_groups, read_commits, salvage, survey
from pipeline.errors import Unavailable

TOPIC = "views"
PLACE = TopicPartition(TOPIC, 0)
KILOBYTE = 1_024
RECORDS = 600
FEW = 40  # records on the page that a kilobyte is on, and on the next, if it reaches over


def readable(value: bytes) -> bool:
    try:
        return all(isinstance(json.loads(line), dict) for line in value.splitlines())
    except ValueError:
        return False


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with records of many sizes, the last of which are in the WAL alone; a group has read all of them."""
    directory = tmp_path_factory.mktemp("whole") / "log"
    sizes = random.Random(1)
    broker = SqliteBroker(directory)
    broker.create_topics((Topic(TOPIC, 1, 1_000),))
    producer = broker.producer()
    for number in range(RECORDS):
        line = json.dumps({"number": number, "path": "/" + "x" * sizes.choice((10, 200, 300, 9_000))})
        producer.send(TOPIC, f"{line}\n".encode(), key=b"k" if number % 2 else None)
        if number == RECORDS // 2:
            with closing(Database(directory / "records.sqlite3", "")) as records:
                records.checkpoint()
    consumer = broker.consumer(group="readers", topic=TOPIC, member="a")
    consumer.poll(timeout=0, max_records=0)
    consumer.commit(PLACE, Committed(RECORDS))
    copy = directory.with_name("copy")
    copytree(directory, copy)  # while it is open, so with its WAL, as a kill would leave it
    for open_one in (consumer, producer, broker):
        open_one.close()
    return copy


@pytest.fixture
def log(whole: Path, tmp_path: Path) -> Path:
    return Path(copytree(whole, tmp_path / "log"))


def records_of(directory: Path) -> dict[int, Record]:
    with closing(SqliteBroker(directory)) as broker:
        return {record.offset: record for record in broker.read(TOPIC)}


def save(log: Path) -> dict[int, Record]:
    salvage(log, committed=read_commits(log, "readers"), readable=readable)
    return records_of(log)


def damage(file: Path, at: int, *, seed: int = 0) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(random.Random(seed).randbytes(KILOBYTE))


def test_everything_is_saved_of_a_whole_log_its_wal_included(log: Path, whole: Path) -> None:
    copy = Path(copytree(whole, log.with_name("read")))
    assert save(log) == records_of(copy)
    with closing(SqliteBroker(log)) as broker:
        assert broker.end_offsets(TOPIC)[PLACE] == RECORDS
        assert broker.skips(TOPIC) == []


@pytest.mark.parametrize("seed", range(12))
def test_a_lost_kilobyte_costs_the_records_on_its_page_and_no_other(log: Path, whole: Path, seed: int) -> None:
    file = log / "records.sqlite3"
    original = records_of(Path(copytree(whole, log.with_name("read"))))
    damage(file, random.Random(seed).randrange(0, file.stat().st_size - KILOBYTE), seed=seed)

    saved = save(log)

    assert len(saved) >= RECORDS - FEW
    assert {offset: saved[offset] for offset in saved} == {offset: original[offset] for offset in saved}
    with closing(SqliteBroker(log)) as broker:
        assert broker.end_offsets(TOPIC)[PLACE] >= RECORDS
        skipped = {offset for skip in broker.skips(TOPIC) for offset in range(skip.first, skip.end)}
        assert original.keys() - saved.keys() <= skipped, "what is lost is said"
        assert not saved.keys() & skipped
        with closing(broker.producer()) as producer:
            assert producer.send(TOPIC, b"{}\n").offset >= RECORDS


@pytest.mark.parametrize("page", [0, 1, 2, 3], ids=["schema", "topics", "topics by name", "partitions"])
def test_a_log_that_can_not_be_opened_is_saved_too(log: Path, page: int) -> None:
    damage(log / "records.sqlite3", page * 4_096)
    assert len(save(log)) == RECORDS
    assert not is_damaged(log)


def test_a_log_that_lost_its_first_page_is_damaged(log: Path) -> None:
    assert not is_damaged(log)
    for neighbour in log.glob("records.sqlite3-*"):
        neighbour.unlink()
    damage(log / "records.sqlite3", 0)
    assert is_damaged(log)


def test_the_damaged_files_are_kept(log: Path) -> None:
    before = (log / "records.sqlite3").read_bytes()
    save(log)
    (kept,) = log.glob("damaged-*/records.sqlite3")
    assert kept.read_bytes() == before


def test_a_survey_changes_nothing(log: Path) -> None:
    damage(log / "records.sqlite3", 40_000)
    before = {file.name: file.read_bytes() for file in log.iterdir()}
    saved = survey(log, committed=read_commits(log, "readers"), readable=readable)
    assert len(saved.records) > RECORDS - FEW
    assert {file.name: file.read_bytes() for file in log.iterdir()} == before


def test_a_record_that_nobody_has_read_is_kept_although_it_is_no_event(log: Path) -> None:
    """The consumers set it aside, where people see it."""
    with closing(SqliteBroker(log)) as broker, closing(broker.producer()) as producer:
        offset = producer.send(TOPIC, b"poison\n").offset
    assert save(log)[offset].value == b"poison\n"


def test_a_crash_before_the_end_is_finished_at_the_next_start(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.brokers.sqlite.salvage.finish", lambda _directory: None)
        salvage(log, committed={}, readable=readable)
    finish(log)
    assert len(records_of(log)) == RECORDS
    finish(log)


def test_no_log_is_no_damaged_log(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        survey(tmp_path, committed={}, readable=readable)


@pytest.mark.parametrize("at", [0, 4_096, 8_192])
def test_damaged_books_of_the_groups_are_set_aside(log: Path, at: int) -> None:
    assert not mend_groups(log)
    for neighbour in log.glob("groups.sqlite3-*"):
        neighbour.unlink()
    damage(log / "groups.sqlite3", at)
    assert mend_groups(log)
    with closing(SqliteBroker(log)) as broker:
        assert broker.committed("readers", TOPIC) == {}
