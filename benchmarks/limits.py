"""The limits: what the parts underneath do at best, alone."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def noop_server(port: int, *, body: Path | None = None) -> Iterator[int]:
    """Run the no-op server while the block runs; yields its process id. ``body``: what it answers with."""
    given = [str(body)] if body else []
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.noop", str(port), *given])
    time.sleep(2.0)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def insert_and_fsync(directory: Path, *, seconds: float) -> float:
    """Commits a second, of one 300-byte row each, in WAL mode with ``synchronous=FULL``."""
    with sqlite3.connect(directory / "limit.sqlite3", isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE views (id INTEGER PRIMARY KEY, value BLOB)")
        row = (b"x" * 300,)
        count, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            connection.execute("INSERT INTO views (value) VALUES (?)", row)
            count += 1
    return count / seconds
