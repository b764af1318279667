"""The parts of a page that change by themselves: its numbers, the line that says how old they are, and its token.

A page that one reader asks for is rendered with them. A page that is kept for many readers is rendered with marks in
their places instead, and each reader gets it with the values of the moment (``cut``, ``Cut.values``).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import NamedTuple

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from cms.statistics.most_read import from_letters, most_read
from cms.statistics.numbers import iso_time, utc_time, vietnamese_number, vietnamese_time
from cms.statistics.page_tokens import sign_letters
from pipeline.serving.snapshot import Snapshot, Unit
from pipeline.tokens import hour_of

STALE_AFTER_SECONDS = 60
NULL = "null"

# A request with this header is rendered with marks. Nobody outside this process knows its value, nor what a mark looks
# like, so that neither a visitor's request nor an editor's text can pass for one.
OPEN_HEADER = "X-Nhip-Open"
SECRET = secrets.token_hex(16)

_MARK = re.compile(rf"{SECRET}\((\w+(?: \w+)*)\)".encode())


class Moment(NamedTuple):
    """What the values depend on: the counters, whether they are so old that a page says so, and the hour of tokens."""

    snapshot: Snapshot
    stale: bool
    hour: int


def moment_of(snapshot: Snapshot, *, now: float, steady: float) -> Moment:
    """``now`` is Unix seconds; ``steady`` is the same moment as a ``steady_time``."""
    age = snapshot.age(steady)
    return Moment(snapshot, stale=age is not None and age > STALE_AFTER_SECONDS, hour=hour_of(now))


def counter(name: str, site_id: int, unit: Unit, moment: Moment) -> str:
    """A row of the widget, such as "1.327"."""
    return vietnamese_number(getattr(moment.snapshot.summary(site_id, unit=unit), name, None))


def page_views(page_id: int, moment: Moment) -> str:
    return vietnamese_number(moment.snapshot.page_views(page_id))


def as_of_hidden(moment: Moment) -> SafeString:
    """An attribute of the line with the age of the numbers."""
    return mark_safe("" if moment.stale else " hidden")


def as_of_datetime(moment: Moment) -> SafeString:
    """An attribute of its time, to the minute, so that a page whose numbers stay the same stays the same."""
    as_of = moment.snapshot.as_of
    return mark_safe("" if as_of is None else f' datetime="{iso_time(as_of)}"')


def as_of_text(moment: Moment) -> str:
    as_of = moment.snapshot.as_of
    return "" if as_of is None else vietnamese_time(as_of)


def json_page_views(page_id: int, moment: Moment) -> str:
    """A number of JSON, or null."""
    return str(NULL if (views := moment.snapshot.page_views(page_id)) is None else views)


def json_as_of(moment: Moment) -> str:
    """A string of JSON in UTC, to the minute, or null."""
    return NULL if (as_of := moment.snapshot.as_of) is None else f'"{utc_time(as_of)}"'


_READERS: dict[str, Callable[..., str]] = {
    "counter": lambda moment, name, site_id, unit: counter(name, int(site_id), unit, moment),
    "page_views": lambda moment, page_id: page_views(int(page_id), moment),
    "json_page_views": lambda moment, page_id: json_page_views(int(page_id), moment),
    "json_as_of": json_as_of,
    "as_of_hidden": as_of_hidden,
    "as_of_datetime": as_of_datetime,
    "as_of_text": as_of_text,
    "page_token": lambda moment, letters: sign_letters(letters, moment.hour),
    "most_read": lambda moment, letters: most_read(from_letters(letters), moment.snapshot),
}


def stays_open(request: HttpRequest | None) -> bool:
    """Whether the answer to ``request`` is for many readers, so that it takes marks instead of values."""
    return request is not None and request.headers.get(OPEN_HEADER) == SECRET


def mark(kind: str, *arguments: object) -> SafeString:
    """The place of a value: ``kind`` is the name of its function here."""
    return mark_safe(f"{SECRET}({' '.join(map(str, (kind, *arguments)))})")


class Cut(NamedTuple):
    """A page cut at its marks: ``pieces`` has one item more than ``marks``."""

    pieces: tuple[bytes, ...]
    marks: tuple[tuple[str, ...], ...]

    def values(self, moment: Moment) -> tuple[bytes, ...]:
        """The values in the places of the marks."""
        return tuple(_READERS[kind](moment, *arguments).encode() for kind, *arguments in self.marks)

    def fill(self, values: tuple[bytes, ...]) -> bytes:
        parts = [self.pieces[0]]
        for value, piece in zip(values, self.pieces[1:], strict=True):
            parts += (value, piece)
        return b"".join(parts)


def cut(page: bytes) -> Cut:
    pieces = _MARK.split(page)
    return Cut(pieces=tuple(pieces[::2]), marks=tuple(tuple(found.decode().split(" ")) for found in pieces[1::2]))
