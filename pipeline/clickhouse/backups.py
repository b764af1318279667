"""The embedded engine's tables, copied into its own directory by ClickHouse's BACKUP, and back by RESTORE.

A server makes its backups by the same statements, which the runbook has. Neither copies the tokens of inserts: the
restored tables know no batch that was begun (docs/decisions/0018).
"""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pipeline.clickhouse.client import BACKUPS, DATABASE, ClickHouse, open_embedded


@contextmanager
def backed_up(client: ClickHouse, engine_dir: Path) -> Iterator[Path]:
    """The directory of a backup of all tables, for this block."""
    path = _clear(engine_dir)
    try:
        client.command(f"BACKUP DATABASE {DATABASE} TO File('{path.name}')")
        yield path
    finally:
        _clear(engine_dir)


def place_of_backup(engine_dir: Path) -> Path:
    """Where ``restore`` finds the files of a backup."""
    return engine_dir / BACKUPS / "whole"


def restore(engine_dir: Path) -> None:
    """Make the tables of an engine without any from the files of a backup, and remove these."""
    path = place_of_backup(engine_dir)
    with closing(open_embedded(engine_dir)) as client:
        client.command(f"DROP DATABASE {DATABASE} SYNC")
        client.command(f"RESTORE DATABASE {DATABASE} FROM File('{path.name}')")
    _clear(engine_dir)


def _clear(engine_dir: Path) -> Path:
    path = place_of_backup(engine_dir)
    shutil.rmtree(path, ignore_errors=True)
    return path
