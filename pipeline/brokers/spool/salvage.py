"""A spool whose file is damaged: the entries that can be read go into a new file, and the damaged one is kept.

Deleted entries, which Kafka has, do not come back: the file is written with ``secure_delete``.
"""

import logging
from contextlib import closing
from pathlib import Path

from pipeline.brokers.spool.store import SCHEMA, SPOOL_FILE
from pipeline.brokers.sqlite.carving import TABLE_LEAF, carve
from pipeline.brokers.sqlite.database import Database
from pipeline.brokers.sqlite.salvage import set_aside
from pipeline.errors import Damaged

log = logging.getLogger(__name__)


def mend_spool(directory: Path) -> None:
    """Before the collector opens its spool: put right what would keep the spool from working. Raises Unavailable."""
    file = directory / SPOOL_FILE
    if not file.exists() or _is_whole(file):
        return
    entries = [row for kind, row in carve(file) if kind == TABLE_LEAF and _is_entry(row)]
    aside = file.with_suffix(".new")
    aside.unlink(missing_ok=True)
    with closing(Database(aside, SCHEMA)) as database:
        with database.transaction() as sql:
            sql.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", entries)
        database.checkpoint()
    kept = set_aside(directory, SPOOL_FILE)
    aside.replace(file)
    log.error("the spool was damaged: %d records of it are saved, the damaged file is kept in %s", len(entries), kept)


def _is_whole(file: Path) -> bool:
    try:
        with closing(Database(file, SCHEMA)) as database:
            return database.rows("PRAGMA quick_check(1)") == [("ok",)]
    except Damaged:
        return False


def _is_entry(row: tuple[object, ...]) -> bool:
    """The id is the row's own number, which the file does not repeat in the row."""
    match row:
        case (None, str(), bytes(), bytes(), None, None) | (None, str(), bytes(), bytes(), int(), int()):
            return True
    return False
