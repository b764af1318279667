"""From answers to what a screen shows: a chart, a table whose rows add up, and words for both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from cms.statistics.charts import Bar, Caption, Figure, Line, Mark, bars, curve, heat_map
from cms.statistics.numbers import UNKNOWN
from cms.statistics.reports.facts import Publication, titles_of
from cms.statistics.reports.screens import BARS, Part
from cms.statistics.reports.selection import Selection
from cms.statistics.reports.words import HEADINGS, WEEKDAYS, decimal, name_of, number_of, province, short_name_of
from pipeline.periods import Periods, local_date
from pipeline.reports.answer import Answer, Number, Numbers, Row
from pipeline.reports.dimensions import DIMENSIONS, Dimension
from pipeline.reports.metrics import Metric

HOURS = range(24)
# Means another thing in each part of a screen, so that a filter by it would empty the others.
NOT_FOLLOWED = ("target",)


@dataclass(frozen=True)
class Cell:
    """`url` leads to the same screen with this value alone; `page_url` to the page's editor."""

    text: str
    url: str = ""
    page_url: str = ""


@dataclass(frozen=True)
class Count:
    """`change`: in words, since the earlier days; empty if nothing is compared. `direction`: up, down or nothing."""

    text: str
    change: str = ""
    before: str = ""
    direction: str = ""


@dataclass(frozen=True)
class Column:
    """A heading; `url` sorts by it. `sorted_by`: "descending", "ascending" or nothing."""

    text: str
    about: str = ""
    url: str = ""
    sorted_by: str = ""


@dataclass(frozen=True)
class TableRow:
    cells: Sequence[Cell]
    counts: Sequence[Count]


@dataclass(frozen=True)
class Table:
    names: Sequence[Column]
    columns: Sequence[Column]
    rows: Sequence[TableRow]
    others: TableRow | None
    totals: TableRow | None
    before_url: str = ""
    next_url: str = ""
    place: str = ""


@dataclass(frozen=True)
class Shown:
    """A part as its template takes it. `from_raw`: it was answered from raw events, which takes longer."""

    part: Part
    figure: Figure | None
    table: Table | None
    numbers: Sequence[tuple[Column, Count]]
    from_raw: bool
    downloads: Sequence[tuple[str, str]]

    @property
    def empty(self) -> bool:
        return not self.numbers and not (self.table and self.table.rows)


def show(part: Part, answer: Answer, selection: Selection, *, publications: Sequence[Publication] = ()) -> Shown:
    """The part with its answer. `publications` are marked on a curve."""
    names = Names(answer)
    figure, table = None, None
    numbers: Sequence[tuple[Column, Count]] = ()
    if part.chart == "numbers":
        numbers = tuple(_headline(answer))
    elif part.chart == "curve":
        figure = _curve(part, answer, selection, publications if part.marks else ())
    elif answer.rows:
        table = _table(part, answer, selection, names)
        figure = {"bars": _bars, "heat": _heat}.get(part.chart, _no_figure)(part, answer, names)
    return Shown(
        part=part,
        figure=figure,
        table=None if part.chart in ("curve", "heat") else table,
        numbers=numbers,
        from_raw=answer.answered_from == "raw",
        downloads=[
            (kind, f"?{selection.to_query(download=f'{part.name}.{kind}')}") for kind in ("csv", "xlsx", "json")
        ],
    )


class Names:
    """How people call the values of an answer's dimensions; the titles of pages come from the CMS in one query."""

    def __init__(self, answer: Answer) -> None:
        self._dimensions = answer.question.dimensions
        self._country = next((place for place, one in enumerate(self._dimensions) if one.name == "country"), None)
        place = next((place for place, one in enumerate(self._dimensions) if one.name == "page"), None)
        pages = {int(row.dimensions[place]) for row in answer.rows} if place is not None else set()
        self._titles = titles_of(pages - {0}) if pages else {}

    def cells(self, row: Row, selection: Selection) -> Iterator[Cell]:
        for dimension, value in zip(self._dimensions, row.dimensions, strict=True):
            query = selection.only(dimension.name, value).to_query()
            url = "" if dimension.is_time or dimension.name in NOT_FOLLOWED else f"?{query}"
            if dimension.name == "page":
                title, is_there = self.page(int(value))
                url = f"{reverse('nhip_reports:screen', args=['overview'])}?{query}" if value else ""
                page_url = reverse("wagtailadmin_pages:edit", args=[value]) if is_there else ""
                yield Cell(title, url, page_url)
            else:
                yield Cell(self._name(dimension, value, row), url)

    def text(self, row: Row) -> str:
        return " · ".join(cell for cell in self.texts(row) if cell)

    def texts(self, row: Row) -> Iterator[str]:
        for dimension, value in zip(self._dimensions, row.dimensions, strict=True):
            yield self.page(int(value))[0] if dimension.name == "page" else self._name(dimension, value, row)

    def _name(self, dimension: Dimension, value: str | int, row: Row) -> str:
        """A code of a province is its country's."""
        if dimension.name == "province" and self._country is not None:
            return province(str(row.dimensions[self._country]), str(value))
        return name_of(dimension.name, value)

    def page(self, page_id: int) -> tuple[str, bool]:
        """Its title, and whether it can be opened."""
        if not page_id:
            return str(_("(không thuộc trang nào)")), False
        title, is_there = self._titles.get(page_id, (str(_("Trang số %(number)s") % {"number": page_id}), False))
        return (title, True) if is_there else (str(_("%(title)s (đã xóa)") % {"title": title}), False)


