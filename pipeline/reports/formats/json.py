"""A report as one JSON object, whose rows are objects too."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipeline.periods import ZONE
from pipeline.reports.answer import Answer, Compared, Row
from pipeline.reports.comparing import LAST_YEAR
from pipeline.reports.question import Both, Condition, Filter, Not, Question
from pipeline.reports.run import Report


def to_object(report: Report) -> dict[str, object]:
    """What becomes JSON where it is sent; days are still dates."""
    query = report.query
    names = [column.name for column in query.kind.columns]
    rows = [dict(zip(names, row, strict=True)) for row in report.rows]
    return {"by": query.kind.name, "since": query.since, "until": query.until, "rows": rows, "sums": report.sums}


def answer_to_object(answer: Answer) -> dict[str, object]:
    """In the shape of Plausible's Stats API v2, with what an answer of ours has beside that.

    ``query`` can be asked again, and is then of these days.
    """
    found: dict[str, object] = {
        "results": [_row(row) for row in answer.rows],
        "meta": {
            "answered_from": answer.answered_from,
            "complete_until": local_time(answer.complete_until),
            **({"raw_since": answer.raw_since} if answer.raw_since else {}),
            "definitions": {metric.name: metric.definition_en for metric in answer.question.metrics},
            **({"pages": _pages(answer)} if answer.pages else {}),
        },
        "query": question_to_object(answer.question),
    }
    asked = {
        "totals": answer.totals,
        "others": answer.others,
        "total_rows": answer.total_rows,
        "compared": answer.compared and _compared(answer.compared),
    }
    return found | {name: value for name, value in asked.items() if value is not None}


def question_to_object(question: Question) -> dict[str, Any]:
    """The question as it could have been written, with days instead of the name of a period."""
    earlier = question.earlier
    return {
        "site": question.site,
        "metrics": [metric.name for metric in question.metrics],
        "date_range": [question.since, question.until],
        "dimensions": [dimension.name for dimension in question.dimensions],
        "filters": [_filter(part) for part in question.filters.parts],
        "order_by": [[order.by.name, "desc" if order.descending else "asc"] for order in question.order_by],
        "include": {
            "totals": question.totals,
            "total_rows": question.total_rows,
            **({"compare": LAST_YEAR if earlier.years else [earlier.since, earlier.until]} if earlier else {}),
        },
        "pagination": {"limit": question.limit, "offset": question.offset},
    }


def local_time(at: float | None) -> str | None:
    """Unix seconds as a time of Asia/Ho_Chi_Minh (RFC 3339)."""
    return None if at is None else datetime.fromtimestamp(at, ZONE).isoformat(timespec="seconds")


def _row(row: Row) -> dict[str, object]:
    found: dict[str, object] = {"dimensions": row.dimensions, "metrics": row.metrics}
    if row.earlier is not None or row.change is not None:
        found["comparison"] = {"metrics": row.earlier, "change": row.change}
    return found


def _compared(compared: Compared) -> dict[str, object]:
    return {
        "date_range": [compared.since, compared.until],
        "ends_at": local_time(compared.ends_at),
        "totals": compared.totals,
        "change": compared.change,
    }


def _pages(answer: Answer) -> Mapping[str, object]:
    return {
        str(page): {"title": facts.title, "published_at": local_time(facts.published_at), "deleted": facts.deleted}
        for page, facts in answer.pages.items()
    }


def _filter(part: Filter) -> list[Any]:
    match part:
        case Condition():
            return [part.compare, part.dimension.name, list(part.values)]
        case Not():
            return ["not", _filter(part.part)]
        case Both():
            return ["or" if part.one_is_enough else "and", [_filter(one) for one in part.parts]]
