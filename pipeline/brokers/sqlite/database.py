"""One SQLite file as the embedded log uses it: WAL, every commit an fsync, faults as the pipeline's errors."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import Damaged, NotStored, Unavailable

BUSY_SECONDS = 10.0
PRAGMAS = ("synchronous = FULL", "secure_delete = ON")
TRIAL_BYTES = 16_384
TRIALS_SCHEMA = "CREATE TABLE IF NOT EXISTS trials (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
PRIMARY = 0xFF  # of SQLite's extended error codes, https://www.sqlite.org/rescode.html
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# With these a COMMIT has stored nothing. After any other failure its last frame may be in the WAL, and be found there
# at the next start.
REFUSED = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN})


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
        """Run the block as one write transaction: committed when it ends, rolled back when it raises.

        Raises NotStored if surely nothing of it is stored, Unavailable if nobody knows.
        """
        with self._lock:
            with self._faults(before_commit=True):
                self._connection.execute("BEGIN IMMEDIATE")
            try:
                with self._faults(before_commit=True):
                    yield self._connection
                with self._faults():
                    self._connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def try_write(self) -> None:
        """Write as much as a record of many views takes, in the place of the last trial. Raises Unavailable."""
        with self.transaction() as sql:
            sql.execute("INSERT OR REPLACE INTO trials VALUES (1, zeroblob(?))", (TRIAL_BYTES,))

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

    def _roll_back(self) -> None:
        with self._faults(before_commit=True):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    @contextmanager
    def _faults(self, *, before_commit: bool = False) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _translate(error, self._path, before_commit=before_commit) from error


def is_full(error: NotStored) -> bool:
    """Whether the disk is full, rather than read-only or away."""
    return _code_of(error.__cause__) == sqlite3.SQLITE_FULL


def _translate(error: sqlite3.Error, path: Path, *, before_commit: bool) -> Unavailable:
    code = _code_of(error)
    kind = Unavailable
    if code in DAMAGED:
        kind = Damaged
    elif code in REFUSED or before_commit:
        kind = NotStored
    return kind(f"{path}: {error}", address=str(path), cause=str(error))


def _code_of(error: BaseException | None) -> int:
    """SQLite's primary error code; 0 where it said nothing, such as of a closed connection."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & PRIMARY


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
