"""Columns of stored views that follow from other stored columns by lists, which change: find what differs, change it.

Rows are changed where they are, a month at a time, so that each statement ends soon and a run that is cut off can be
done again. Their places in the log stay. The roll-ups differ until they are made again. A second run changes nothing.

No stored text gets into a statement: a row is found by the hash of its values, and what it becomes is quoted.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby
from typing import NamedTuple

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import EVENT_COLUMNS
from pipeline.clickhouse.scripts import render

MAX_STATEMENT_BYTES = 240_000  # of the 256 KiB that ClickHouse reads, without much beside the values
KEY_BYTES = 22


@dataclass(frozen=True)
class Derivation:
    """``today`` takes a view's values of ``sources`` and gives those of ``columns``, which are among the sources.

    ``name_of`` the same values: by what people know the view. ``rows``: a condition of our own; other views stay as
    they are.
    """

    columns: tuple[str, ...]
    sources: tuple[str, ...]
    today: Callable[..., tuple[str, ...]]
    name_of: Callable[..., str]
    rows: str = "true"

    def __post_init__(self) -> None:
        unknown = {*self.sources, *self.columns} - EVENT_COLUMNS.keys() | ({*self.columns} - {*self.sources})
        if unknown:
            raise ValueError(f"no columns to derive from: {', '.join(sorted(unknown))}")


class Stored(NamedTuple):
    """Equal values of ``sources`` in a month (YYYYMM), and how many views have them."""

    month: int
    key: int
    values: tuple[str, ...]
    views: int


class Change(NamedTuple):
    """``was`` and ``becomes``: values of the derivation's columns."""

    stored: Stored
    was: tuple[str, ...]
    becomes: tuple[str, ...]


def read_stored(client: ClickHouse, derivation: Derivation) -> list[Stored]:
    """Every combination of sources that is stored. Raises Unavailable, Rejected."""
    (statement,) = _render("derived_read", client, derivation)
    return [
        Stored(month, key, tuple(map(str, values)), views) for month, key, views, *values in client.query(statement)
    ]


def find_changes(derivation: Derivation, stored: Sequence[Stored]) -> list[Change]:
    """What differs from today's lists, month by month."""
    places = [derivation.sources.index(column) for column in derivation.columns]
    compared = (
        Change(one, tuple(one.values[place] for place in places), derivation.today(*one.values)) for one in stored
    )
    return sorted((change for change in compared if change.was != change.becomes), key=lambda change: change.stored)


def apply_changes(
    client: ClickHouse, derivation: Derivation, changes: Sequence[Change], *, advance: Callable[[int, int], None]
) -> None:
    """Make the changes; ``client`` has the migrator's account. ``advance`` hears of views done and of all of them, and
    may raise between two statements. Raises Unavailable, Rejected.
    """
    done, total = 0, sum(change.stored.views for change in changes)
    advance(done, total)
    for some in _statements_full(changes):
        for statement in statements_of(derivation, some, client=client):
            client.command(statement)
        done += sum(change.stored.views for change in some)
        advance(done, total)


def statements_of(derivation: Derivation, changes: Sequence[Change], *, client: ClickHouse) -> list[str]:
    """For changes of one month."""
    values = [
        f"{column} = {_value(derivation, {change.stored.key: change.becomes[place] for change in changes})}"
        for place, column in enumerate(derivation.columns)
        if any(change.was[place] != change.becomes[place] for change in changes)
    ]
    keys = ",".join(str(int(change.stored.key)) for change in changes)
    month = str(int(changes[0].stored.month))
    return _render("derived_change", client, derivation, values=", ".join(values), month=month, keys=keys)


def _value(derivation: Derivation, becomes: Mapping[int, str]) -> str:
    """An expression for rows of these keys alone: the first one's value, but for the keys that are listed."""
    first = next(iter(becomes.values()))
    others = {key: text for key, text in becomes.items() if text != first}
    if not others:
        return _quoted(first)
    keys, texts = ",".join(str(int(key)) for key in others), ",".join(map(_quoted, others.values()))
    return f"transform({_key(derivation)}, [{keys}], [{texts}], {_quoted(first)})"


def _render(script: str, client: ClickHouse, derivation: Derivation, **names: str) -> list[str]:
    file = files("pipeline.clickhouse").joinpath(f"{script}.sql")
    own = {"key": _key(derivation), "sources": ", ".join(derivation.sources), "rows": derivation.rows}
    return render(file, cluster=client.cluster, **own, **names)


def _key(derivation: Derivation) -> str:
    return f"cityHash64({', '.join(derivation.sources)})"


def _statements_full(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """The changes of one month, as many at a time as one statement surely holds, the commonest outcome first."""
    for _, of_month in groupby(changes, key=lambda change: change.stored.month):
        some: list[Change] = []
        size = 0
        for change in _commonest_first(list(of_month)):
            need = KEY_BYTES
            if some and change.becomes != some[0].becomes:
                need += sum(KEY_BYTES + len(_quoted(text).encode()) for text in change.becomes)
            if some and size + need > MAX_STATEMENT_BYTES:
                yield some
                some, size = [], 0
            some.append(change)
            size += need
        yield some


def _commonest_first(changes: list[Change]) -> list[Change]:
    count = Counter(change.becomes for change in changes)
    return sorted(changes, key=lambda change: (-count[change.becomes], change.becomes))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
