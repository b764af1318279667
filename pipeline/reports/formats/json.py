"""A report as one JSON object, whose rows are objects too."""

from pipeline.reports.answer import Answer
from pipeline.reports.run import Report


def to_object(report: Report) -> dict[str, object]:
    """What becomes JSON where it is sent; days are still dates."""
    query = report.query
    names = [column.name for column in query.kind.columns]
    rows = [dict(zip(names, row, strict=True)) for row in report.rows]
    return {"by": query.kind.name, "since": query.since, "until": query.until, "rows": rows, "sums": report.sums}


def answer_to_object(answer: Answer) -> dict[str, object]:
    """In the shape of Plausible's Stats API v2, with what an answer of ours has beside that."""
    question = answer.question
    found: dict[str, object] = {
        "results": [{"dimensions": row.dimensions, "metrics": row.metrics} for row in answer.rows],
        "meta": {
            "answered_from": answer.answered_from,
            "definitions": {metric.name: metric.definition_en for metric in question.metrics},
        },
        "query": {
            "metrics": [metric.name for metric in question.metrics],
            "dimensions": [dimension.name for dimension in question.dimensions],
            "date_range": [question.since, question.until],
            "site": question.site,
        },
    }
    asked = {"totals": answer.totals, "others": answer.others, "total_rows": answer.total_rows}
    return found | {name: value for name, value in asked.items() if value is not None}
