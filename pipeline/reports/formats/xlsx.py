"""An answer or a ready-made report as a workbook: the numbers, and on a second sheet what they mean.

Numbers are numbers and days are dates, so that a spreadsheet adds them up and sorts them. Texts are texts, also those
that begin as a formula does: a path, a campaign or a search is what a stranger typed.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from pipeline.periods import ZONE
from pipeline.reports.answer import Answer, Row
from pipeline.reports.dimensions import HOUR, PAGE, Dimension
from pipeline.reports.formats.csv import numbers_of
from pipeline.reports.formats.json import question_to_object
from pipeline.reports.metrics import Metric
from pipeline.reports.run import Report

NUMBERS = "Số liệu"
MEANINGS = "Giải thích"
WHOLE = "#,##0"
FRACTION = "#,##0.0"
DAY = "dd/mm/yyyy"
MOMENT = "dd/mm/yyyy hh:mm"
AS_TEXT = "@"  # a text that is edited in the sheet stays one
NARROW, WIDE = 14, 44  # characters
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2

Line = Sequence[Any]


def answer_to_xlsx(answer: Answer) -> bytes:
    """The rows, then the others and all of them together where they were asked for; pages have their titles."""
    lines = [[*_cells(answer, row), *numbers_of(row, answer)] for row in answer.rows]
    return _workbook(_columns(answer), lines, list(_sums(answer)), list(_meanings_of(answer)))


def report_to_xlsx(report: Report) -> bytes:
    kind, query = report.query.kind, report.query
    columns = [_column(column) for column in kind.columns]
    lines = [[_value(column, cell) for column, cell in zip(kind.columns, row, strict=True)] for row in report.rows]
    sums: list[Line] = [["tổng", *(report.sums.get(column.name) for column in kind.columns[1:])]]
    meanings = [*_days("số liệu · figures", query.since, query.until), *_site(query.site), *map(_meaning, kind.metrics)]
    return _workbook(columns, lines, sums, meanings)


class Column(NamedTuple):
    heading: str
    width: int


def _columns(answer: Answer) -> list[Column]:
    question = answer.question
    found: list[Column] = []
    for dimension in question.dimensions:
        found.append(_column(dimension))
        if dimension is PAGE and answer.pages:
            found.append(Column("tiêu đề", WIDE))
    for metric in question.metrics:
        heading = _heading(metric)
        found.append(Column(heading, NARROW))
        if answer.compared:
            change = "điểm %" if metric.unit == "percent" else "%"
            found += [Column(f"{heading}, kỳ trước", NARROW), Column(f"{heading}, thay đổi {change}", NARROW)]
    return found


def _column(column: Dimension | Metric) -> Column:
    wide = isinstance(column, Dimension) and not column.is_time and not column.is_number
    return Column(_heading(column), WIDE if wide else NARROW)


def _cells(answer: Answer, row: Row) -> Iterator[Any]:
    for dimension, cell in zip(answer.question.dimensions, row.dimensions, strict=True):
        yield _value(dimension, cell)
        if dimension is PAGE and answer.pages:
            facts = answer.pages.get(int(cell))
            yield facts.title if facts else None


def _sums(answer: Answer) -> Iterator[Line]:
    """Nothing without dimensions: the one row is all there is."""
    question, compared = answer.question, answer.compared
    if not question.dimensions:
        return
    blanks = [None] * (len(_columns(answer)) - len(question.metrics) * (3 if compared else 1) - 1)
    if answer.others:
        yield ["khác", *blanks, *numbers_of(Row((), answer.others), answer)]
    if answer.totals:
        together = Row((), answer.totals, *((compared.totals, compared.change) if compared else ()))
        yield ["tổng", *blanks, *numbers_of(together, answer)]


def _meanings_of(answer: Answer) -> Iterator[Line]:
    question, compared = answer.question, answer.compared
    yield from _days("số liệu · figures", question.since, question.until)
    if compared:
        yield from _days("kỳ trước · earlier", compared.since, compared.until)
        if compared.ends_at:
            yield "kỳ trước tính đến", "earlier until", _local(compared.ends_at)
    yield from _site(question.site)
    yield "đủ đến", "complete until", _local(answer.complete_until)
    yield "trả lời từ", "answered from", answer.answered_from
    if answer.raw_since:
        yield "sự kiện gốc còn từ", "raw events since", answer.raw_since
    if answer.total_rows is not None:
        yield "số dòng", "rows", answer.total_rows
    yield "câu hỏi", "question", msgspec.json.encode(question_to_object(question)).decode()
    yield from map(_meaning, question.metrics)


def _days(which: str, since: date, until: date) -> Iterator[Line]:
    yield which, "từ ngày · since", since
    yield which, "đến hết ngày · until", until


def _site(site: int) -> Iterator[Line]:
    yield "cổng", "site", site or "mọi cổng · all sites"
    yield "múi giờ", "time zone", ZONE.key


def _meaning(metric: Metric) -> Line:
    return _heading(metric), metric.name, metric.definition_vi, metric.definition_en or metric.heading_en


def _local(at: float | None) -> datetime | None:
    """A spreadsheet's times have no zone."""
    return None if at is None else datetime.fromtimestamp(at, ZONE).replace(tzinfo=None, microsecond=0)


