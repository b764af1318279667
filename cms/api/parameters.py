"""What may stand in the query of an address: each parameter says how it is read, and its JSON Schema.

One that nobody declared, one that is given twice and one that can't be read are refused, all in one answer.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from cms.api.problems import Fault, bad_request

LONGEST = 500  # letters
LAST = 2**31 - 1  # of ids and offsets: every database has room for it


@dataclass(frozen=True)
class Parameter:
    """``read`` raises ValueError with words for the developer of a front end."""

    name: str
    description: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    longest: int = LONGEST


def read_parameters(query: QueryDict, known: Sequence[Parameter]) -> dict[str, Any]:
    """The values of those that were given, by name. Raises Problem that names every fault."""
    by_name = {parameter.name: parameter for parameter in known}
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, values in query.lists():
        try:
            found[name] = _read(name, values, by_name)
        except ValueError as error:
            faults.append(Fault(name[:60], str(error)))
    if faults:
        raise bad_request(*faults)
    return found


def refuse_others(
    query: QueryDict,
    names: Collection[str],
    *,
    several: Collection[str] = (),
    longest: int = LONGEST,
    hints: Mapping[str, str] | None = None,
) -> None:
    """Raises Problem for a name that is none of ``names``, for one that is given twice and is none of ``several``, and
    for what no parameter has room for. What the values say is for somebody else to read.

    ``hints``: what to do instead of asking by some other name.
    """
    faults: list[Fault] = []
    for name, values in query.lists():
        try:
            _check_name(name, names, (hints or {}).get(name))
            if name not in several:
                _check_once(values)
            for value in values:
                _check_text(str(value), longest)
        except ValueError as error:
            faults.append(Fault(name[:60], str(error)))
    if faults:
        raise bad_request(*faults)


def _read(name: str, values: Sequence[Any], known: Mapping[str, Parameter]) -> Any:
    _check_name(name, known)
    _check_once(values)
    text = str(values[0])
    _check_text(text, known[name].longest)
    return known[name].read(text)


def _check_name(name: str, known: Collection[str], hint: str | None = None) -> None:
    if name not in known:
        near = get_close_matches(name[:60], known, n=1)
        hint = hint or (f"Did you mean {near[0]}?" if near else f"Known are {', '.join(sorted(known)) or 'none'}.")
        raise ValueError(f"There is no such parameter. {hint}")


def _check_once(values: Sequence[Any]) -> None:
    if len(values) > 1:
        raise ValueError("Give it once.")


def _check_text(text: str, longest: int) -> None:
    if "\0" in text or len(text) > longest:
        raise ValueError(f"Give at most {longest} letters, none of them NUL.")


def whole_number(*, least: int = 0, most: int = LAST) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most):
            raise ValueError(f"Give a whole number from {least} to {most}.")
        return int(text)

    return read


def words(text: str) -> str:
    if not text.strip():
        raise ValueError("Give at least one letter, or leave it out.")
    return text


def a_day(text: str) -> datetime.date:
    try:
        day = parse_date(text)
    except ValueError:  # such as the 31st of June
        day = None
    if day is None:
        raise ValueError("Give a day such as 2026-11-29.")
    return day


def moment(*, ends: bool = False) -> Callable[[str], datetime.datetime]:
    """A time with its zone, or a day: its first moment, or with ``ends`` the first of the next."""

    def read(text: str) -> datetime.datetime:
        try:
            at = parse_datetime(text)
            day = None if at and "T" in text else parse_date(text)
            if day is not None:
                at = _start_of(day + datetime.timedelta(days=1) if ends else day)
            if at is None or timezone.is_naive(at):
                raise ValueError
            at.astimezone(datetime.UTC)
        except (ValueError, OverflowError):
            raise ValueError("Give a day such as 2026-11-29, or a time such as 2026-11-29T09:00:00Z.") from None
        return at

    return read


def _start_of(day: datetime.date) -> datetime.datetime:
    """Days are those of the site's time zone."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))


LIMIT = Parameter(
    "limit",
    "How many, at most",
    whole_number(most=100),
    {"type": "integer", "minimum": 0, "maximum": 100, "default": 20},
)
OFFSET = Parameter(
    "offset", "How many to pass over", whole_number(), {"type": "integer", "minimum": 0, "maximum": LAST, "default": 0}
)
