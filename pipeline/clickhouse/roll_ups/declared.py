"""The sums of views that are kept: one declaration a roll-up. The templates ``sum.sql``, ``compare.sql`` and
``sum_months.sql`` make the rest, and ``nhip rebuild`` brings a new roll-up to an existing installation.

Days are those of Asia/Ho_Chi_Minh, as in pipeline/periods.py. The audience is a key of every roll-up, so that bots,
staff and previews are there for operations and apart from the public counters.
"""

from dataclasses import dataclass

from pipeline.clickhouse.columns import EVENT_COLUMNS


@dataclass(frozen=True)
class Span:
    """A stretch of time that a row of a roll-up sums: its column and type, and from ``at`` the value.

    ``month`` is the month (YYYYMM) that a value of the column lies in.
    """

    column: str
    type: str
    value: str
    month: str


@dataclass(frozen=True)
class Measure:
    """A number that a roll-up sums: its type, its value over a group of views, and its value in the row of a mark."""

    name: str
    type: str
    value: str
    nothing: str = "0"


@dataclass(frozen=True)
class RollUp:
    """Sums of views by ``keys``, columns of events with the site first, and by ``span``; without a span over all time.

    A roll-up over all time is compared with the daily one of the same keys, which is compared with the raw table.
    """

    name: str
    keys: tuple[str, ...]
    span: Span | None
    measures: tuple[Measure, ...]

    @property
    def columns(self) -> dict[str, str]:
        """The keys and the span: each column's type."""
        types = {key: EVENT_COLUMNS[key] for key in self.keys}
        return types | ({self.span.column: self.span.type} if self.span else {})

    @property
    def values(self) -> list[str]:
        """The same as expressions over events."""
        return [*self.keys, *([f"{self.span.value} AS {self.span.column}"] if self.span else [])]


def _visitors(function: str) -> Measure:
    """The distinct visitors as a state of ``function``, such as ``uniqCombined64(12)``."""
    name, parenthesis, parameters = function.partition("(")
    state = f"{name}StateIf{parenthesis}{parameters}"
    return Measure(
        "visitors",
        f"AggregateFunction({function}, UInt64)",
        f"{state}(visitor, visitor != 0)",
        f"initializeAggregation('{state}', 0::UInt64, false)",
    )


DAY = Span("day", "Date", "toDate(at, 'Asia/Ho_Chi_Minh')", "toYYYYMM(day)")
HOUR = Span("hour", "DateTime('UTC')", "toStartOfHour(toDateTime(at, 'UTC'))", "toYYYYMM(hour, 'Asia/Ho_Chi_Minh')")

VIEWS = Measure("views", "SimpleAggregateFunction(sum, UInt64)", "count()")
VISITS = Measure("visits", "SimpleAggregateFunction(sum, UInt64)", "countIf(visit)")
EXACT_VISITORS = _visitors("uniqExact")
VISITORS = _visitors("uniqCombined64(12)")

SITE = ("site", "audience")
PAGE = ("site", "page_id", "locale", "audience")

DECLARED = (
    RollUp("site_days", SITE, DAY, (VIEWS, VISITS, EXACT_VISITORS)),
    RollUp("site_hours", SITE, HOUR, (VIEWS, VISITS)),
    RollUp("page_days", PAGE, DAY, (VIEWS, VISITS, VISITORS)),
    # One small row a page however long the history: every refresh of the counters reads it.
    RollUp("page_totals", PAGE, None, (VIEWS, VISITS)),
)


def daily_of(total: RollUp) -> RollUp:
    """The daily roll-up of the same keys as one over all time."""
    return next(one for one in DECLARED if one.keys == total.keys and one.span is DAY)
