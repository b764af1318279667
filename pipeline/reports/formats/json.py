"""A report as one JSON object, whose rows are objects too."""

from pipeline.reports.run import Report


def to_object(report: Report) -> dict[str, object]:
    """What becomes JSON where it is sent; days are still dates."""
    query = report.query
    names = [column.name for column in query.kind.columns]
    rows = [dict(zip(names, row, strict=True)) for row in report.rows]
    return {"by": query.kind.name, "since": query.since, "until": query.until, "rows": rows, "sums": report.sums}
