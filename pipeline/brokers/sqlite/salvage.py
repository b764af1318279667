"""What can be saved of a damaged log, and a new log made of it, which goes on after the last offset given.

The damaged files stay beside it, in a directory of their own. A record is lost where its bytes are; of the offsets
that have no record any more the new log says that they are skipped.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from pipeline.brokers.plans import read_metadata
from pipeline.brokers.protocols import Committed, Record, Skip, TopicPartition
from pipeline.brokers.sqlite.broker import GROUPS_FILE, RECORDS_FILE, RECORDS_SCHEMA, SKIPPED_OFFSETS
from pipeline.brokers.sqlite.carving import INDEX_LEAF, TABLE_LEAF, carve
from pipeline.brokers.sqlite.database import Database
from pipeline.brokers.sqlite.groups import GROUPS_SCHEMA
from pipeline.errors import Damaged, Unavailable

SAVED_FILE = "records.saved.sqlite3"
NEIGHBOURS = ("-wal", "-shm")

Readable = Callable[[bytes], bool]


@dataclass
class Saved:
    """What a log's files still have. ``ends``: the next offset of each partition; ``sure``: those whose end is certain.

    ``skips``: the log's own, as (topic, partition, first, end, at). ``lost``: offsets that have no record although
    later ones have.
    """

    records: dict[tuple[str, int, int], Record] = field(default_factory=dict)
    topics: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    ends: dict[TopicPartition, int] = field(default_factory=dict)
    sure: set[TopicPartition] = field(default_factory=set)
    skips: list[tuple[str, Skip]] = field(default_factory=list)
    lost: list[tuple[str, Skip]] = field(default_factory=list)


def survey(directory: Path, *, committed: Mapping[TopicPartition, Committed], readable: Readable) -> Saved:
    """Read what can be read; changes nothing. Raises Unavailable if the files can't be read at all.

    ``committed``: what the group committed, as far as anybody knows. A record below it is dropped if its value is not
    ``readable``: it was read when it was whole. One that nobody has read is kept as it is.
    """
    saved = Saved()
    try:
        for kind, row in carve(directory / RECORDS_FILE):
            _take(saved, kind, row, committed, readable)
    except OSError as error:
        raise Unavailable(f"{directory / RECORDS_FILE}: {error.strerror}") from error
    for topic, partition, offset in saved.records:
        place = TopicPartition(topic, partition)
        saved.ends[place] = max(saved.ends.get(place, 0), offset + 1)
    for place, known in committed.items():
        plan = read_metadata(known).plan
        saved.ends[place] = max(saved.ends.get(place, 0), known.offset, plan[1] + 1 if plan else 0)
    saved.lost = _lost(saved, at=int(time.time() * 1000))
    return saved


def salvage(directory: Path, *, committed: Mapping[TopicPartition, Committed], readable: Readable) -> Saved:
    """Make the log anew of what can be read; nobody may use it meanwhile. Raises Unavailable, and changes nothing then.

    Where the file no longer says which offset is next, the log goes on well after the last one that it has.
    """
    saved = survey(directory, committed=committed, readable=readable)
    finished = directory / SAVED_FILE
    aside = finished.with_suffix(".new")
    aside.unlink(missing_ok=True)
    with closing(Database(aside, RECORDS_SCHEMA)) as database:
        _write(database, saved)
        database.checkpoint()
    _keep_copy(directory, RECORDS_FILE)
    aside.replace(finished)  # from here on the next start would finish it
    finish(directory)
    return saved


def finish(directory: Path) -> None:
    """Put a log that was saved into its place, also after a crash in between."""
    saved = directory / SAVED_FILE
    if saved.exists():
        for neighbour in NEIGHBOURS:
            (directory / f"{RECORDS_FILE}{neighbour}").unlink(missing_ok=True)
        saved.replace(directory / RECORDS_FILE)


def is_damaged(directory: Path) -> bool:
    """Whether the log can't even be opened; a damaged record is found when it is read."""
    try:
        with closing(Database(directory / RECORDS_FILE, RECORDS_SCHEMA)) as database:
            for table in ("topics", "partitions", "skips", "unchecked"):
                database.rows(f"SELECT * FROM {table}")
    except Damaged:
        return True
    return False