def heading(column: Metric | Dimension) -> str:
    """How people call a column."""
    if column.name in HEADINGS:
        return str(HEADINGS[column.name])
    text = column.heading_vi.replace("\n", " ")
    return text[:1].upper() + text[1:]


def count_of(metric: Metric, number: Number, earlier: Number = None, change: float | None = None) -> Count:
    """`change` is in percent, or in points of percent where the number is percent itself."""
    text = number_of(metric, number)
    if earlier is None:
        return Count(text)
    direction = "" if not change else "up" if change > 0 else "down"
    return Count(text, change_in_words(metric, number, earlier, change), number_of(metric, earlier), direction)


def change_in_words(metric: Metric, number: Number, earlier: Number, change: float | None) -> str:
    if change is None:
        return str(_("mới")) if number and not earlier else UNKNOWN
    sign = "+" if change > 0 else "−" if change < 0 else "±"
    unit = _("điểm") if metric.unit == "percent" else "%"
    return f"{sign}{decimal(abs(change))} {unit}"


def _counts(answer: Answer, numbers: Numbers, earlier: Numbers | None, change: Any) -> list[Count]:
    return [
        count_of(
            metric, numbers[place], earlier[place] if earlier else None, change[place] if change is not None else None
        )
        for place, metric in enumerate(answer.question.metrics)
    ]


def _headline(answer: Answer) -> Iterator[tuple[Column, Count]]:
    row = answer.rows[0] if answer.rows else None
    nothing: Numbers = tuple(None if metric.per else 0 for metric in answer.question.metrics)
    numbers = row.metrics if row else nothing
    compared = answer.compared
    earlier = (row.earlier if row else None) or (compared.totals if compared else None)
    change = (row.change if row else None) or (compared.change if compared else None)
    counts = _counts(answer, numbers, earlier, change)
    for metric, count in zip(answer.question.metrics, counts, strict=True):
        yield Column(heading(metric), metric.definition_vi), count


def _table(part: Part, answer: Answer, selection: Selection, names: Names) -> Table:
    question = answer.question
    rows = [
        TableRow(list(names.cells(row, selection)), _counts(answer, row.metrics, row.earlier, row.change))
        for row in answer.rows
    ]
    blank = [Cell("")] * (len(question.dimensions) - 1)
    # What does not add up, such as readers who read several pages, has no others.
    others = (
        TableRow(
            [Cell(str(_("Còn lại"))), *blank],
            [count_of(*pair) for pair in zip(question.metrics, answer.others, strict=True)],
        )
        if answer.others and any(answer.others)
        else None
    )
    compared = answer.compared
    totals = None
    if answer.totals:
        counts = _counts(
            answer, answer.totals, compared.totals if compared else None, compared.change if compared else None
        )
        totals = TableRow([Cell(str(_("Tổng"))), *blank], counts)
    before, after, place = _paging(part, answer, selection)
    return Table(
        names=[Column(one) for one in _names_of(part, answer)],
        columns=[_column(metric, question.metrics[0], selection) for metric in question.metrics],
        rows=rows,
        others=others,
        totals=totals,
        before_url=before,
        next_url=after,
        place=place,
    )


def _names_of(part: Part, answer: Answer) -> list[str]:
    """Headings of the dimensions: the part's own words, if it has any."""
    return [str(one) for one in part.names] or [heading(one) for one in answer.question.dimensions]


