"""The rows of questions, read from the engine within bounds.

Every number of a report is a sum over days, so that a question that reads many raw events is read in slices of whole
days, one statement each. Between them it tells how far it is, can be cancelled, and needs the memory of one slice.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any

from pipeline.clickhouse.client import ClickHouse, is_beyond_bounds
from pipeline.clickhouse.queries import count_events_by_day
from pipeline.errors import Cancelled, PipelineError, TooHeavy
from pipeline.periods import ZONE
from pipeline.reports.dimensions import HOUR, Dimension
from pipeline.reports.pages import PageGroups
from pipeline.reports.question import Order, Question
from pipeline.reports.statements import (
    Part,
    Period,
    Piece,
    Stretch,
    find_pieces,
    parts_of,
    parts_of_metric,
    write_statement,
)

Cell = str | int
Keys = tuple[Any, ...]
Sums = tuple[int, ...]

SLICE_EVENTS = 2_000_000
MOST_ROWS = 500_000  # that are put together here, of all slices


@dataclass(frozen=True)
class Asked:
    """What is read of a period. ``paged``: only the rows that its question asks for."""

    period: Period
    paged: bool = True

    @property
    def question(self) -> Question:
        return self.period.question

    @cached_property
    def pieces(self) -> list[Piece]:
        return find_pieces(self.period)

    @property
    def raw(self) -> bool:
        return any(piece.table.is_raw for piece in self.pieces)

    def parts_of_raw_events(self, *, before: date) -> set[Part]:
        """Those that come from raw events of any day before that one."""
        raw = (piece for piece in self.pieces if piece.table.is_raw and piece.stretch.first < before)
        return {part for piece in raw for part in piece.parts}


@dataclass(frozen=True)
class Found:
    """By the cells of the dimensions, the sums of the question's parts. ``total_rows`` where they were asked for."""

    rows: list[tuple[tuple[Cell, ...], Sums]]
    total_rows: int | None


def reads_raw_events(question: Question) -> bool:
    """Whether its own days are read from raw events, which may take minutes."""
    return Asked(Period(question, (Stretch(question.since, question.until),))).raw


