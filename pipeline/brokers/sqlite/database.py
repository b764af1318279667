"""One SQLite file as the embedded log uses it: WAL, every commit an fsync, faults as the pipeline's errors."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import Unavailable

BUSY_SECONDS = 10.0
PRAGMAS = ("synchronous = FULL", "secure_delete = ON")


class Database:
    """One connection, used by one thread at a time; SQLite's faults become Unavailable."""

    def __init__(self, path: Path, schema: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        with self._faults():
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=64
            )
            _use_wal(self._connection)
            for pragma in PRAGMAS:
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(schema)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run the block as one write transaction: committed when it ends, rolled back when it raises."""
        with self._lock, self._faults():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, query: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock, self._faults():
            return self._connection.execute(query, parameters).fetchall()

    def checkpoint(self) -> None:
        """Move the WAL into the database and empty it, so that deleted rows are in neither file."""
        with self._lock, self._faults():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise Unavailable(f"{self._path}: {error}") from error


def _use_wal(connection: sqlite3.Connection) -> None:
    """Retry: if several processes open a new file together, SQLite refuses this at once, whatever the time-out."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
