"""Events for those who ask: from the beginning, or since what they read last.

Of each page only its last event is given out, which is never deleted. So whoever reads from the beginning gets the
published tree, however old the site is, and whoever was away for a year gets what is different now.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cms.announcing.models import Event

MARK_LENGTH = 8  # of the event's id


class TooNew(Exception):
    """The cursor is of events that this site does not have, such as of a database that was restored from a copy."""


class Cursor(NamedTuple):
    """A place after an event. ``mark`` tells it from another event of the same number."""

    sequence: int
    mark: str

    def __str__(self) -> str:
        return f"{self.sequence:x}-{self.mark}"


BEGINNING = Cursor(0, "0" * MARK_LENGTH)


class Changes(NamedTuple):
    events: Sequence[Event]
    next: Cursor
    more: bool


def read_cursor(text: str) -> Cursor:
    """Raises ValueError."""
    sequence, dash, mark = text.partition("-")
    if not dash or len(mark) != MARK_LENGTH or not (text.isascii() and 0 < len(sequence) <= 15):
        raise ValueError(text)
    return Cursor(int(sequence, 16), mark)


def changes_since(cursor: Cursor, *, site_id: int, limit: int) -> Changes:
    """Raises TooNew."""
    _check(cursor)
    after = Event.objects.filter(site_id=site_id, last=True, pk__gt=cursor.sequence).order_by("pk")
    found = list(after[: limit + 1])
    events = found[:limit]
    last = _after(events[-1]) if events else cursor
    return Changes(events, last, more=len(found) > limit)


def _after(event: Event) -> Cursor:
    return Cursor(event.pk, event.uuid.hex[:MARK_LENGTH])


def _check(cursor: Cursor) -> None:
    if cursor == BEGINNING:
        return
    there = Event.objects.filter(pk=cursor.sequence).first()
    newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    if cursor.sequence > newest or (there is not None and _after(there) != cursor):
        raise TooNew
