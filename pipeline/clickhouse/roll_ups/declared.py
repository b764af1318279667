"""The sums that are kept: one declaration a roll-up. The templates beside this file make the rest.

An existing installation gets a new roll-up when it starts (``missing.py``), on servers with ``nhip rebuild``. The
columns and measures of one that has been released stay as they are: another sum is another roll-up.

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
    """A number that a roll-up sums: its type, its value over a group of events, and its value in the row of a mark."""

    name: str
    type: str
    value: str
    nothing: str = "0"

    @property
    def adds_up(self) -> bool:
        """Whether it is a number, and no state of an aggregate function."""
        return self.type == NUMBER


@dataclass(frozen=True)
class RollUp:
    """Sums of events of ``kinds`` by ``keys``, columns of events with the site first, and by ``span``; without a span
    over all time.

    A roll-up over all time is compared with the daily one of the same keys, which is compared with the raw table.
    """

    name: str
    keys: tuple[str, ...]
    span: Span | None
    measures: tuple[Measure, ...]
    kinds: tuple[str, ...] = ("view",)

    @property
    def columns(self) -> dict[str, str]:
        """The keys and the span: each column's type."""
        types = {key: EVENT_COLUMNS[key] for key in self.keys}
        return types | ({self.span.column: self.span.type} if self.span else {})

    @property
    def values(self) -> list[str]:
        """The same as expressions over events."""
        return [*self.keys, *([f"{self.span.value} AS {self.span.column}"] if self.span else [])]

    @property
    def numbers(self) -> tuple[Measure, ...]:
        """The measures that add up, by which a roll-up is compared with the events."""
        return tuple(measure for measure in self.measures if measure.adds_up)

    @property
    def of_kinds(self) -> str:
        """The condition that an event is of these kinds."""
        kinds = ", ".join(f"'{kind}'" for kind in self.kinds)
        return f"kind IN ({kinds})"


NUMBER = "SimpleAggregateFunction(sum, UInt64)"


def _number(name: str, value: str) -> Measure:
    return Measure(name, NUMBER, value)


def _visitors(function: str, *, name: str = "visitors", of: str = "visitor != 0") -> Measure:
    """The distinct visitors as a state of ``function``, such as ``uniqCombined64(12)``; ``of`` these events alone."""
    function_name, parenthesis, parameters = function.partition("(")
    state = f"{function_name}StateIf{parenthesis}{parameters}"
    return Measure(
        name,
        f"AggregateFunction({function}, UInt64)",
        f"{state}(visitor, {of})",
        f"initializeAggregation('{state}', 0::UInt64, false)",
    )


DAY = Span("day", "Date", "toDate(at, 'Asia/Ho_Chi_Minh')", "toYYYYMM(day)")
HOUR = Span("hour", "DateTime('UTC')", "toStartOfHour(toDateTime(at, 'UTC'))", "toYYYYMM(hour, 'Asia/Ho_Chi_Minh')")

VIEWS = _number("views", "count()")
VISITS = _number("visits", "countIf(visit)")
EXACT_VISITORS = _visitors("uniqExact")
VISITORS = _visitors("uniqCombined64(12)")

SITE = ("site", "audience")
PAGE = ("site", "page_id", "locale", "audience")

DECLARED = (
    RollUp("site_days", SITE, DAY, (VIEWS, VISITS, EXACT_VISITORS)),
    RollUp("site_hours", SITE, HOUR, (VIEWS, VISITS)),
    RollUp("bot_days", ("site", "bot_kind", "bot_operator", "bot", "suspect", "audience"), DAY, (VIEWS, VISITS)),
    RollUp(
        "arrival_days",
        ("site", "channel", "source", "campaign", "campaign_source", "campaign_medium", "audience"),
        DAY,
        (VIEWS, VISITS, VISITORS),
    ),
    RollUp("device_days", ("site", "device", "os", "browser", "audience"), DAY, (VIEWS, VISITS, VISITORS)),
    RollUp("place_days", ("site", "country", "province", "language", "audience"), DAY, (VIEWS, VISITS, VISITORS)),
    RollUp("page_days", PAGE, DAY, (VIEWS, VISITS, VISITORS)),
    RollUp("page_hours", PAGE, HOUR, (VIEWS, VISITS)),
    # One small row a page however long the history: every refresh of the counters reads it.
    RollUp("page_totals", PAGE, None, (VIEWS, VISITS)),
    # What readers do on pages. Engagement has no target.
    RollUp(
        "act_days",
        ("site", "page_id", "locale", "target", "audience"),
        DAY,
        (
            _number("engagements", "countIf(kind = 'engagement')"),
            _number("seconds", "sum(seconds)"),
            _number("depth", "sum(depth)"),
            _number("downloads", "countIf(kind = 'download')"),
            _number("outbound", "countIf(kind = 'outbound')"),
        ),
        kinds=("engagement", "download", "outbound"),
    ),
    # What the site itself answered, of no page. ``searchers``: few of them keep what was searched for from being shown.
    RollUp(
        "answer_days",
        ("site", "target", "source", "locale", "audience"),
        DAY,
        (
            _number("searches", "countIf(kind = 'search')"),
            _number("not_found", "countIf(kind = 'not_found')"),
            _visitors("uniqCombined64(12)", name="searchers", of="visitor != 0 AND kind = 'search'"),
        ),
        kinds=("search", "not_found"),
    ),
)


def daily_of(total: RollUp) -> RollUp:
    """The daily roll-up of the same keys as one over all time."""
    return next(one for one in DECLARED if one.keys == total.keys and one.span is DAY)
