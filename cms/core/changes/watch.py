"""Looks a few times a second whether something was committed, by any process; one thread looks for a whole process."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable
from typing import NamedTuple

from django.db import Error, close_old_connections, connection

log = logging.getLogger("nhip")

LOOK_SECONDS = 0.2
STUCK_SECONDS = 60.0  # longer than anything waits for a database: cms/settings/embedded.py
REMEMBERED_GENERATIONS = 1000
KEPT_FOR = "1 day"
PRUNE_SECONDS = 3600.0


Look = Callable[[], bool]
"""Whether something was committed since the last call; True at the first. Raises django.db.Error."""


class Known(NamedTuple):
    """What the last look found. Times are those of the clock, in seconds.

    ``current_at``: when ``generation`` was surely the newest. ``away``: the database does not answer.
    """

    generation: int
    current_at: float
    away: bool


class Changes:
    """Counts the changes that it noticed: everything read in the same generation is of the same content.

    ``step`` looks once; another thread repeats it. The other methods are called in any thread.
    """

    def __init__(self, look: Look | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._look = look or open_look()
        self._clock = clock
        self._known = Known(0, float("-inf"), away=False)
        self._looked_at = clock()
        self._current_until: dict[int, float] = {}

    @property
    def known(self) -> Known:
        return self._known

    def current_until(self, generation: int) -> float:
        """The last time at which ``generation`` was surely the newest; long ago if nobody remembers."""
        known = self._known
        return (
            known.current_at if generation == known.generation else self._current_until.get(generation, float("-inf"))
        )

    def check(self) -> str | None:
        """For liveness: pages are given out by what the looks find, so they must not end."""
        silent = self._clock() - self._looked_at
        return f"no look for changes for {silent:.0f} s" if silent > STUCK_SECONDS else None

    def step(self) -> float:
        """Returns the seconds until the next look."""
        self._looked_at = began = self._clock()  # what is committed from here on, this look may miss
        known = self._known
        try:
            changed = self._look()
        except Exception as error:
            if not known.away:
                unforeseen = None if isinstance(error, Error) else error
                log.warning(
                    "the database can't be asked for changes; pages stay as they are: %s", error, exc_info=unforeseen
                )
            close_old_connections()
            self._known = known._replace(away=True)
            return LOOK_SECONDS
        if changed:
            self._current_until[known.generation] = known.current_at
            self._current_until.pop(known.generation - REMEMBERED_GENERATIONS, None)
        self._known = Known(known.generation + changed, began, away=False)
        return LOOK_SECONDS


def content_state() -> Hashable:
    """The same twice if surely nothing was committed between; None while the database does not answer.

    PostgreSQL's changes with transactions that change no content, too.
    """
    asked = "SELECT value FROM content_generation" if connection.vendor == "sqlite" else "SELECT pg_current_snapshot()"
    try:
        with connection.cursor() as cursor:
            cursor.execute(asked)
            state: Hashable = cursor.fetchone()[0]
    except Error:
        return None
    return state


def open_look() -> Look:
    """The look of the database in the settings."""
    return SqliteLook() if connection.vendor == "sqlite" else PostgresqlLook()


class SqliteLook:
    """Compares the number that the triggers count up."""

    def __init__(self) -> None:
        self._value: int | None = None

    def __call__(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT value FROM content_generation")
            (value,) = cursor.fetchone()
        before, self._value = self._value, value
        return self._value != before


class PostgresqlLook:
    """Looks for rows of transactions that it has not seen: those that were running at the last look, or began later.

    A transaction's number is given when it begins to write, so that a lower number may be committed after a higher.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seen: set[tuple[str, object]] | None = None
        self._table = None
        self._oldest_running = "0"
        self._clock = clock
        self._pruned_at = clock()

    def __call__(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT pg_snapshot_xmin(pg_current_snapshot())::text, 'content_change'::regclass::oid, xid::text, at
                FROM (SELECT) AS always LEFT JOIN content_change ON xid >= %s::xid8
                """,
                [self._oldest_running],
            )
            rows = cursor.fetchall()
        oldest_running, table = rows[0][:2]
        found = {(xid, at) for _oldest, _table, xid, at in rows if xid is not None}
        # Another table of that name: everything was restored from a copy.
        changed = self._seen is None or table != self._table or not found <= self._seen
        self._seen, self._oldest_running, self._table = found, oldest_running, table
        self._prune()
        return changed

    def _prune(self) -> None:
        if self._clock() - self._pruned_at > PRUNE_SECONDS:
            self._pruned_at = self._clock()
            with connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM content_change WHERE at < now() - interval '{KEPT_FOR}'")
