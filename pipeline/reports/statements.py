"""A question as one statement. It is made of names that are declared here alone, and of whole numbers for what the CMS
knows of pages; what somebody wrote into a filter goes beside it, as a parameter.

A metric's numbers are sums of *parts*, a measure of one audience each. A part comes from the smallest table that has
it, whatever else is asked, so that it is the same in every question. A *piece* of the statement is one table's parts
for one stretch of days; visitors are told apart within each day there, and then everything is added up over days and
pieces.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from pipeline.periods import instants
from pipeline.reports.comparing import Earlier
from pipeline.reports.dimensions import TARGET, Dimension
from pipeline.reports.metrics import Metric
from pipeline.reports.pages import PageGroups
from pipeline.reports.question import Both, Condition, Filter, Not, Order, Question
from pipeline.reports.tables import SITE, Table, choose_table, searches_shown

SEARCHES = "searches"
HIDDEN = "\0"  # in place of a query of few readers; no text that is stored has it
HIDDEN_IN_SQL = "'\\0'"


@dataclass(frozen=True)
class Part:
    """A measure of the events of an audience."""

    measure: str
    audience: str


@dataclass(frozen=True)
class Stretch:
    """The days ``first`` to ``last``, both included, the last one until ``ends`` if that is given."""

    first: date
    last: date
    ends: datetime | None = None

    @property
    def moments(self) -> tuple[datetime, datetime]:
        since, until = instants(self.first, self.last)
        return since, self.ends or until


@dataclass(frozen=True)
class Piece:
    """Where targets are asked for, searches are a piece of their own, since some of their targets are hidden."""

    table: Table
    stretch: Stretch
    parts: tuple[Part, ...]

    @property
    def hides(self) -> bool:
        return any(part.measure == SEARCHES for part in self.parts)


@dataclass(frozen=True)
class Period:
    """What the whole question is of, whichever pieces a statement has. ``later``: how its days are called, where they
    are compared with later ones. ``without``: roll-ups that can't be read.
    """

    question: Question
    stretches: tuple[Stretch, ...]
    later: Earlier | None = None
    without: frozenset[str] = frozenset()


def parts_of_metric(metric: Metric) -> tuple[Part, ...]:
    return tuple(Part(measure, metric.audience) for measure in metric.measures)


def parts_of(question: Question) -> tuple[Part, ...]:
    """In the order of the sums in a row."""
    return tuple(dict.fromkeys(part for metric in question.metrics for part in parts_of_metric(metric)))


def find_pieces(period: Period) -> list[Piece]:
    pieces: dict[tuple[Stretch, str, bool], Piece] = {}
    hiding = TARGET in period.question.columns
    for stretch in period.stretches:
        for part in parts_of(period.question):
            table = choose_table(period.question, part.measure, ends=stretch.ends, without=period.without)
            key = (stretch, table.name, hiding and part.measure == SEARCHES)
            piece = pieces.get(key, Piece(table, stretch, ()))
            pieces[key] = replace(piece, parts=(*piece.parts, part))
    return list(pieces.values())


def write_statement(
    period: Period, groups: PageGroups, pieces: Sequence[Piece], *, paged: bool, most: int = 0
) -> tuple[str, dict[str, Any]]:
    """Rows of the dimensions, the sums of the parts, and how many rows there are. ``paged``: in order and only those
    asked for; else all of them, up to ``most``.
    """
    writer = _Writer(period, groups)
    statement = writer.write(pieces, paged=paged, most=most)
    return statement, writer.parameters


class _Writer:
    def __init__(self, period: Period, groups: PageGroups) -> None:
        self._period = period
        self._groups = groups
        self._question = period.question
        self._parts = parts_of(period.question)
        first, last = period.stretches[0], period.stretches[-1]
        self._told = {
            "first_told": first.first,
            "last_told": last.last,
            "since_told": first.moments[0],
            "until_told": last.moments[1],
        }
        self._filters: dict[Condition, str] = {}
        self.parameters: dict[str, Any] = {"site": period.question.site}

    def write(self, pieces: Sequence[Piece], *, paged: bool, most: int) -> str:
        question = self._question
        keys = [_name_of(one) for one in question.dimensions]
        sums = [f"sum_{place}" for place in range(len(self._parts))]
        union = "\nUNION ALL\n".join(self._piece(number, piece) for number, piece in enumerate(pieces))
        columns = [*keys, *(f"sum(part_{place}) AS {name}" for place, name in enumerate(sums))]
        having = f"({' OR '.join(f'{name} != 0' for name in sums)})"
        if TARGET in question.dimensions:
            having += f" AND {_name_of(TARGET)} != {HIDDEN_IN_SQL}"
        order = [self._order(one) for one in question.order_by] if paged else []
        self.parameters |= (
            {"limit": question.limit, "offset": question.offset} if paged else {"limit": most, "offset": 0}
        )
        return "\n".join(
            (
                f"SELECT {', '.join([*columns, 'count() OVER () AS all_rows'])}",
                f"FROM ({union})",
                *([f"GROUP BY {', '.join(keys)}"] if keys else []),
                f"HAVING {having}",
                *([f"ORDER BY {', '.join(order)}"] if order else []),
                "LIMIT {limit:UInt32} OFFSET {offset:UInt64}",
            )
        )

    def _piece(self, number: int, piece: Piece) -> str:
        table = piece.table
        since, until = piece.stretch.moments
        of_time = {"first": piece.stretch.first, "last": piece.stretch.last, "since": since, "until": until}
        self.parameters |= {f"{name}_{number}": value for name, value in of_time.items()}
        rows = [table.within.format(n=number), SITE]
        if table.kinds:
            kinds = sorted({f"'{table.kinds[part.measure]}'" for part in piece.parts})
            rows.append(f"kind IN ({', '.join(kinds)})")
        keys = [_name_of(one) for one in self._question.dimensions]
        columns = [
            *(f"{self._value(one, piece)} AS {_name_of(one)}" for one in self._question.dimensions),
            f"{table.day} AS apart_on",
            *(f"{_amount(part, piece)} AS part_{place}" for place, part in enumerate(self._parts)),
        ]
        source = table.source.format(rows=" AND ".join(rows))
        return (
            f"{self._groups.declaration}SELECT {', '.join(columns)}\nFROM {source}"
            f"\nAND {self._condition(self._question.filters, piece)}\nGROUP BY {', '.join([*keys, 'apart_on'])}"
        )

    def _value(self, dimension: Dimension, piece: Piece) -> str:
        if dimension.of_page:
            return self._groups.value_of(dimension.of_page)
        if not dimension.is_time:
            return self._column(dimension, piece)
        later = None if dimension.comes_again else self._period.later
        return dimension.value.format(day=_later(piece.table.day, later), hour=_later(piece.table.hour, later))

    def _column(self, dimension: Dimension, piece: Piece) -> str:
        if dimension is not TARGET or not piece.hides:
            return dimension.column
        self.parameters |= self._told
        shown = searches_shown(self._period.without)
        return f"if(target != '' AND target GLOBAL NOT IN ({shown}), {HIDDEN_IN_SQL}, target)"

    def _order(self, order: Order) -> str:
        direction = "DESC" if order.descending else "ASC"
        if isinstance(order.by, Dimension):
            return f"{_name_of(order.by)} {direction}"
        amount, *per = (f"sum_{self._parts.index(part)}" for part in parts_of_metric(order.by))
        if not per:
            return f"{amount} {direction}"
        return f"if({per[0]} = 0, NULL, {amount} / {per[0]}) {direction} NULLS LAST"

    def _condition(self, part: Filter, piece: Piece) -> str:
        match part:
            case Both(parts=()):
                return "0" if part.one_is_enough else "1"
            case Both():
                word = " OR " if part.one_is_enough else " AND "
                return f"({word.join(self._condition(one, piece) for one in part.parts)})"
            case Not():
                return f"NOT {self._condition(part.part, piece)}"
            case Condition():
                return self._of_page(part) if part.dimension.of_page else self._comparison(part, piece)

    def _of_page(self, part: Condition) -> str:
        return self._groups.holds(part.dimension.of_page, lambda value: holds(part, value))

    def _comparison(self, part: Condition, piece: Piece) -> str:
        name = self._filters.setdefault(part, f"filter_{len(self._filters)}")  # the same in each piece
        self.parameters[name] = list(part.values)
        values = f"{{{name}:Array({'UInt32' if part.dimension.is_number else 'String'})}}"
        column = self._column(part.dimension, piece)
        match part.compare:
            case "is":
                return f"has({values}, {column})"
            case "is_not":
                return f"NOT has({values}, {column})"
            case "contains":
                return f"arrayExists(part -> positionCaseInsensitiveUTF8({column}, part) != 0, {values})"


def holds(condition: Condition, value: str) -> bool:
    """The same of a text that no column has."""
    match condition.compare:
        case "is":
            return value in condition.values
        case "is_not":
            return value not in condition.values
        case "contains":
            return any(str(one).lower() in value.lower() for one in condition.values)


def _amount(part: Part, piece: Piece) -> str:
    if part not in piece.parts:
        return "toUInt64(0)"
    return piece.table.measures[part.measure].format(who=part.audience)


def _later(expression: str, later: Earlier | None) -> str:
    if later is None or not expression:
        return expression
    return f"addYears({expression}, {later.years})" if later.years else f"addDays({expression}, {later.days})"


def _name_of(dimension: Dimension) -> str:
    """Apart from the names of columns, which an alias in ClickHouse would hide."""
    return f"of_{dimension.name}"
