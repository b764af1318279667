"""What a measure can be answered from: the roll-ups, the smallest first, and the raw events for everything else."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.clickhouse.columns import EVENT_COLUMNS
from pipeline.clickhouse.roll_ups.declared import DECLARED, HOUR, Facet, RollUp
from pipeline.reports.metrics import BOUNCE_SECONDS, FEWEST_READERS, THE_PUBLIC
from pipeline.reports.question import Question

LOCAL = "'Asia/Ho_Chi_Minh'"
OF_DAYS = "day >= {{first_{n}:Date}} AND day <= {{last_{n}:Date}}"
OF_HOURS = "hour >= {{since_{n}:DateTime64(3, 'UTC')}} AND hour < {{until_{n}:DateTime64(3, 'UTC')}}"
OF_MOMENTS = "at >= {{since_{n}:DateTime64(3, 'UTC')}} AND at < {{until_{n}:DateTime64(3, 'UTC')}}"


@dataclass(frozen=True)
class Table:
    """``columns`` to tell rows apart by, the audience too; ``day`` and ``hour``: expressions of a row's time in
    Asia/Ho_Chi_Minh, ``hour`` empty if rows are of days.

    ``source``: what stands after FROM, up to a condition of WHERE; it takes the ``{rows}`` under a condition.
    ``within``: the condition that a row is of the days asked for, numbered ``{n}``. ``measures``: by name, the
    expression that adds up the rows which ``{who}`` holds for. ``kinds``: by measure, the kind of events that it is of;
    empty for roll-ups. ``roll_up``: the one whose rows of a facet these are; empty for raw events.
    """

    name: str
    columns: frozenset[str]
    day: str
    hour: str
    source: str
    within: str
    measures: Mapping[str, str]
    kinds: Mapping[str, str] = field(default_factory=dict)
    roll_up: str = ""

    @property
    def is_raw(self) -> bool:
        return self.within == OF_MOMENTS

    def can_answer(self, question: Question, measures: Collection[str], *, ends: datetime | None = None) -> bool:
        """``ends``: where the last day ends, if before its midnight."""
        return (
            {dimension.column for dimension in question.columns if dimension.column} <= self.columns
            and (bool(self.hour) or not any(dimension.by_hour for dimension in question.columns))
            and set(measures) <= self.measures.keys()
            and (self.is_raw or ends is None or (bool(self.hour) and is_full_hour(ends)))
        )


def choose_table(
    question: Question, *measures: str, ends: datetime | None = None, without: Collection[str] = ()
) -> Table:
    """The smallest that has these measures, without any all of the question's; none of ``without``."""
    wanted = measures or {measure for metric in question.metrics for measure in metric.measures}
    there = (table for table in TABLES if table.roll_up not in without)
    return next(table for table in there if table.can_answer(question, wanted, ends=ends))


def is_full_hour(at: datetime) -> bool:
    return (at.minute, at.second, at.microsecond) == (0, 0, 0)


def _of(roll_up: RollUp, facet: Facet) -> Table:
    hourly = roll_up.span is HOUR
    of_facet = f"facet = '{facet.name}' AND " if facet.name else ""
    return Table(
        name=f"{roll_up.name}/{facet.name}" if facet.name else roll_up.name,
        roll_up=roll_up.name,
        columns=frozenset(facet.keys),
        day=f"toDate(hour, {LOCAL})" if hourly else "day",
        hour=f"toTimeZone(hour, {LOCAL})" if hourly else "",
        source=f"{roll_up.name} WHERE {of_facet}{{rows}}",
        within=OF_HOURS if hourly else OF_DAYS,
        measures={measure.name: _sum_of(measure.name, measure.type) for measure in facet.measures},
    )


def _sum_of(name: str, type_: str) -> str:
    if not type_.startswith("AggregateFunction"):
        return f"sumIf({name}, {{who}})"
    function, parenthesis, parameters = (
        type_.removeprefix("AggregateFunction(").removesuffix(", UInt64)").partition("(")
    )
    return f"{function}MergeIf{parenthesis}{parameters}({name}, {{who}})"