def _column(metric: Metric, first: Metric, selection: Selection) -> Column:
    """Sorted by the largest first, and the other way round when it is so already."""
    order = selection.order or f"-{first.name}"
    by = order.lstrip("-") == metric.name
    sorted_by = ("descending" if order.startswith("-") else "ascending") if by else ""
    following = metric.name if sorted_by == "descending" else f"-{metric.name}"
    url = f"?{replace(selection, page=1).to_query(order=following)}"
    return Column(heading(metric), metric.definition_vi, url, sorted_by)


def _paging(part: Part, answer: Answer, selection: Selection) -> tuple[str, str, str]:
    count, offset = answer.total_rows or 0, answer.question.offset
    if count <= len(answer.rows):
        return "", "", ""
    before = f"?{replace(selection, page=selection.page - 1).to_query()}" if offset else ""
    after = f"?{replace(selection, page=selection.page + 1).to_query()}" if offset + len(answer.rows) < count else ""
    said = _("%(first)s–%(last)s trong %(count)s dòng") % {
        "first": decimal(offset + 1),
        "last": decimal(offset + len(answer.rows)),
        "count": decimal(count),
    }
    return (before, after, said) if part.rows > BARS else ("", "", said)


# charts


def _no_figure(_part: Part, _answer: Answer, _names: Names) -> None:
    return None


def _bars(part: Part, answer: Answer, names: Names) -> Figure:
    metric = answer.question.metrics[0]
    rows = [Bar(names.text(row), row.metrics[0], row.earlier[0] if row.earlier else None) for row in answer.rows[:BARS]]
    title = f"{part.heading}: {heading(metric).lower()}"
    description = _("%(count)s dòng đầu, nhiều nhất là %(name)s với %(number)s") % {
        "count": len(rows),
        "name": rows[0].name,
        "number": number_of(metric, answer.rows[0].metrics[0]),
    }
    table = [[bar.name, number_of(metric, bar.value)] for bar in rows]
    return Figure(
        title,
        lambda width: bars(rows, caption=Caption(title, description), width=width),
        [*_names_of(part, answer)[:1], heading(metric)],
        table,
        legend=str(_("Vạch đỏ: kỳ trước.")) if answer.compared else "",
    )


def _heat(part: Part, answer: Answer, _names: Names) -> Figure:
    metric = answer.question.metrics[0]
    found = {tuple(map(int, row.dimensions)): row.metrics[0] for row in answer.rows}
    values = [[found.get((weekday, hour), 0) for hour in HOURS] for weekday in WEEKDAYS]
    weekdays = [str(name) for name in WEEKDAYS.values()]
    hours = [str(hour) for hour in HOURS]
    busiest = max(found, key=lambda place: found[place] or 0)
    title = str(part.heading)
    description = _("Đông nhất: %(weekday)s lúc %(hour)s giờ, %(number)s") % {
        "weekday": WEEKDAYS[busiest[0]],
        "hour": busiest[1],
        "number": number_of(metric, found[busiest]),
    }

    def draw(width: float) -> str:
        return heat_map(
            weekdays,
            hours,
            values,
            caption=Caption(title, description),
            ends=(str(_("ít")), str(_("nhiều"))),
            width=width,
        )

    rows = [[name, *(number_of(metric, value) for value in row)] for name, row in zip(weekdays, values, strict=True)]
    return Figure(title, draw, [str(_("Thứ")), *(f"{hour}h" for hour in hours)], rows)


def _curve(part: Part, answer: Answer, selection: Selection, publications: Sequence[Publication]) -> Figure:
    metric = answer.question.metrics[0]
    grain = answer.question.dimensions[0].name
    by_time = {str(row.dimensions[0]): row for row in answer.rows}
    times = list(times_between(grain, selection.since, selection.until))
    # A day without a row had nothing; what was on the earlier one is then not known.
    values = [by_time[one].metrics[0] if one in by_time else 0 for one in times]
    compared = answer.compared is not None
    earlier = [by_time[one].earlier[0] if one in by_time and by_time[one].earlier else None for one in times]  # type: ignore[index]
    complete = _complete(answer, grain, times)
    labels = [short_name_of(grain, one) for one in times]
    marks = list(_marks(grain, times, publications))
    title = f"{part.heading}: {heading(metric).lower()}"
    description = _curve_in_words(metric, labels, values, len(marks))
    before = Line(str(_("Kỳ trước")), earlier) if compared else None

    def draw(width: float) -> str:
        return curve(
            labels,
            Line(heading(metric), values),
            caption=Caption(title, description),
            before=before,
            marks=marks,
            complete=complete,
            size=(width, 260.0),
        )

    posted: dict[int, list[str]] = {}
    for mark in marks:
        posted.setdefault(mark.place, []).append(mark.label)
    headings = [heading(DIMENSIONS[grain]), heading(metric)]
    headings += [str(_("Kỳ trước"))] * compared + [str(_("Đăng"))] * bool(marks)
    rows = [
        [
            name_of(grain, one),
            number_of(metric, values[place]),
            *([number_of(metric, earlier[place])] if compared else []),
            *([", ".join(posted.get(place, []))] if marks else []),
        ]
        for place, one in enumerate(times)
    ]
    return Figure(title, draw, headings, rows, legend=_curve_legend(compared, bool(marks), complete, len(times)))


