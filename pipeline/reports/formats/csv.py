"""A report as CSV, with the names of its columns in the first line.

Where earlier days were asked for, each metric is followed by theirs and by the change.
"""

import csv
import io
from collections.abc import Iterator

from pipeline.reports.answer import Answer, Cell, Number, Row
from pipeline.reports.run import Report


def to_csv(report: Report) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(column.name for column in report.query.kind.columns)
    writer.writerows([_harmless(cell) for cell in row] for row in report.rows)
    return text.getvalue()


def answer_to_csv(answer: Answer) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    question = answer.question
    names = (f"{before}{one.name}" for one in question.metrics for before in _kinds(answer))
    writer.writerow([*(one.name for one in question.dimensions), *names])
    writer.writerows([*map(_harmless, row.dimensions), *numbers_of(row, answer)] for row in answer.rows)
    return text.getvalue()


def numbers_of(row: Row, answer: Answer) -> Iterator[Number]:
    """The cells of a row's metrics, in the order of their columns."""
    if answer.compared is None:
        yield from row.metrics
        return
    nothing = (None,) * len(row.metrics)
    for three in zip(row.metrics, row.earlier or nothing, row.change or nothing, strict=True):
        yield from three


def _kinds(answer: Answer) -> tuple[str, ...]:
    return ("",) if answer.compared is None else ("", "earlier_", "change_")


def _harmless(cell: Cell) -> Cell:
    """A cell may be text that an editor chose, such as a path; a spreadsheet must not take it for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
