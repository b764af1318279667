"""The answer to a question: its rows in order, what they are together, and how they compare with earlier days."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal

from pipeline.clickhouse.client import ClickHouse
from pipeline.periods import ZONE, instants
from pipeline.reports.comparing import Earlier
from pipeline.reports.dimensions import PAGE
from pipeline.reports.metrics import Metric
from pipeline.reports.pages import PageFacts, PageGroups, Pages, group_pages
from pipeline.reports.question import BadQuestion, Question
from pipeline.reports.reading import Asked, Cell, Found, Reading
from pipeline.reports.statements import SEARCHES, Stretch, parts_of, parts_of_metric

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
    everything before is counted, as far as the caller knows; None if it does not.

    ``totals``: of all rows together. ``others``: of the rows that are not shown, searches of few readers included; None
    for a metric that does not add up. ``total_rows``: how many there are. ``compared``: the earlier days. Each is None
    unless it was asked for. ``pages``: what the CMS knows of the pages in rows.
    """

    question: Question
    rows: tuple[Row, ...]
    answered_from: Literal["roll_up", "raw"]
    complete_until: float | None = None
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

    ``now``: Unix seconds, by which the earlier of two periods is cut. ``complete_until``: goes into the answer.
    ``on_progress`` hears of the raw events that are read and of all that will be, and ``cancelled`` is asked, before
    each part of a question that reads many; either may raise an exception of its own.
    """
    groups = _group_pages(question, pages)
    earlier = question.earlier
    cut = earlier.cut(time.time() if now is None else now, question.since, question.until) if earlier else None
    whole = (Stretch(question.since, question.until),)
    before = _stretches(earlier, cut) if earlier else ()

    asked = Asked(question, whole)
    alone = replace(question, dimensions=(), order_by=(), total_rows=False, limit=1, offset=0)
    together = Asked(alone, whole) if question.totals else None
    asked_before = Asked(replace(question, total_rows=False), before, later=earlier, paged=False) if earlier else None
    together_before = (
        Asked(alone, before, later=earlier) if earlier and (question.totals or not question.dimensions) else None
    )
    every = [one for one in (asked, together, asked_before, together_before) if one]
    reading = Reading(client, groups, every, on_progress=on_progress, cancelled=cancelled)

    found = reading.read(asked)
    rows = [Row(keys, _numbers(question, sums)) for keys, sums in found.rows]
    totals = _together(alone, reading.read(together)) if together else None
    compared = None
    if earlier and asked_before:
        rows = _compare_rows(question, rows, reading.read(asked_before))
        totals_before = _together(alone, reading.read(together_before)) if together_before else None
        now_all = totals if totals is not None or question.dimensions else _together(alone, found)
        compared = Compared(
            since=earlier.since,
            until=earlier.until,
            ends_at=cut.timestamp() if cut else None,
            totals=totals_before,
            change=_changes(question, now_all, totals_before) if now_all and totals_before else None,
        )
    return Answer(
        question=question,
        rows=tuple(rows),
        answered_from="raw" if asked.raw else "roll_up",
        complete_until=_within(complete_until, question),
        totals=totals,
        others=_others(question, rows, totals) if totals else None,
        total_rows=found.total_rows,
        compared=compared,
        pages=_pages_in(question, rows, pages or {}),
    )


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


def _numbers(question: Question, sums: tuple[int, ...]) -> Numbers:
    """Metrics out of the sums of their parts."""
    of = dict(zip(parts_of(question), sums, strict=True))
    return tuple(_number(metric, *(of[part] for part in parts_of_metric(metric))) for metric in question.metrics)


def _number(metric: Metric, amount: int, per: int | None = None) -> Number:
    if not metric.per:
        return amount
    return round(metric.scale * amount / per, 1) if per else None


def _together(alone: Question, found: Found) -> Numbers:
    sums = found.rows[0][1] if found.rows else (0,) * len(parts_of(alone))
    return _numbers(alone, sums)


def _others(question: Question, rows: list[Row], totals: Numbers) -> Numbers:
    return tuple(
        (totals[place] or 0) - sum(row.metrics[place] or 0 for row in rows) if question.adds_up(metric) else None
        for place, metric in enumerate(question.metrics)
    )


def _compare_rows(question: Question, rows: list[Row], found: Found) -> list[Row]:
    before = {keys: _numbers(question, sums) for keys, sums in found.rows}
    # A query that few searched for then is not told apart, so that nothing can be said of it.
    missing = None if _hides(question) else _numbers(question, (0,) * len(parts_of(question)))
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
