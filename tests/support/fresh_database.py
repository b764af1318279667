"""A database of the embedded engine for one test.

A process has one directory of the engine open at a time, so every test opens one of its own and closes it again. The
tables are made once and copied, which takes a third of making them. Where a module holds an engine open, a test's
database is one more in it, restored from a backup, as it is on a server; that too takes a third.
"""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pipeline.clickhouse.client import DATABASE, ClickHouse, open_embedded
from pipeline.clickhouse.migrations import migrate
from pipeline.errors import Rejected

TEMPLATE = "template"

Connect = Callable[[], ClickHouse]

_numbers = itertools.count()
_held: list[Path] = []


@contextmanager
def fresh_database(directory: Path, *, migrated: bool = True) -> Iterator[Connect]:
    """Opens connections to one new database, which are closed at the end. ``directory`` keeps what is made once."""
    if _held:
        database = f"fresh_{next(_numbers)}"
        if migrated:
            copy_migrated(database, connect=lambda name: open_embedded(_held[-1], database=name))
        with _opened(_held[-1], database) as connect:
            yield connect
        with closing(open_embedded(_held[-1])) as client:
            client.command(f"DROP DATABASE {database} SYNC")
        return
    engine = directory / f"fresh-{next(_numbers)}"
    if migrated:
        copy_engine(make_migrated_engine(directory), engine)
    _held.append(engine)
    try:
        with _opened(engine, DATABASE) as connect:
            yield connect
    finally:
        _held.remove(engine)
        shutil.rmtree(engine)


def copy_migrated(database: str, *, connect: Callable[[str], ClickHouse]) -> None:
    """Make ``database``, with every table and no row, in an engine that is open. ``connect`` opens a connection to the
    database of a name, with the migrator's account; the first call migrates one and keeps it as a backup."""
    restore = f"RESTORE DATABASE {TEMPLATE} AS {database} FROM File('{TEMPLATE}')"
    with closing(connect(TEMPLATE)) as client:
        try:
            client.command(restore)
        except Rejected:  # there is no backup yet
            migrate(client)
            client.command(f"BACKUP DATABASE {TEMPLATE} TO File('{TEMPLATE}')")
            client.command(restore)


@contextmanager
def _opened(engine: Path, database: str) -> Iterator[Connect]:
    opened: list[ClickHouse] = []

    def connect() -> ClickHouse:
        opened.append(open_embedded(engine, database=database))
        return opened[-1]

    connect()  # the engine stays open if a test closes its connection
    try:
        yield connect
    finally:
        for client in opened:
            client.close()


def make_migrated_engine(directory: Path) -> Path:
    """The closed engine in ``directory`` that has every table and no row; the first caller makes it.

    No engine may be open in this process.
    """
    made = directory / "migrated"
    if not made.exists():
        aside = directory / "unfinished"
        shutil.rmtree(aside, ignore_errors=True)
        with closing(open_embedded(aside)) as client:
            migrate(client)
        aside.rename(made)
    return made


def copy_engine(engine: Path, to: Path) -> None:
    """A copy of a closed engine's directory. Its relative links must stay links."""
    shutil.copytree(engine, to, symlinks=True)
