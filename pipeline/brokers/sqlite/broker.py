"""The embedded log: two SQLite files that any number of threads and processes share.

``records.sqlite3`` holds what producers append and ``groups.sqlite3`` what consumers commit, so that neither waits for
the other's fsync.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from zlib import crc32

import msgspec

from pipeline.brokers.protocols import Committed, IsStored, Record, Skip, Topic, TopicPartition
from pipeline.brokers.sqlite.database import TRIALS_SCHEMA, Database
from pipeline.brokers.sqlite.groups import GROUPS_SCHEMA, NO_SHARE, Membership, Share, first_unread
from pipeline.brokers.topics import FILLER
from pipeline.errors import Fenced, Unavailable

POLL_SECONDS = 0.1  # from one look for what other processes have appended to the next; this one's own is told of
GATHER_SECONDS = 0.02  # for more to come after the first, so that many views take few looks
SESSION_SECONDS = 30.0
SCAN_RECORDS = 500
RECORDS_FILE = "records.sqlite3"
GROUPS_FILE = "groups.sqlite3"
# More than a batch has: a plan that was lost with the log may have tried to insert as many, under its token.
SKIPPED_OFFSETS = 100_000

RECORDS_SCHEMA = f"""{TRIALS_SCHEMA}
CREATE TABLE IF NOT EXISTS topics (name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, retention_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS partitions (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, "offset" INTEGER NOT NULL,
    at INTEGER NOT NULL, key BLOB, value BLOB NOT NULL,
    UNIQUE (topic, partition, "offset")
);
-- Since which offset the records were not compared yet with what is stored of them; in a copy of this file they may
-- have been compared, and stored, after it was made.
CREATE TABLE IF NOT EXISTS unchecked (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, "offset" INTEGER NOT NULL, PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS skips (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, first INTEGER NOT NULL, "end" INTEGER NOT NULL, at INTEGER NOT NULL
);
"""


class SqliteBroker:
    """The log in one directory; ``clock`` gives Unix seconds."""

    def __init__(
        self,
        directory: Path,
        *,
        clock: Callable[[], float] = time.time,
        session_seconds: float = SESSION_SECONDS,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._clock = clock
        self._session_seconds = session_seconds
        self._appended = Appended()
        self._database = self._open_records()
        self._open_groups().close()

    def create_topics(self, topics: tuple[Topic, ...]) -> None:
        with self._database.transaction() as sql:
            for topic in topics:
                row = (topic.name, topic.partitions, topic.retention_ms)
                sql.execute("INSERT OR IGNORE INTO topics VALUES (?, ?, ?)", row)
                sql.executemany(
                    "INSERT OR IGNORE INTO partitions (topic, partition) VALUES (?, ?)",
                    [(topic.name, partition) for partition in range(topic.partitions)],
                )

    def producer(self) -> "SqliteProducer":
        return SqliteProducer(self._open_records(), clock=self._clock, appended=self._appended)

    def consumer(self, *, group: str, topic: str, member: str) -> "SqliteConsumer":
        membership = Membership(
            self._open_groups(),
            group=group,
            topic=topic,
            member=member,
            session_seconds=self._session_seconds,
            clock=self._clock,
        )
        return SqliteConsumer(self._open_records(), membership, topic=topic, appended=self._appended)

    def read(self, topic: str) -> list[Record]:
        return _records(self._database, 'topic = ? ORDER BY partition, "offset"', (topic,))

    def scan(self, partition: TopicPartition, *, first: int, end: int) -> Iterator[Record]:
        while first < end:
            records = _records(
                self._database,
                'topic = ? AND partition = ? AND "offset" >= ? AND "offset" < ? ORDER BY "offset" LIMIT ?',
                (*partition, first, end, SCAN_RECORDS),
            )
            if not records:
                return
            yield from records
            first = records[-1].offset + 1

    def begin_offsets(self, topic: str) -> Mapping[TopicPartition, int]:
        return self.offsets_since(topic, 0)

    def end_offsets(self, topic: str) -> Mapping[TopicPartition, int]:
        rows = self._database.rows("SELECT partition, next_offset FROM partitions WHERE topic = ?", (topic,))
        return {TopicPartition(topic, partition): offset for partition, offset in rows}

    def offsets_since(self, topic: str, at: int) -> Mapping[TopicPartition, int]:
        rows = self._database.rows(
            'SELECT partition, coalesce((SELECT min("offset") FROM records WHERE records.topic = partitions.topic'
            " AND records.partition = partitions.partition AND at >= ?), next_offset) FROM partitions WHERE topic = ?",
            (at, topic),
        )
        return {TopicPartition(topic, partition): offset for partition, offset in rows}

    def committed(self, group: str, topic: str) -> Mapping[TopicPartition, Committed]:
        groups = self._open_groups()
        rows = groups.rows(
            'SELECT partition, "offset", metadata FROM commits WHERE name = ? AND topic = ?', (group, topic)
        )
        groups.close()
        return {TopicPartition(topic, partition): Committed(*committed) for partition, *committed in rows}

    def members(self, group: str) -> int:
        groups = self._open_groups()
        ((count,),) = groups.rows(
            "SELECT count(*) FROM members WHERE name = ? AND silent_at >= ?", (group, self._clock())
        )
        groups.close()
        return int(count)

    def enforce_retention(self) -> None:
        """Delete records past their topic's retention, except those that a group of the topic has yet to read."""
        records = self._open_records()  # a connection of its own, so that questions for offsets do not wait
        places = records.rows(
            "SELECT topic, partition, next_offset, retention_ms FROM partitions JOIN topics ON name = topic"
        )
        groups = self._open_groups()
        unread = [first_unread(groups, TopicPartition(topic, partition)) for topic, partition, _end, _ms in places]
        groups.close()
        now = int(self._clock() * 1000)
        with records.transaction() as sql:
            for (topic, partition, end, retention_ms), first in zip(places, unread, strict=True):
                sql.execute(
                    'DELETE FROM records WHERE topic = ? AND partition = ? AND "offset" < ? AND at < ?',
                    (topic, partition, end if first is None else first, now - retention_ms),
                )
        records.checkpoint()
        records.close()

    def start_appending(self) -> None:
        with self._database.transaction() as sql:
            sql.execute("INSERT OR IGNORE INTO unchecked SELECT topic, partition, next_offset FROM partitions")

    def go_on_past(
        self,
        partition: TopicPartition,
        offset: int,
        *,
        is_stored: IsStored,
        fresh: bool,  # noqa: ARG002 - of Kafka
    ) -> Skip | None:
        """Also moves the records that were appended since the start, before anybody could compare the offsets."""
        at = int(self._clock() * 1000)
        with closing(self._open_records()) as records:
            new = _first_new(records, partition, is_stored) if offset else 0
            with records.transaction() as sql:
                sql.execute("DELETE FROM unchecked WHERE topic = ? AND partition = ?", partition)
                skipped = _go_on_past(sql, partition, offset, new=new, at=at)
            records.checkpoint()  # a WAL that is lost now does not bring back what is compared
        return skipped

    def skips(self, topic: str) -> list[Skip]:
        rows = self._database.rows(
            'SELECT partition, first, "end", at FROM skips WHERE topic = ? ORDER BY partition, first', (topic,)
        )
        return [Skip(*row) for row in rows]

    def try_write(self) -> None:
        with closing(self._open_records()) as records:  # so that questions for offsets do not wait
            records.try_write()

    def close(self) -> None:
        self._database.close()

    def _inode(self) -> int:
        return (self._directory / RECORDS_FILE).stat().st_ino

    def _open_records(self) -> Database:
        return Database(self._directory / RECORDS_FILE, RECORDS_SCHEMA)

    def _open_groups(self) -> Database:
        return Database(self._directory / GROUPS_FILE, GROUPS_SCHEMA)


def has_records(directory: Path) -> bool:
    """Whether a log was ever opened in ``directory``; makes none."""
    return (directory / RECORDS_FILE).exists()


class Appended:
    """Tells a broker's consumers of what its producers append, so that these need not look again and again."""

    def __init__(self) -> None:
        self.times = 0
        self._changed = threading.Condition()

    def tell(self) -> None:
        with self._changed:
            self.times += 1
            self._changed.notify_all()

    def wait(self, times: int, *, timeout: float) -> bool:
        """Whether something is appended after ``times``; waits for it, at most ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.times != times, timeout)


class SqliteProducer:
    """Appends one record a transaction; the commit is the fsync."""

    def __init__(self, database: Database, *, clock: Callable[[], float], appended: Appended) -> None:
        self._database = database
        self._clock = clock
        self._appended = appended
        self._turn = 0

    def send(self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None) -> Record:
        at = int(self._clock() * 1000)
        with self._database.transaction() as sql:
            if partition is None:
                partition = self._choose(_partition_count(sql, topic), key)
            row = sql.execute(
                "UPDATE partitions SET next_offset = next_offset + 1 WHERE topic = ? AND partition = ?"
                " RETURNING next_offset - 1",
                (topic, partition),
            ).fetchone()
            if row is None:
                raise Unavailable(f"the log has no partition {partition} of topic {topic}; create the topics first")
            sql.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", (topic, partition, row[0], at, key, value))
        self._appended.tell()
        return Record(topic, partition, row[0], at, key, value)

    def close(self) -> None:
        self._database.close()

    def _choose(self, count: int, key: bytes | None) -> int:
        if key is not None:
            return crc32(key) % count
        self._turn += 1
        return self._turn % count


class SqliteConsumer:
    """A member of a group over one topic."""

    def __init__(self, database: Database, membership: Membership, *, topic: str, appended: Appended) -> None:
        self._database = database
        self._membership = membership
        self._topic = topic
        self._appended = appended
        self._share = NO_SHARE
        self._positions: dict[TopicPartition, int] = {}
        self._turn = 0

    def poll(self, *, timeout: float, max_records: int) -> list[Record]:
        deadline = time.monotonic() + timeout
        while True:
            seen = self._appended.times  # before the look
            self._take(self._membership.keep())
            found = self._fetch(max_records)
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found
            if self._appended.wait(seen, timeout=min(POLL_SECONDS, left)):
                time.sleep(GATHER_SECONDS)

    def assignment(self) -> Mapping[TopicPartition, int]:
        return dict.fromkeys(self._positions, self._share.generation)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._positions[partition] = offset

    def committed(self, partition: TopicPartition) -> Committed | None:
        return self._membership.committed(partition)

    def commit(self, partition: TopicPartition, committed: Committed) -> None:
        if partition not in self._positions:
            raise Fenced(f"{partition.topic}/{partition.partition} is not assigned to this member")
        self._membership.commit(partition, committed)

    def close(self) -> None:
        self._membership.leave()
        self._database.close()

    def _take(self, share: Share) -> None:
        """On a new generation, start every partition of the share where the group last committed."""
        if share == self._share:
            return
        self._share = share
        rows = self._database.rows(
            "SELECT partition FROM partitions WHERE topic = ? ORDER BY partition", (self._topic,)
        )
        mine = [
            TopicPartition(self._topic, partition)
            for place, (partition,) in enumerate(rows)
            if share.members and place % share.members == share.turn
        ]
        self._positions = {partition: self._start(partition) for partition in mine}

    def _start(self, partition: TopicPartition) -> int:
        committed = self.committed(partition)
        return committed.offset if committed else 0

    def _fetch(self, max_records: int) -> list[Record]:
        """Start with another partition each time, else the first could keep the others waiting for ever."""
        partitions = tuple(self._positions)
        self._turn = (self._turn + 1) % max(1, len(partitions))
        found: list[Record] = []
        for partition in partitions[self._turn :] + partitions[: self._turn]:
            found += self._fetch_partition(partition, limit=max_records - len(found))
        return found

    def _fetch_partition(self, partition: TopicPartition, *, limit: int) -> list[Record]:
        records = _records(
            self._database,
            'topic = ? AND partition = ? AND "offset" >= ? ORDER BY "offset" LIMIT ?',
            (*partition, self._positions[partition], limit),
        )
        if records:
            self._positions[partition] = records[-1].offset + 1
        return records


def _first_new(records: Database, partition: TopicPartition, is_stored: IsStored) -> int:
    """The offset of the first record that was not compared yet and is not stored; the end where there is none."""
    where = "WHERE topic = ? AND partition = ?"
    ((end,),) = records.rows(f"SELECT next_offset FROM partitions {where}", partition)
    for (first,) in records.rows(f'SELECT "offset" FROM unchecked {where}', partition):
        unchecked = _records(
            records, 'topic = ? AND partition = ? AND "offset" >= ? ORDER BY "offset"', (*partition, first)
        )
        return next((record.offset for record in unchecked if not is_stored(record)), int(end))
    return int(end)


def _go_on_past(sql: sqlite3.Connection, partition: TopicPartition, offset: int, *, new: int, at: int) -> Skip | None:
    """Move the records from ``new`` on, and the end, past ``offset``."""
    if offset <= new:
        return None
    where = "WHERE topic = ? AND partition = ?"
    ((end,),) = sql.execute(f"SELECT next_offset FROM partitions {where}", partition).fetchall()
    skipped = Skip(partition.partition, new, offset + SKIPPED_OFFSETS, at)
    distance = skipped.end - new
    # In two steps: in one, a record could take an offset that another still has.
    sql.execute(f'UPDATE records SET "offset" = -1 - "offset" {where} AND "offset" >= ?', (*partition, new))
    sql.execute(f'UPDATE records SET "offset" = ? - 1 - "offset" {where} AND "offset" < 0', (distance, *partition))
    # A record without rows, so that the group's place passes the skipped offsets before the next view comes.
    sql.execute("INSERT INTO records VALUES (?, ?, ?, ?, NULL, ?)", (*partition, skipped.end - 1, at, FILLER))
    sql.execute(f"UPDATE partitions SET next_offset = ? {where}", (end + distance, *partition))
    sql.execute("INSERT INTO skips VALUES (?, ?, ?, ?, ?)", (partition.topic, *msgspec.structs.astuple(skipped)))
    return skipped


def _records(database: Database, where: str, parameters: tuple[object, ...]) -> list[Record]:
    rows = database.rows(f'SELECT topic, partition, "offset", at, key, value FROM records WHERE {where}', parameters)
    return [Record(*row) for row in rows]


def _partition_count(sql: sqlite3.Connection, topic: str) -> int:
    row = sql.execute("SELECT partitions FROM topics WHERE name = ?", (topic,)).fetchone()
    if row is None:
        raise Unavailable(f"the log has no topic {topic}; create the topics first")
    return int(row[0])
