"""What ops can ask about traffic: pages, days and hours as one kind of table, with its sums.

Views, visits and visitors are public ones; bots and staff (previews with them) stand apart. Days are those of
Asia/Ho_Chi_Minh. Visitors mean something within a day only: a page's are the daily ones, summed.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import msgspec

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import find_page_paths, report_days, report_hours, report_pages

By = Literal["pages", "days", "hours"]
Cell = str | int

UNSUMMED = ("page", "locale", "path", "day", "hour", "visitors")


class Span(msgspec.Struct, frozen=True):
    """The days ``since`` to ``until``, both included, of one site; ``site`` 0 is all of them."""

    since: date
    until: date
    site: int = 0


class Report(msgspec.Struct, frozen=True):
    """Rows under ``columns``, and per summable column the sum of all rows."""

    by: By
    span: Span
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    sums: dict[str, int]

    def csv(self) -> str:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(self.columns)
        writer.writerows([_harmless(cell) for cell in row] for row in self.rows)
        return text.getvalue()


def report(client: ClickHouse, by: By, span: Span, *, limit: int) -> Report:
    """``limit`` bounds the rows of pages, the most viewed first; sums are of the rows shown."""
    columns, rows = {"pages": _pages, "days": _days, "hours": _hours}[by](client, span, limit)
    sums = {name: _sum(rows, place) for place, name in enumerate(columns) if name not in UNSUMMED}
    return Report(by, span, columns, rows, sums)


def _pages(client: ClickHouse, span: Span, limit: int) -> tuple[tuple[str, ...], list[tuple[Cell, ...]]]:
    columns = ("page", "locale", "path", "views", "visits", "daily_visitors", "bots", "staff")
    found = report_pages(client, since=span.since, until=span.until, site=span.site, limit=limit)
    pages = sorted({row[0] for row in found})
    paths = find_page_paths(client, pages=pages, since=span.since, until=span.until) if pages else {}
    return columns, [(page, locale, paths.get((page, locale), ""), *counts) for page, locale, *counts in found]


def _days(client: ClickHouse, span: Span, _limit: int) -> tuple[tuple[str, ...], list[tuple[Cell, ...]]]:
    columns = ("day", "views", "visits", "visitors", "bots", "staff")
    found = report_days(client, since=span.since, until=span.until, site=span.site)
    return columns, [(day.isoformat(), *counts) for day, *counts in found]


def _hours(client: ClickHouse, span: Span, _limit: int) -> tuple[tuple[str, ...], list[tuple[Cell, ...]]]:
    columns = ("hour", "views", "visits", "bots", "staff")
    found = report_hours(client, since=span.since, until=span.until, site=span.site)
    return columns, [(_hour(hour), *counts) for hour, *counts in found]


def _hour(hour: datetime) -> str:
    return hour.strftime("%Y-%m-%d %H:00")


def _sum(rows: Sequence[tuple[Cell, ...]], place: int) -> int:
    return sum(int(row[place]) for row in rows)


def _harmless(cell: Cell) -> Cell:
    """A path may be anything a visitor's browser sent; a spreadsheet must not take it for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