def _value(column: Dimension | Metric, cell: Any) -> Any:
    """The day or the hour of a column of time, which an answer has as text."""
    if not (isinstance(column, Dimension) and column.is_time and isinstance(cell, str)):
        return cell
    return datetime.strptime(cell, "%Y-%m-%d %H:%M") if column is HOUR else date.fromisoformat(cell)


def _heading(column: Dimension | Metric) -> str:
    return column.heading_vi.replace("\n", " ")


def _workbook(
    columns: Sequence[Column], lines: Iterable[Line], sums: Iterable[Line], meanings: Iterable[Line]
) -> bytes:
    book = _Book()
    head = [column.heading for column in columns]
    rows = chain([(head, True)], ((line, False) for line in lines), ((line, True) for line in sums))
    book.fill(NUMBERS, rows, [column.width for column in columns], "A2")
    book.fill(MEANINGS, ((line, False) for line in meanings), (WIDE // 2, WIDE // 2, WIDE, WIDE))
    return book.bytes()


class _Book:
    """openpyxl's workbook, written row by row."""

    def __init__(self) -> None:
        from openpyxl import Workbook  # noqa: PLC0415 - a tenth of a second, and memory, that most commands do not need
        from openpyxl.styles import Font  # noqa: PLC0415

        self._book = Workbook(write_only=True)
        self._bold = Font(bold=True)

    def fill(
        self, title: str, lines: Iterable[tuple[Line, bool]], widths: Sequence[int], frozen: str | None = None
    ) -> None:
        """A sheet of ``lines``, each with whether it is bold; what is above and left of ``frozen`` does not scroll."""
        from openpyxl.utils import get_column_letter  # noqa: PLC0415

        sheet = self._book.create_sheet(title)
        sheet.freeze_panes = frozen
        for place, width in enumerate(widths, 1):
            sheet.column_dimensions[get_column_letter(place)].width = width
        for line, bold in lines:
            sheet.append([self._cell(sheet, value, bold=bold) for value in line])

    def bytes(self) -> bytes:
        file = io.BytesIO()
        self._book.save(file)
        return file.getvalue()

    def _cell(self, sheet: Any, value: Any, *, bold: bool) -> Any:
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

        is_text = isinstance(value, str)
        cell = WriteOnlyCell(sheet, NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", value) if is_text else value)
        if is_text:
            cell.data_type = "s"  # openpyxl takes "=…" for a formula, and "#N/A" for an error
        cell.number_format = _format_of(value)
        if bold:
            cell.font = self._bold
        return cell


def _format_of(value: Any) -> str:
    match value:
        case str():
            return AS_TEXT
        case datetime():
            return MOMENT
        case date():
            return DAY
        case float():
            return FRACTION
        case int():
            return WHOLE
    return "General"
