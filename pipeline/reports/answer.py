"""The answer to a question: its rows in order, and on request what all rows are together.

The statement is made of names that are declared here alone; what somebody wrote into a filter goes beside it, as a
parameter.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from pipeline.clickhouse.client import ClickHouse
from pipeline.periods import instants
from pipeline.reports.dimensions import Dimension
from pipeline.reports.metrics import Metric
from pipeline.reports.question import Both, Condition, Filter, Not, Order, Question
from pipeline.reports.tables import Table, choose_table

Cell = str | int
Numbers = tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """A cell for each dimension and a number for each metric of the question."""

    dimensions: tuple[Cell, ...]
    metrics: Numbers


@dataclass(frozen=True)
class Answer:
    """``totals``: of all rows together. ``others``: of the rows that are not shown; None for a metric that does not add
    up. ``total_rows``: how many there are. Each is None unless it was asked for."""

    question: Question
    rows: tuple[Row, ...]
    answered_from: Literal["roll_up", "raw"]
    totals: Numbers | None = None
    others: tuple[int | None, ...] | None = None
    total_rows: int | None = None


def answer(client: ClickHouse, question: Question) -> Answer:
    """Raises Unavailable or Rejected."""
    table = choose_table(question)
    found = client.query(*_statement(question, table))
    rows = tuple(_row(question, one) for one in found)
    totals = _totals(client, question) if question.totals else None
    total_rows = None
    if question.total_rows:
        total_rows = int(found[0][-1]) if found else _count_rows(client, question, table)
    return Answer(
        question=question,
        rows=rows,
        answered_from="raw" if table.name == "events" else "roll_up",
        totals=totals,
        others=_others(question, rows, totals) if totals else None,
        total_rows=total_rows,
    )


def _totals(client: ClickHouse, question: Question) -> Numbers:
    """From a table of its own: with fewer dimensions a smaller one may do, and visitors are told apart exactly."""
    alone = replace(question, dimensions=(), order_by=(), total_rows=False, limit=1, offset=0)
    found = client.query(*_statement(alone, choose_table(alone)))
    return _row(alone, found[0]).metrics if found else (0,) * len(question.metrics)


def _others(question: Question, rows: tuple[Row, ...], totals: Numbers) -> tuple[int | None, ...]:
    return tuple(
        totals[place] - sum(row.metrics[place] for row in rows) if question.adds_up(metric) else None
        for place, metric in enumerate(question.metrics)
    )


def _count_rows(client: ClickHouse, question: Question, table: Table) -> int:
    """A page past the last row has no row that could say how many there are."""
    first = client.query(*_statement(replace(question, limit=1, offset=0), table))
    return int(first[0][-1]) if first else 0


def _row(question: Question, found: tuple[Any, ...]) -> Row:
    count = len(question.dimensions)
    metrics = found[count : count + len(question.metrics)]
    return Row(tuple(map(_cell, found[:count])), tuple(map(int, metrics)))


def _cell(value: Any) -> Cell:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:00")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str) else int(value)


def _statement(question: Question, table: Table) -> tuple[str, dict[str, Any]]:
    """Visitors are told apart within each day first, then the days are added up."""
    parameters = _days(question) | {"site": question.site, "limit": question.limit, "offset": question.offset}
    keys = [_name_of(one) for one in question.dimensions]
    numbers = [_name_of(one) for one in question.metrics]
    inner = [
        *(f"{_value_of(one, table)} AS {_name_of(one)}" for one in question.dimensions),
        f"{table.day} AS of_day",
        *(f"{_number_of(one, table)} AS {_name_of(one)}" for one in question.metrics),
    ]
    conditions = [table.within, "({site:UInt32} = 0 OR site = {site:UInt32})", _condition(question.filters, parameters)]
    outer = [*keys, *(f"sum({name}) AS {name}_sum" for name in numbers), "count() OVER () AS all_rows"]
    order = [_order_by(one) for one in question.order_by]
    statement = "\n".join(
        (
            f"SELECT {', '.join(outer)}",
            f"FROM (SELECT {', '.join(inner)} FROM {table.name}",
            f"WHERE {' AND '.join(conditions)}",
            f"GROUP BY {', '.join([*keys, 'of_day'])})",
            *([f"GROUP BY {', '.join(keys)}"] if keys else []),
            f"HAVING {' OR '.join(f'{name}_sum != 0' for name in numbers)}",
            *([f"ORDER BY {', '.join(order)}"] if order else []),
            "LIMIT {limit:UInt32} OFFSET {offset:UInt64}",
        )
    )
    return statement, parameters


def _days(question: Question) -> dict[str, Any]:
    since, until = instants(question.since, question.until)
    return {"first": question.since, "last": question.until, "since": since, "until": until}


def _name_of(column: Dimension | Metric) -> str:
    """Apart from the names of columns, which an alias in ClickHouse would hide."""
    return f"of_{column.name}" if isinstance(column, Dimension) else f"all_{column.name}"


def _order_by(order: Order) -> str:
    """A metric's sum over the days, not its number of one day."""
    name = _name_of(order.by) if isinstance(order.by, Dimension) else f"{_name_of(order.by)}_sum"
    return f"{name} {'DESC' if order.descending else 'ASC'}"


def _value_of(dimension: Dimension, table: Table) -> str:
    return dimension.value.format(day=table.day, hour=table.hour) if dimension.is_time else dimension.column


def _number_of(metric: Metric, table: Table) -> str:
    return table.measures[metric.measure].format(who=metric.audience)


def _condition(part: Filter, parameters: dict[str, Any]) -> str:
    match part:
        case Both(parts=()):
            return "0" if part.one_is_enough else "1"
        case Both():
            word = " OR " if part.one_is_enough else " AND "
            return f"({word.join(_condition(one, parameters) for one in part.parts)})"
        case Not():
            return f"NOT {_condition(part.part, parameters)}"
        case Condition():
            return _comparison(part, parameters)


def _comparison(part: Condition, parameters: dict[str, Any]) -> str:
    name = f"filter_{len(parameters)}"
    parameters[name] = list(part.values)
    values = f"{{{name}:Array({'UInt32' if part.dimension.is_number else 'String'})}}"
    column = part.dimension.column
    match part.compare:
        case "is":
            return f"has({values}, {column})"
        case "is_not":
            return f"NOT has({values}, {column})"
        case "contains":
            return f"arrayExists(part -> positionCaseInsensitiveUTF8({column}, part) != 0, {values})"
