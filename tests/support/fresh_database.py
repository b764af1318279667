"""A database of the embedded engine for one test.

A process has one directory of the engine open at a time, so every test opens it and closes it again. The engine reads
all the databases that it has at each start, so that each is dropped after its test.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pipeline.clickhouse.client import ClickHouse, open_embedded
from pipeline.clickhouse.migrations import migrate

Connect = Callable[[], ClickHouse]

_numbers = itertools.count()


@contextmanager
def fresh_database(directory: Path, *, migrated: bool = True) -> Iterator[Connect]:
    """Opens connections to one new database, which are closed at the end."""
    database = f"fresh_{next(_numbers)}"
    opened: list[ClickHouse] = []

    def connect() -> ClickHouse:
        opened.append(open_embedded(directory, database=database))
        return opened[-1]

    if migrated:
        migrate(connect())
    try:
        yield connect
    finally:
        with closing(open_embedded(directory, database=database)) as last:
            last.command(f"DROP DATABASE {database} SYNC")
        for client in opened:
            client.close()
