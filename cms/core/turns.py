"""One process at a time does what all of them could do. A turn ends with its process, however that ends.

SQLite has one process, whose turn it always is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from django.db import connection


class Turn(IntEnum):
    """What has turns; the numbers are those of PostgreSQL's locks."""

    SCHEDULE = 0x6E686970_73636864  # "nhipschd"
    ANNOUNCING = 0x6E686970_616E6E6F  # "nhipanno"
    TOPIC = 0x6E686970_746F7063  # "nhiptopc"


@contextmanager
def turn(of: Turn) -> Iterator[bool]:
    """Whether it is this process's turn; it lasts for the block, or as long as the connection.

    Who has the next turn sees what was committed in this one.
    """
    if connection.vendor != "postgresql":
        yield True
        return
    ours = _ask("SELECT pg_try_advisory_lock(%s)", of)
    try:
        yield ours
    finally:
        if ours:
            _ask("SELECT pg_advisory_unlock(%s)", of)


def _ask(question: str, of: Turn) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(question, [of.value])
        (answer,) = cursor.fetchone()
    return bool(answer)
