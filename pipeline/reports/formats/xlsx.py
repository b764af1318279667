"""An answer or a ready-made report as a workbook: the numbers, and on a second sheet what they mean.

Numbers are numbers and days are dates, so that a spreadsheet adds them up and sorts them. Texts are texts, also those
that begin as a formula does: a path, a campaign or a search is what a stranger typed.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Any

from pipeline.reports.answer import Answer
from pipeline.reports.dimensions import HOUR, Dimension
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

Column = Dimension | Metric
Line = Sequence[Any]


def answer_to_xlsx(answer: Answer) -> bytes:
    """The rows, then the others and all of them together where they were asked for."""
    question = answer.question
    columns: tuple[Column, ...] = (*question.dimensions, *question.metrics)
    lines = [[*map(_value, question.dimensions, row.dimensions), *row.metrics] for row in answer.rows]
    return _workbook(columns, lines, list(_sums(answer)), list(_meanings_of(answer)))


def report_to_xlsx(report: Report) -> bytes:
    kind, query = report.query.kind, report.query
    lines = [[_value(column, cell) for column, cell in zip(kind.columns, row, strict=True)] for row in report.rows]
    sums: list[Line] = [["tổng", *(report.sums.get(column.name) for column in kind.columns[1:])]]
    meanings = [*_days(query.since, query.until, query.site), (), *map(_meaning, kind.metrics)]
    return _workbook(kind.columns, lines, sums, meanings)


def _sums(answer: Answer) -> Iterator[Line]:
    blanks = [None] * (len(answer.question.dimensions) - 1)
    if answer.question.dimensions:
        for name, numbers in (("khác", answer.others), ("tổng", answer.totals)):
            if numbers:
                yield [name, *blanks, *numbers]


def _meanings_of(answer: Answer) -> Iterator[Line]:
    question = answer.question
    yield from _days(question.since, question.until, question.site)
    yield "chia theo", "dimensions", ", ".join(one.name for one in question.dimensions)
    yield "trả lời từ", "answered from", answer.answered_from
    if answer.total_rows is not None:
        yield "số dòng", "rows", answer.total_rows
    yield ()
    for metric in question.metrics:
        yield _meaning(metric)


def _days(since: date, until: date, site: int) -> Iterator[Line]:
    yield "từ ngày", "since", since
    yield "đến hết ngày", "until", until
    yield "múi giờ", "time zone", "Asia/Ho_Chi_Minh"
    yield "cổng", "site", site or "mọi cổng · all sites"


def _meaning(metric: Metric) -> Line:
    return _heading(metric), metric.name, metric.definition_vi, metric.definition_en or metric.heading_en


def _value(column: Column, cell: Any) -> Any:
    """The day or the hour of a column of time, which an answer has as text."""
    if not (isinstance(column, Dimension) and column.is_time and isinstance(cell, str)):
        return cell
    return datetime.strptime(cell, "%Y-%m-%d %H:%M") if column is HOUR else date.fromisoformat(cell)


def _heading(column: Column) -> str:
    return column.heading_vi.replace("\n", " ")


def _workbook(
    columns: Sequence[Column], lines: Iterable[Line], sums: Iterable[Line], meanings: Iterable[Line]
) -> bytes:
    book = _Book()
    widths = [WIDE if isinstance(column, Dimension) and not column.is_time else NARROW for column in columns]
    head = [_heading(column) for column in columns]
    book.fill(
        NUMBERS, chain([(head, True)], ((line, False) for line in lines), ((line, True) for line in sums)), widths, "A2"
    )
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
