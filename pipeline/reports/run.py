"""The answer to a query. Visitors mean something within a day only: a page's are the daily ones, summed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import find_page_paths, report_refused
from pipeline.reports.answer import Cell, answer
from pipeline.reports.catalogue import DAYS, HOURS, PAGES, REFUSALS, Kind
from pipeline.reports.dimensions import LOCALE, PAGE, Dimension
from pipeline.reports.query import Query
from pipeline.reports.question import Order, Question

Rows = list[tuple[Cell, ...]]

MAX_ROWS = 2**32 - 1


@dataclass(frozen=True)
class Report:
    """Rows with a cell for each column of the query's kind; by name of each additive metric, the sum of these rows."""

    query: Query
    rows: Rows
    sums: dict[str, int]


def read_report(client: ClickHouse, query: Query) -> Report:
    """Raises Unavailable or Rejected."""
    rows = READERS[query.kind](client, query)
    return Report(query, rows, _sum(query.kind, rows))


def _read_pages(client: ClickHouse, query: Query) -> Rows:
    """With the path under which a page was last viewed."""
    found = _read(client, query, PAGE, LOCALE)
    pages = sorted({int(page) for page, *_ in found})
    paths = find_page_paths(client, pages=pages, since=query.since, until=query.until) if pages else {}
    return [(page, locale, paths.get((int(page), str(locale)), ""), *counts) for page, locale, *counts in found]


def _read_times(client: ClickHouse, query: Query) -> Rows:
    return _read(client, query, *query.kind.dimensions)


def _read(client: ClickHouse, query: Query, *dimensions: Dimension) -> Rows:
    """Times run forward; of the rest the most viewed comes first."""
    by_views = () if dimensions[0].is_time else (Order(query.kind.metrics[0], descending=True),)
    found = answer(
        client,
        Question(
            metrics=query.kind.metrics,
            since=query.since,
            until=query.until,
            site=query.site,
            dimensions=dimensions,
            order_by=(*by_views, *(Order(one, descending=False) for one in dimensions)),
            limit=query.limit if query.kind is PAGES and query.limit else MAX_ROWS,
        ),
    )
    return [(*row.dimensions, *(int(number or 0) for number in row.metrics)) for row in found.rows]


def _read_refusals(client: ClickHouse, query: Query) -> Rows:
    """What was refused is not stored, so its pages have no path unless they were viewed on these days."""
    limit = query.limit or MAX_ROWS
    found = report_refused(client, since=query.since, until=query.until, site=query.site, limit=limit)
    left_out_of: Counter[int] = Counter()
    for _reason, page, _path, left_out, *_ in found:
        left_out_of[page] += left_out
    suspects: Rows = [
        (reason, page, path, 0, left_out, counted, views, round(100 * left_out / max(1, left_out_of[page] + views)))
        for reason, page, path, left_out, counted, views in found
    ]
    pages = sorted({page for _reason, page in query.refused if page})
    paths = find_page_paths(client, pages=pages, since=query.since, until=query.until) if pages else {}
    path_of = {page: path for (page, _locale), path in paths.items()}
    refused = sorted(query.refused.items(), key=lambda item: (-item[1], item[0]))
    return [
        *((reason, page, path_of.get(page, ""), count, 0, 0, 0, 0) for (reason, page), count in refused[:limit]),
        *suspects,
    ]


READERS: dict[Kind, Callable[[ClickHouse, Query], Rows]] = {
    PAGES: _read_pages,
    DAYS: _read_times,
    HOURS: _read_times,
    REFUSALS: _read_refusals,
}


def _sum(kind: Kind, rows: Rows) -> dict[str, int]:
    places = {metric: place for place, metric in enumerate(kind.metrics, len(kind.dimensions))}
    return {metric.name: sum(int(row[place]) for row in rows) for metric, place in places.items() if metric.additive}