def read_commits(directory: Path, group: str) -> dict[TopicPartition, Committed]:
    """What ``group`` committed, as far as it can be read."""
    commits: dict[TopicPartition, Committed] = {}
    file = directory / GROUPS_FILE
    for _kind, row in carve(file) if file.exists() else ():
        match row:
            case (str(name), str(topic), int(partition), int(offset), str(metadata)) if name == group:
                commits[TopicPartition(topic, partition)] = Committed(offset, metadata)
    return commits


def mend_groups(directory: Path) -> bool:
    """Set damaged books of the groups aside, and tell whether they were; the stored rows say where to go on."""
    try:
        with closing(Database(directory / GROUPS_FILE, GROUPS_SCHEMA)) as database:
            whole = database.rows("PRAGMA integrity_check") == [("ok",)]
    except Damaged:
        whole = False
    if not whole:
        set_aside(directory, GROUPS_FILE)
    return not whole


def _take(
    saved: Saved, kind: int, row: tuple[object, ...], committed: Mapping[TopicPartition, Committed], readable: Readable
) -> None:
    match row:
        case (str(topic), int(partition), int(offset), int(at), bytes() | None as key, bytes(value)):
            place = TopicPartition(topic, partition)
            known = committed.get(place)
            if kind == TABLE_LEAF and offset >= 0 and (readable(value) or not known or offset >= known.offset):
                saved.records[topic, partition, offset] = Record(topic, partition, offset, at, key, value)
        case (str(topic), int(partitions), int(retention)) if kind == TABLE_LEAF:
            saved.topics[topic] = (topic, partitions, retention)
        case (str(topic), int(partition), int(end)) if kind == INDEX_LEAF:
            saved.ends[TopicPartition(topic, partition)] = end
            saved.sure.add(TopicPartition(topic, partition))
        case (str(topic), int(partition), int(first), int(end), int(at)) if kind == TABLE_LEAF:
            saved.skips.append((topic, Skip(partition, first, end, at)))


def _lost(saved: Saved, *, at: int) -> list[tuple[str, Skip]]:
    """The gaps between the records, and up to the end, that the log did not know of."""
    lost = []
    for place, end in saved.ends.items():
        skipped = [skip for topic, skip in saved.skips if (topic, skip.partition) == place]
        offsets = sorted(offset for *where, offset in saved.records if tuple(where) == place)
        for before, after in zip(offsets, [*offsets[1:], end], strict=True):
            gap = Skip(place.partition, before + 1, after, at)
            if gap.first < gap.end and not any(one.first <= gap.first and gap.end <= one.end for one in skipped):
                lost.append((place.topic, gap))
    return lost


def _write(database: Database, saved: Saved) -> None:
    with database.transaction() as sql:
        sql.executemany("INSERT INTO topics VALUES (?, ?, ?)", saved.topics.values())
        for place, end in saved.ends.items():
            unsure = 0 if place in saved.sure else SKIPPED_OFFSETS
            sql.execute("INSERT INTO partitions VALUES (?, ?, ?)", (*place, end + unsure))
            if unsure:
                saved.lost.append((place.topic, Skip(place.partition, end, end + unsure, int(time.time() * 1000))))
        sql.executemany(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)",
            [(one.topic, one.partition, one.offset, one.at, one.key, one.value) for one in saved.records.values()],
        )
        sql.executemany(
            "INSERT INTO skips VALUES (?, ?, ?, ?, ?)",
            [(topic, *msgspec.structs.astuple(skip)) for topic, skip in [*saved.skips, *saved.lost]],
        )


def set_aside(directory: Path, name: str) -> Path:
    """Move the files of a damaged database into a directory of their own, for people to look at; returns it."""
    aside = directory / time.strftime(f"damaged-%Y%m%d-%H%M%S-{name.partition('.')[0]}")
    aside.mkdir(exist_ok=True)
    for file in _files_of(directory, name):
        file.replace(aside / file.name)
    return aside


def _keep_copy(directory: Path, name: str) -> None:
    """The same, and leave them where they are."""
    aside = directory / time.strftime(f"damaged-%Y%m%d-%H%M%S-{name.partition('.')[0]}")
    aside.mkdir(exist_ok=True)
    for file in _files_of(directory, name):
        (aside / file.name).write_bytes(file.read_bytes())


def _files_of(directory: Path, name: str) -> list[Path]:
    names = (name, *(f"{name}{neighbour}" for neighbour in NEIGHBOURS))
    return [directory / one for one in names if (directory / one).exists()]
