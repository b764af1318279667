"""Acknowledged views that may not be in Kafka yet: one SQLite file, every commit an fsync.

An entry is *fresh* (never handed to Kafka) or *handed over* (at ``handed_at``, to ``partition``; Kafka may have it).
An entry is marked as handed over before it is sent, and deleted after it is acknowledged. A process that dies in
between leaves an entry that can be looked up in Kafka by its key.
"""

import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import msgspec

from pipeline.brokers.sqlite.database import TRIALS_SCHEMA, Database, is_full
from pipeline.errors import NotStored, SpoolFull, Unavailable
from pipeline.metrics import SPOOL_LIMIT_BYTES, SPOOLED_BYTES, SPOOLED_RECORDS

SPOOL_FILE = "spool.sqlite3"
OVERHEAD_BYTES = 256  # of an entry beyond its value; more than the average

SCHEMA = f"""{TRIALS_SCHEMA}
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    partition INTEGER, handed_at INTEGER
);
CREATE INDEX IF NOT EXISTS fresh ON entries (id) WHERE handed_at IS NULL;
CREATE INDEX IF NOT EXISTS handed ON entries (id) WHERE handed_at IS NOT NULL;
"""


class Handed(NamedTuple):
    """That an entry was given to Kafka: its partition, and Unix milliseconds before it was sent."""

    partition: int
    at: int


class Entry(msgspec.Struct, frozen=True):
    """One record under a ``key`` of its own; ``handed`` is None while it is fresh."""

    topic: str
    key: bytes
    value: bytes
    handed: Handed | None = None

    @property
    def bytes(self) -> int:
        return len(self.value) + OVERHEAD_BYTES


class Spool:
    """The entries in one directory, meant to stay within ``limit_bytes``. Safe to call from several threads.

    Every change is durable when its method returns; each raises Unavailable when the disk fails.
    """

    def __init__(self, directory: Path, *, limit_bytes: int) -> None:
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"{directory} can't be made ({error.strerror})") from error
        self._database = Database(directory / SPOOL_FILE, SCHEMA)
        self._limit = limit_bytes
        SPOOL_LIMIT_BYTES.set(limit_bytes)
        self._counting = threading.Lock()
        ((records, size),) = self._database.rows(
            "SELECT count(*), coalesce(sum(length(value) + ?), 0) FROM entries", (OVERHEAD_BYTES,)
        )
        self._records, self._bytes = int(records), int(size)
        self._show()

    @property
    def records(self) -> int:
        return self._records

    @property
    def room(self) -> int:
        """Bytes left for fresh entries; negative if entries that Kafka may have were stored beyond the limit."""
        return self._limit - self._bytes

    def add(self, entries: Sequence[Entry]) -> list[int]:
        """Append ``entries``, all or none; ids always ascend. Raises SpoolFull if the disk is full."""
        try:
            with self._database.transaction() as sql:
                ids = [_insert(sql, entry) for entry in entries]
        except NotStored as error:
            raise (SpoolFull(str(error)) if is_full(error) else error) from error
        self._count(len(entries), sum(entry.bytes for entry in entries))
        return ids

    def fresh(self, *, limit_records: int, limit_bytes: int) -> dict[int, Entry]:
        """The oldest fresh entries within both limits, in order; at least one if there is any."""
        sizes = self._database.rows(
            "SELECT id, length(value) FROM entries WHERE handed_at IS NULL ORDER BY id LIMIT ?", (limit_records,)
        )
        total = list(accumulate(size for _number, size in sizes))
        fitting = [number for (number, _size), so_far in zip(sizes, total, strict=True) if so_far <= limit_bytes]
        last = fitting[-1] if fitting else min((number for number, _size in sizes), default=0)
        rows = self._database.rows(
            "SELECT id, topic, key, value FROM entries WHERE handed_at IS NULL AND id <= ? ORDER BY id", (last,)
        )
        return {number: Entry(*columns) for number, *columns in rows}

    def handed_over(self) -> dict[int, Entry]:
        """The entries that Kafka may have, in order, without their values, which could fill the memory."""
        rows = self._database.rows(
            "SELECT id, topic, key, partition, handed_at FROM entries WHERE handed_at IS NOT NULL ORDER BY id"
        )
        return {number: Entry(topic, key, b"", Handed(*handed)) for number, topic, key, *handed in rows}

    def hand_over(self, handed: Mapping[int, Handed]) -> None:
        """Mark entries as about to be sent."""
        with self._database.transaction() as sql:
            sql.executemany(
                "UPDATE entries SET partition = ?, handed_at = ? WHERE id = ?",
                [(*place, number) for number, place in handed.items()],
            )

    def take_back(self, ids: Iterable[int]) -> None:
        """Make entries fresh again, in their old place: Kafka surely does not have them."""
        with self._database.transaction() as sql:
            sql.executemany(
                "UPDATE entries SET partition = NULL, handed_at = NULL WHERE id = ?", [(number,) for number in ids]
            )

    def delete(self, ids: Iterable[int]) -> None:
        """Forget entries that Kafka has."""
        with self._database.transaction() as sql:
            rows = sql.execute(
                "DELETE FROM entries WHERE id IN (SELECT value FROM json_each(?)) RETURNING length(value)",
                (msgspec.json.encode(list(ids)).decode(),),
            ).fetchall()
        self._count(-len(rows), -sum(length + OVERHEAD_BYTES for (length,) in rows))

    def try_write(self) -> None:
        """Raises Unavailable if the disk takes nothing now."""
        self._database.try_write()

    def close(self) -> None:
        self._database.close()

    def _count(self, records: int, size: int) -> None:
        with self._counting:
            self._records += records
            self._bytes += size
        self._show()

    def _show(self) -> None:
        SPOOLED_RECORDS.set(self._records)
        SPOOLED_BYTES.set(self._bytes)


def count_entries(directory: Path) -> tuple[int, int] | None:
    """Records and bytes of their values in the spool of ``directory``, which may be in use; None if there is none."""
    file = directory / SPOOL_FILE
    if not file.exists():
        return None
    database = Database(file, "")
    ((records, size),) = database.rows("SELECT count(*), coalesce(sum(length(value)), 0) FROM entries")
    database.close()
    return records, size


def _insert(sql: sqlite3.Connection, entry: Entry) -> int:
    handed = entry.handed or (None, None)
    row = sql.execute(
        "INSERT INTO entries (topic, key, value, partition, handed_at) VALUES (?, ?, ?, ?, ?) RETURNING id",
        (entry.topic, entry.key, entry.value, *handed),
    ).fetchone()
    return int(row[0])
