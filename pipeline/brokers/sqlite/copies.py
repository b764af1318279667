"""Copies of SQLite files that are in use: whole, or without the records of some topics."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from pipeline.errors import Unavailable

BUSY_SECONDS = 30.0
TABLES = "SELECT name, sql FROM source.sqlite_master WHERE type = 'table' AND substr(name, 1, 7) != 'sqlite_'"
INDEXES = "SELECT sql FROM source.sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
KEPT_RECORDS = "topic NOT IN (SELECT value FROM json_each(?1))"


def copy_whole(source: Path, target: Path) -> None:
    """As of one moment, by SQLite's online backup. Raises Unavailable if ``source`` can't be read or is damaged."""
    try:
        with closing(_open(source)) as there, closing(sqlite3.connect(target)) as here:
            target.chmod(0o600)
            there.backup(here)
            here.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
            _check(here)
    except sqlite3.Error as error:
        raise Unavailable(f"{source}: {error}") from error


def copy_records(source: Path, target: Path, *, without: Sequence[str]) -> None:
    """As of one moment, table by table, so that not a byte of the topics ``without`` is written, not even for a moment.

    Raises Unavailable if ``source`` can't be read or is damaged.
    """
    try:
        with closing(sqlite3.connect(target, isolation_level=None, uri=True, timeout=BUSY_SECONDS)) as here:
            target.chmod(0o600)
            here.execute("PRAGMA synchronous = OFF")
            here.execute("ATTACH ? AS source", (_read_only(source),))
            here.execute("BEGIN")
            for name, declaration in here.execute(TABLES).fetchall():
                here.execute(declaration)
                kept = KEPT_RECORDS if name == "records" else "true OR ?1"
                here.execute(f'INSERT INTO "{name}" SELECT * FROM source."{name}" WHERE {kept}', (json.dumps(without),))
            for (declaration,) in here.execute(INDEXES).fetchall():
                here.execute(declaration)
            here.execute("COMMIT")
    except sqlite3.Error as error:
        raise Unavailable(f"{source}: {error}") from error


def _check(connection: sqlite3.Connection) -> None:
    ((verdict,), *_more) = connection.execute("PRAGMA quick_check").fetchall()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(_read_only(path), uri=True, timeout=BUSY_SECONDS)


def _read_only(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}?mode=ro"
