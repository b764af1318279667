"""What a question can be answered from: the roll-ups, the smallest first, and the raw events for everything else."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.clickhouse.columns import EVENT_COLUMNS
from pipeline.clickhouse.roll_ups.declared import DAY, DECLARED, HOUR, RollUp
from pipeline.reports.question import Question

LOCAL = "'Asia/Ho_Chi_Minh'"
OF_DAYS = "day >= {first:Date} AND day <= {last:Date}"
OF_HOURS = "hour >= {since:DateTime64(3, 'UTC')} AND hour < {until:DateTime64(3, 'UTC')}"
OF_EVENTS = "kind = 'view' AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}"


@dataclass(frozen=True)
class Table:
    """``columns`` to tell rows apart by, the audience too; ``day`` and ``hour``: expressions of a row's time in
    Asia/Ho_Chi_Minh, ``hour`` empty if rows are of days; ``within``: the condition that a row is of the days asked for.

    ``measures``: by name, the expression that adds up the rows which ``{who}`` holds for.
    """

    name: str
    columns: frozenset[str]
    day: str
    hour: str
    within: str
    measures: Mapping[str, str]

    def can_answer(self, question: Question) -> bool:
        asked = (*question.dimensions, *question.filtered)
        return (
            {dimension.column for dimension in asked if dimension.column} <= self.columns
            and (bool(self.hour) or not any(dimension.by_hour for dimension in asked))
            and {metric.measure for metric in question.metrics} <= self.measures.keys()
        )


def choose_table(question: Question) -> Table:
    return next(table for table in TABLES if table.can_answer(question))


def _of(roll_up: RollUp) -> Table:
    hourly = roll_up.span is HOUR
    return Table(
        name=roll_up.name,
        columns=frozenset(roll_up.keys),
        day=f"toDate(hour, {LOCAL})" if hourly else "day",
        hour=f"toTimeZone(hour, {LOCAL})" if hourly else "",
        within=OF_HOURS if hourly else OF_DAYS,
        measures={measure.name: _sum_of(measure.name, measure.type) for measure in roll_up.measures},
    )


def _sum_of(name: str, type_: str) -> str:
    if not type_.startswith("AggregateFunction"):
        return f"sumIf({name}, {{who}})"
    function, parenthesis, parameters = (
        type_.removeprefix("AggregateFunction(").removesuffix(", UInt64)").partition("(")
    )
    return f"{function}MergeIf{parenthesis}{parameters}({name}, {{who}})"


TABLES = (
    *(_of(roll_up) for roll_up in DECLARED if roll_up.span in (DAY, HOUR)),
    Table(
        name="events",
        columns=frozenset(EVENT_COLUMNS),
        day=f"toDate(at, {LOCAL})",
        hour=f"toStartOfHour(toTimeZone(at, {LOCAL}))",
        within=OF_EVENTS,
        measures={
            "views": "countIf({who})",
            "visits": "countIf(visit AND {who})",
            # As the roll-ups by anything but the day have it, so that a number is the same whatever it comes from.
            "visitors": "uniqCombined64If(12)(visitor, visitor != 0 AND {who})",
        },
    ),
)
