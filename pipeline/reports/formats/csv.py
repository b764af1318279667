"""A report as CSV, with the names of its columns in the first line."""

import csv
import io

from pipeline.reports.run import Cell, Report


def to_csv(report: Report) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(column.name for column in report.query.kind.columns)
    writer.writerows([_harmless(cell) for cell in row] for row in report.rows)
    return text.getvalue()


def _harmless(cell: Cell) -> Cell:
    """A cell may be text that an editor chose, such as a path; a spreadsheet must not take it for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