def _curve_legend(compared: bool, marked: bool, complete: int | None, count: int) -> str:
    said = [
        str(words)
        for words, holds in (
            (_("Nét chấm: kỳ trước."), compared),
            (_("◆: đăng bài."), marked),
            (_("Nét đứt: chưa hết ngày."), complete is not None and complete < count),
        )
        if holds
    ]
    return " ".join(said)


def _curve_in_words(metric: Metric, labels: Sequence[str], values: Sequence[Number], marks: int) -> str:
    if not any(values):
        return str(_("Chưa có gì trong những ngày này"))
    most = max(range(len(values)), key=lambda place: values[place] or 0)
    said = _("Từ %(first)s đến %(last)s; nhiều nhất %(most)s vào %(when)s") % {
        "first": labels[0],
        "last": labels[-1],
        "most": number_of(metric, values[most]),
        "when": labels[most],
    }
    return said + (_("; %(count)s lần đăng bài được đánh dấu") % {"count": marks} if marks else "")


def _complete(answer: Answer, grain: str, times: Sequence[str]) -> int | None:
    """How many points are whole: those that end before everything is counted."""
    if answer.complete_until is None or grain == "hour":
        return None
    reached = local_date(answer.complete_until)
    return sum(1 for one in times if _end_of(grain, date.fromisoformat(one)) < reached)


def times_between(grain: str, since: date, until: date) -> Iterator[str]:
    """The values of a dimension of time from the first day to the last."""
    if grain == "hour":
        for one in _days(since, until):
            yield from (f"{one.isoformat()} {hour:02}:00" for hour in HOURS)
        return
    last = ""
    for one in _days(since, until):
        value = _start_of(grain, one).isoformat()
        if value != last:
            yield value
        last = value


def _days(since: date, until: date) -> Iterator[date]:
    for place in range((until - since).days + 1):
        yield since + timedelta(days=place)


def _start_of(grain: str, one: date) -> date:
    if grain == "week":
        return Periods(one).week
    return Periods(one).month if grain == "month" else one


def _end_of(grain: str, start: date) -> date:
    if grain == "week":
        return start + timedelta(days=6)
    if grain == "month":
        return (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return start


def _marks(grain: str, times: Sequence[str], publications: Sequence[Publication]) -> Iterator[Mark]:
    places = {one: place for place, one in enumerate(times)}
    for publication in publications:
        value = _start_of(grain, publication.day).isoformat()
        if value in places:
            yield Mark(places[value], publication.title)


def publishing_table(
    selection: Selection, answer: Answer, publications: Sequence[Publication], views: Mapping[int, Number]
) -> tuple[Sequence[Column], Sequence[Sequence[str]]]:
    """How much was published in each stretch of time, and how much was read then and of that."""
    grain = answer.question.dimensions[0].name
    by_time = {str(row.dimensions[0]): row.metrics[0] or 0 for row in answer.rows}
    published: dict[str, list[Publication]] = {}
    for one in publications:
        published.setdefault(_start_of(grain, one.day).isoformat(), []).append(one)
    rows = []
    for time in times_between(grain, selection.since, selection.until):
        posted = published.get(time, [])
        of_these = sum(views.get(one.page_id, 0) or 0 for one in posted)
        rows.append(
            [
                name_of(grain, time),
                decimal(len(posted)),
                decimal(by_time.get(time, 0)),
                decimal(of_these) if posted else UNKNOWN,
                decimal(round(of_these / len(posted), 1)) if posted else UNKNOWN,
            ]
        )
    columns = [
        Column(heading(DIMENSIONS[grain])),
        Column(str(_("Số trang đăng"))),
        Column(str(_("Lượt xem cả cổng"))),
        Column(str(_("Lượt xem của các trang ấy trong kỳ"))),
        Column(str(_("Trung bình một trang"))),
    ]
    return columns, rows