OF_EVENTS = {
    "views": ("view", "countIf({who})"),
    "visits": ("view", "countIf(visit AND {who})"),
    # As the roll-ups by anything but the day have it, so that a number is the same whatever it comes from.
    "visitors": ("view", "uniqCombined64If(12)(visitor, visitor != 0 AND {who})"),
    "seconds": ("engagement", "sumIf(seconds, {who})"),
    "depth": ("engagement", "sumIf(depth, {who})"),
    "downloads": ("download", "countIf({who})"),
    "outbound": ("outbound", "countIf({who})"),
    "searches": ("search", "countIf({who})"),
    "searchers": ("search", "uniqExactIf(visitor, visitor != 0 AND {who})"),
    "not_found": ("not_found", "countIf({who})"),
}

# A day's views and engagement of a reader in their order: a view from outside begins a visit, which takes what follows.
# Readers have another number each day, so that no visit goes past midnight.
VISITS_OF_READERS = f"""(
    SELECT
        *,
        countIf(kind = 'view') OVER the_visit AS views_of_visit,
        sum(seconds) OVER the_visit AS seconds_of_visit,
        max(if(kind = 'view', place, 0)) OVER the_visit AS last_view_of_visit
    FROM (
        SELECT
            *,
            toDate(at, {LOCAL}) AS day_of_visit,
            row_number() OVER the_day AS place,
            countIf(visit) OVER the_day AS visit_number
        FROM events
        WHERE {{rows}} AND kind IN ('view', 'engagement') AND {THE_PUBLIC} AND visitor != 0
        WINDOW the_day AS (
            PARTITION BY site, toDate(at, {LOCAL}), visitor
            ORDER BY at, `partition`, `offset`, `row`
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    )
    WINDOW the_visit AS (PARTITION BY site, day_of_visit, visitor, visit_number)
) WHERE kind = 'view'"""

SITE = "({site:UInt32} = 0 OR site = {site:UInt32})"


def searches_shown(without: Collection[str] = ()) -> str:
    """The SELECT of the queries that enough readers searched for, in the period ``told``; once a day each."""
    table = next(one for one in TABLES if "searchers" in one.measures and one.roll_up not in without)
    days = table.within.format(n="told")
    source = table.source.format(rows=f"{SITE} AND {days}")
    readers = table.measures["searchers"].format(who=THE_PUBLIC)
    return (
        f"SELECT target FROM (SELECT target, {table.day} AS on_day, {readers} AS readers FROM {source}"
        f" GROUP BY target, on_day) GROUP BY target HAVING sum(readers) >= {FEWEST_READERS}"
    )


TABLES = (
    *(_of(roll_up, facet) for roll_up in DECLARED if roll_up.span for facet in roll_up.facets),
    Table(
        name="events",
        columns=frozenset(EVENT_COLUMNS),
        day=f"toDate(at, {LOCAL})",
        hour=f"toStartOfHour(toTimeZone(at, {LOCAL}))",
        source="events WHERE {rows}",
        within=OF_MOMENTS,
        measures={
            name: expression.format(who=f"kind = '{kind}' AND {{who}}")
            for name, (kind, expression) in OF_EVENTS.items()
        },
        kinds={name: kind for name, (kind, _expression) in OF_EVENTS.items()},
    ),
    Table(
        name="visits_of_readers",
        columns=frozenset(EVENT_COLUMNS),
        day=f"toDate(at, {LOCAL})",
        hour=f"toStartOfHour(toTimeZone(at, {LOCAL}))",
        source=VISITS_OF_READERS,
        within=OF_MOMENTS,
        measures={
            "exits": "countIf(place = last_view_of_visit AND {who})",
            "followed_visits": "countIf(visit AND {who})",
            "bounces": f"countIf(visit AND views_of_visit = 1 AND seconds_of_visit < {BOUNCE_SECONDS} AND {{who}})",
        },
    ),
)
