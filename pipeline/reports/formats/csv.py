"""A report as CSV, with the names of its columns in the first line."""

import csv
import io

from pipeline.reports.answer import Answer, Cell
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
    writer.writerow([*(one.name for one in question.dimensions), *(one.name for one in question.metrics)])
    writer.writerows([*map(_harmless, row.dimensions), *row.metrics] for row in answer.rows)
    return text.getvalue()


def _harmless(cell: Cell) -> Cell:
    """A cell may be text that an editor chose, such as a path; a spreadsheet must not take it for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