class Reading:
    """Reads all that ``every`` has, and tells how far it is with the raw events of all of them."""

    def __init__(
        self,
        client: ClickHouse,
        groups: PageGroups,
        every: Sequence[Asked],
        *,
        on_progress: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self._client = client
        self._groups = groups
        self._on_progress = on_progress
        self._cancelled = cancelled
        self._days: dict[Stretch, dict[date, int]] = {}
        self._done = 0
        self._total = sum(self._weight(piece) for asked in every for piece in asked.pieces if piece.table.is_raw)

    def read(self, asked: Asked) -> Found:
        """Raises TooHeavy, Cancelled, Unavailable or Rejected."""
        question = asked.question
        raw = [piece for piece in asked.pieces if piece.table.is_raw]
        slices = list(chain.from_iterable(self._slice(piece) for piece in raw))
        if len(slices) <= len(raw):
            found = self._run(asked, asked.pieces, paged=asked.paged)
            total = int(found[0][-1]) if found else 0
            if question.total_rows and not found and question.offset:
                total = self._count_rows(asked)
        else:
            merged = self._merge(asked, slices)
            total = len(merged)
            found = _page(question, merged) if asked.paged else merged
        return Found([self._row(question, one) for one in found], total if question.total_rows else None)

    def _merge(self, asked: Asked, slices: Sequence[Piece]) -> list[tuple[Any, ...]]:
        """Rows of all slices and of the roll-ups, as the engine would have put them together."""
        count = len(asked.question.dimensions)
        sums: dict[Keys, Sums] = {}
        rest = [piece for piece in asked.pieces if not piece.table.is_raw]
        for pieces in [*([rest] if rest else []), *([one] for one in slices)]:
            for found in self._run(asked, pieces, paged=False):
                keys = found[:count]
                before = sums.get(keys, (0,) * (len(found) - count - 1))
                sums[keys] = tuple(map(sum, zip(before, found[count:-1], strict=True)))
            if len(sums) > MOST_ROWS:
                raise _too_heavy(f"hơn · more than {MOST_ROWS} dòng · rows")
        return [(*keys, *of, 0) for keys, of in sums.items()]

    def _run(self, asked: Asked, pieces: Sequence[Piece], *, paged: bool) -> list[tuple[Any, ...]]:
        if self._cancelled():
            raise Cancelled("cancelled")
        if self._total:
            self._on_progress(self._done, self._total)
        statement, parameters = write_statement(asked.period, self._groups, pieces, paged=paged, most=MOST_ROWS + 1)
        try:
            found = self._client.query(statement, parameters, bounded=True)
        except PipelineError as error:
            if is_beyond_bounds(error):
                raise _too_heavy(error.cause) from error
            raise
        if not paged and len(found) > MOST_ROWS:
            raise _too_heavy(f"hơn · more than {MOST_ROWS} dòng · rows")
        self._done += sum(self._weight(piece) for piece in pieces if piece.table.is_raw)
        if self._total:
            self._on_progress(self._done, self._total)
        return found

    def _count_rows(self, asked: Asked) -> int:
        """A page past the last row has no row that could say how many there are."""
        first = Asked(replace(asked.period, question=replace(asked.question, limit=1, offset=0)))
        found = self._run(first, first.pieces, paged=True)
        return int(found[0][-1]) if found else 0

    def _slice(self, piece: Piece) -> Iterator[Piece]:
        """The piece in slices of about SLICE_EVENTS and at least a day."""
        stretch, events, days = piece.stretch, 0, list[date]()
        for day, count in sorted(self._days_of(stretch).items()):
            if days and events + count > SLICE_EVENTS:
                yield replace(piece, stretch=Stretch(days[0], days[-1]))
                events, days = 0, []
            days.append(day)
            events += count
        if days:
            ends = stretch.ends if days[-1] == stretch.last else None
            yield replace(piece, stretch=Stretch(days[0], days[-1], ends))

    def _weight(self, piece: Piece) -> int:
        days = next((days for whole, days in self._days.items() if _lies_in(piece.stretch, whole)), None)
        days = self._days_of(piece.stretch) if days is None else days
        return sum(count for day, count in days.items() if piece.stretch.first <= day <= piece.stretch.last)

    def _days_of(self, stretch: Stretch) -> dict[date, int]:
        if stretch not in self._days:
            since, until = stretch.moments
            self._days[stretch] = count_events_by_day(self._client, since=since, until=until)
        return self._days[stretch]

    def _row(self, question: Question, found: tuple[Any, ...]) -> tuple[tuple[Cell, ...], Sums]:
        count = len(question.dimensions)
        cells = tuple(map(self._cell, question.dimensions, found[:count]))
        return cells, tuple(map(int, found[count : count + len(parts_of(question))]))

    def _cell(self, dimension: Dimension, value: Any) -> Cell:
        if dimension.of_page:
            return self._groups.values[dimension.of_page][int(value)]
        if dimension is HOUR:
            return datetime.fromtimestamp(value, ZONE).strftime("%Y-%m-%d %H:00")
        if isinstance(value, date):
            return value.isoformat()
        return str(value) if isinstance(value, str) else int(value)


def _page(question: Question, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """In the order that the engine would give them, and only those asked for."""
    for order in reversed(question.order_by):
        key = _key_of(question, order)
        some = sorted((row for row in rows if key(row) is not None), key=key, reverse=order.descending)
        rows = [*some, *(row for row in rows if key(row) is None)]
    return rows[question.offset : question.offset + question.limit]


def _key_of(question: Question, order: Order) -> Callable[[tuple[Any, ...]], Any]:
    """What a row is sorted by; None of an average of nothing, which comes last."""
    if isinstance(order.by, Dimension):
        return itemgetter(question.dimensions.index(order.by))
    parts, count = parts_of(question), len(question.dimensions)
    amount, *per = (count + parts.index(part) for part in parts_of_metric(order.by))
    return itemgetter(amount) if not per else lambda row: row[amount] / row[per[0]] if row[per[0]] else None


def _lies_in(stretch: Stretch, whole: Stretch) -> bool:
    return whole.first <= stretch.first and stretch.last <= whole.last


def _too_heavy(cause: str) -> TooHeavy:
    return TooHeavy(
        "câu hỏi quá nặng: hỏi ít ngày hơn, ít chiều hơn hoặc lọc bớt · the question is too heavy: ask for fewer days "
        f"or dimensions, or filter ({cause})",
        cause=cause,
    )
