"""The answer to a question: its rows in order, what they are together, and how they compare with earlier days."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal, cast

from pipeline.clickhouse.client import ClickHouse, is_unknown_table
from pipeline.clickhouse.roll_ups import find_missing
from pipeline.clickhouse.roll_ups.retention import raw_since as find_raw_since
from pipeline.errors import Rejected
from pipeline.periods import ZONE, instants
from pipeline.reports.comparing import Earlier
from pipeline.reports.dimensions import PAGE, TARGET
from pipeline.reports.metrics import Metric
from pipeline.reports.pages import PageFacts, PageGroups, Pages, group_pages
from pipeline.reports.question import BadQuestion, Both, Condition, Question, Values
from pipeline.reports.reading import Asked, Cell, Found, Reading
from pipeline.reports.statements import SEARCHES, Part, Period, Stretch, parts_of, parts_of_metric

NARROWING_CHARS = 20_000

Number = int | float | None
Numbers = tuple[Number, ...]
Changes = tuple[float | None, ...]

__all__ = ["Answer", "Cell", "Compared", "Number", "Numbers", "Row", "answer"]


@dataclass(frozen=True)
class Row:
    """A cell for each dimension and a number for each metric of the question; an average of nothing is None.

    Where earlier days were asked for, ``earlier`` has theirs, or is None if it can't be told, and ``change`` is in
    percent of them; of numbers that are percent themselves it is the difference. It is None where there is none.
    """

    dimensions: tuple[Cell, ...]
    metrics: Numbers
    earlier: Numbers | None = None
    change: Changes | None = None


@dataclass(frozen=True)
class Compared:
    """The earlier days, ``since`` to ``until``. ``ends_at``: Unix seconds at which the last one was cut, since the
    question's own day was not over; None if they count whole. ``totals`` and ``change``: as in Row, of all rows
    together.
    """

    since: date
    until: date
    ends_at: float | None = None
    totals: Numbers | None = None
    change: Changes | None = None


@dataclass(frozen=True)
class Answer:
    """``answered_from``: whether any number of the question comes from raw events. ``complete_until``: Unix seconds;
    everything before is counted, as far as the caller knows; None if it does not. ``raw_since``: the first day of which
    raw events are kept, if the answer has to do without those of days before.

    ``totals``: of all rows together. ``others``: of the rows that are not shown, searches of few readers included; None
    for a metric that does not add up. ``total_rows``: how many there are. ``compared``: the earlier days. Each is None
    unless it was asked for. ``pages``: what the CMS knows of the pages in rows.
    """

    question: Question
    rows: tuple[Row, ...]
    answered_from: Literal["roll_up", "raw"]
    complete_until: float | None = None
    raw_since: date | None = None
    totals: Numbers | None = None
    others: Numbers | None = None
    total_rows: int | None = None
    compared: Compared | None = None
    pages: Mapping[int, PageFacts] = field(default_factory=dict)

    @property
    def definitions(self) -> dict[str, tuple[str, str]]:
        """By the name of each metric, what it is, in Vietnamese and in English."""
        return {one.name: (one.definition_vi, one.definition_en) for one in self.question.metrics}


def answer(
    client: ClickHouse,
    question: Question,
    *,
    pages: Pages | None = None,
    now: float | None = None,
    complete_until: float | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Answer:
    """Raises BadQuestion if it needs ``pages`` and there are none, TooHeavy, Cancelled, Unavailable or Rejected.

    ``now``: Unix seconds, by which the earlier of two periods is cut. ``complete_until``: goes into the answer, and the
    earlier period ends there if it is before ``now``.
    ``on_progress`` hears of the raw events that are read and of all that will be, and ``cancelled`` is asked, before
    each part of a question that reads many; either may raise an exception of its own.
    """
    asking = _Asking(
        client=client,
        question=question,
        pages=pages,
        now=time.time() if now is None else now,
        complete_until=complete_until,
        on_progress=on_progress,
        cancelled=cancelled,
    )
    try:
        return asking.answer()
    except Rejected as error:
        without = frozenset(find_missing(client)) if is_unknown_table(error) else None
        if not without:
            raise
    return replace(asking, without=without).answer()


@dataclass(frozen=True)
class _Asking:
    """``without``: roll-ups that this installation does not have yet."""

    client: ClickHouse
    question: Question
    pages: Pages | None
    now: float
    complete_until: float | None
    on_progress: Callable[[int, int], None]
    cancelled: Callable[[], bool]
    without: frozenset[str] = frozenset()

    def answer(self) -> Answer:
        question, earlier = self.question, self.question.earlier
        asked, together = self._of_itself()
        raw_since = find_raw_since(self.client) if asked.raw or earlier else None
        before, together_before = self._of_earlier(earlier, raw_since) if earlier else (None, None)
        every = {id(one): one for one in (asked, together, before, together_before) if one}
        reading = Reading(
            self.client,
            _group_pages(question, self.pages),
            list(every.values()),
            on_progress=self.on_progress,
            cancelled=self.cancelled,
        )
        found = reading.read(asked)
        rows = [Row(keys, _numbers(question, sums)) for keys, sums in found.rows]
        totals = _together(together, found if together is asked else reading.read(together)) if together else None
        compared = None
        if earlier and before:
            unknown = before.parts_of_raw_events(before=raw_since) if raw_since else frozenset()
            found_before = reading.read(_narrow(before, rows))
            rows = _compare_rows(question, rows, found_before, unknown)
            totals_before = None
            if together_before:
                whole_before = found_before if together_before is before else reading.read(together_before)
                totals_before = _together(together_before, whole_before, unknown)
            compared = Compared(
                since=earlier.since,
                until=earlier.until,
                ends_at=_timestamp(before.period.stretches[-1].ends),
                totals=totals_before,
                change=_changes(question, totals, totals_before) if totals and totals_before else None,
            )
        return Answer(
            question=question,
            rows=tuple(rows),
            answered_from="raw" if asked.raw else "roll_up",
            complete_until=_within(self.complete_until, question),
            raw_since=raw_since if asked.raw and raw_since and raw_since > question.since else None,
            totals=totals,
            others=_others(question, rows, totals) if totals else None,
            total_rows=found.total_rows,
            compared=compared,
            pages=_pages_in(question, rows, self.pages or {}),
        )

    def _of_itself(self) -> tuple[Asked, Asked | None]:
        """What is asked, and of all rows together if that is too; the same where there is but one row."""
        whole = (Stretch(self.question.since, self.question.until),)
        asked = Asked(Period(self.question, whole, without=self.without))
        return asked, self._together_of(asked, one_row=not self.question.dimensions and not self.question.offset)

    def _together_of(self, asked: Asked, *, one_row: bool) -> Asked | None:
        if not self.question.totals:
            return None
        return asked if one_row else Asked(replace(asked.period, question=_alone(asked.question)))

    def _of_earlier(self, earlier: Earlier, raw_since: date | None) -> tuple[Asked, Asked | None]:
        counted = self.now if self.complete_until is None else min(self.now, self.complete_until)
        cut = earlier.cut(counted, self.question.since, self.question.until)
        if cut and raw_since and cut.astimezone(ZONE).date() < raw_since:
            cut = cut.replace(minute=0, second=0, microsecond=0)  # as sums by hour have it
        stretches = _stretches(earlier, cut)
        question = replace(self.question, total_rows=False)
        before = Asked(Period(question, stretches, later=earlier, without=self.without), paged=False)
        return before, self._together_of(before, one_row=not question.dimensions)


def _alone(question: Question) -> Question:
    """All rows together."""
    return replace(question, dimensions=(), order_by=(), total_rows=False, limit=1, offset=0)


def _group_pages(question: Question, pages: Pages | None) -> PageGroups:
    names = tuple(dict.fromkeys(one.of_page for one in question.columns if one.of_page))
    if names and pages is None:
        asked = ", ".join(one.name for one in question.columns if one.of_page)
        raise BadQuestion(f"{asked}: chỉ CMS biết, mà ở đây không có CMS · only the CMS knows, and there is none here")
    return group_pages(pages or {}, names)


def _stretches(earlier: Earlier, cut: datetime | None) -> tuple[Stretch, ...]:
    if cut is None:
        return (Stretch(earlier.since, earlier.until),)
    last = cut.astimezone(ZONE).date()
    before = last - timedelta(days=1)
    whole = (Stretch(earlier.since, before),) if before >= earlier.since else ()
    return (*whole, Stretch(last, last, ends=cut))


def _narrow(before: Asked, rows: list[Row]) -> Asked:
    """Of what these rows are of, as far as that is not too much to say."""
    question, conditions, room = before.question, [], NARROWING_CHARS
    for place, dimension in enumerate(question.dimensions):
        values = tuple(dict.fromkeys(row.dimensions[place] for row in rows))
        room -= sum(len(str(one)) for one in values)
        if room > 0 and not dimension.is_time and dimension is not TARGET:
            conditions.append(Condition("is", dimension, cast(Values, values)))
    filters = Both((question.filters, *conditions))
    return replace(before, period=replace(before.period, question=replace(question, filters=filters)))


def _numbers(question: Question, sums: tuple[int, ...], unknown: Collection[Part] = ()) -> Numbers:
    """Metrics out of the sums of their parts; None of a metric with a part that is not known."""
    of = dict(zip(parts_of(question), sums, strict=True))
    every = ((metric, parts_of_metric(metric)) for metric in question.metrics)
    return tuple(
        None if any(part in unknown for part in parts) else _number(metric, *(of[part] for part in parts))
        for metric, parts in every
    )


def _number(metric: Metric, amount: int, per: int | None = None) -> Number:
    if not metric.per:
        return amount
    return round(metric.scale * amount / per, 1) if per else None


def _together(asked: Asked, found: Found, unknown: Collection[Part] = ()) -> Numbers:
    sums = found.rows[0][1] if found.rows else (0,) * len(parts_of(asked.question))
    return _numbers(asked.question, sums, unknown)


def _others(question: Question, rows: list[Row], totals: Numbers) -> Numbers:
    return tuple(
        (totals[place] or 0) - sum(row.metrics[place] or 0 for row in rows) if question.adds_up(metric) else None
        for place, metric in enumerate(question.metrics)
    )


def _compare_rows(question: Question, rows: list[Row], found: Found, unknown: Collection[Part]) -> list[Row]:
    before = {keys: _numbers(question, sums, unknown) for keys, sums in found.rows}
    # A query that few searched for then is not told apart, so that nothing can be said of it.
    missing = None if _hides(question) else _numbers(question, (0,) * len(parts_of(question)), unknown)
    compared = ((row, before.get(row.dimensions, missing)) for row in rows)
    return [
        replace(row, earlier=earlier, change=_changes(question, row.metrics, earlier) if earlier else None)
        for row, earlier in compared
    ]


def _hides(question: Question) -> bool:
    return any(one.column == "target" for one in question.dimensions) and any(
        SEARCHES in metric.measures for metric in question.metrics
    )


def _changes(question: Question, numbers: Numbers, earlier: Numbers) -> Changes:
    return tuple(map(_change, question.metrics, numbers, earlier))


def _change(metric: Metric, number: Number, earlier: Number) -> float | None:
    if number is None or earlier is None:
        return None
    if metric.unit == "percent":
        return round(number - earlier, 1)
    return round(100 * (number - earlier) / earlier, 1) if earlier else None


def _timestamp(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _within(complete_until: float | None, question: Question) -> float | None:
    """Not after the question's last day."""
    return (
        None if complete_until is None else min(complete_until, instants(question.since, question.until)[1].timestamp())
    )


def _pages_in(question: Question, rows: list[Row], pages: Pages) -> Mapping[int, PageFacts]:
    if PAGE not in question.dimensions:
        return {}
    place = question.dimensions.index(PAGE)
    shown = {int(row.dimensions[place]) for row in rows}
    return {page: pages[page] for page in sorted(shown) if page in pages}
