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
class Facet:
    """``measures`` of events of ``kinds`` by ``keys``, columns of events with the site first."""

    name: str
    keys: tuple[str, ...]
    measures: tuple[Measure, ...]
    kinds: tuple[str, ...] = ("view",)

    @property
    def numbers(self) -> tuple[Measure, ...]:
        """The measures that add up."""
        return tuple(measure for measure in self.measures if measure.adds_up)


@dataclass(frozen=True)
class RollUp:
    """Sums by ``span``, without one over all time, for each of the ``facets``; a row is of one facet, and what is no
    key of that is empty in it.

    Facets share a table, and above all its view, since ClickHouse plans each view again for every insert, which costs
    more than the sums of a small one. A roll-up over all time is compared with the daily one of the same keys, which is
    compared with the raw table.
    """

    name: str
    span: Span | None
    facets: tuple[Facet, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of any facet, columns of events."""
        return tuple(dict.fromkeys(key for facet in self.facets for key in facet.keys))

    @property
    def measures(self) -> tuple[Measure, ...]:
        return tuple(dict.fromkeys(measure for facet in self.facets for measure in facet.measures))

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(kind for facet in self.facets for kind in facet.kinds))

    @property
    def columns(self) -> dict[str, str]:
        """What tells rows apart: the keys, the facet after the site, and the span; each column's type."""
        site, *others = self.keys
        facet = {"facet": "LowCardinality(String)"} if self.has_facets else {}
        span = {self.span.column: self.span.type} if self.span else {}
        return {site: EVENT_COLUMNS[site]} | facet | {key: EVENT_COLUMNS[key] for key in others} | span

    @property
    def values(self) -> list[str]:
        """The same as expressions over events in groups of ``groups``."""
        site, *others = self.keys
        facet = [f"{self._facet_of_group} AS facet"] if self.has_facets else []
        return [site, *facet, *others, *([f"{self.span.value} AS {self.span.column}"] if self.span else [])]

    @property
    def groups(self) -> list[str]:
        """The sets of columns that events are grouped by, one a facet."""
        span = (self.span.column,) if self.span else ()
        return [f"({', '.join((*facet.keys, *span))})" for facet in self.facets]

    @property
    def having(self) -> str:
        """The condition that a group has events of its facet."""
        if all(facet.kinds == self.kinds for facet in self.facets):
            return "true"
        counted = ", ".join(f"facet = '{facet.name}', countIf({of_kinds(facet.kinds)}) != 0" for facet in self.facets)
        return f"multiIf({counted}, true)"

    @property
    def has_facets(self) -> bool:
        return len(self.facets) > 1

    @property
    def numbers(self) -> tuple[Measure, ...]:
        """The measures that add up, by which a roll-up is compared with the events."""
        return tuple(dict.fromkeys(number for facet in self.facets for number in facet.numbers))

    @property
    def of_kinds(self) -> str:
        """The condition that an event is of these kinds."""
        return of_kinds(self.kinds)

    @property
    def _facet_of_group(self) -> str:
        """A key that no other facet has tells which facet a group is of."""
        own = {
            next(key for key in facet.keys if sum(key in other.keys for other in self.facets) == 1): facet.name
            for facet in self.facets
        }
        of_groups = ", ".join(f"grouping({key}) = 0, '{name}'" for key, name in own.items())
        return f"multiIf({of_groups}, '')"


def of_kinds(kinds: tuple[str, ...]) -> str:
    """The condition that an event is of one of these kinds."""
    names = ", ".join(f"'{kind}'" for kind in kinds)
    return f"kind IN ({names})"


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


def _plain(name: str, keys: tuple[str, ...], span: Span | None, *measures: Measure) -> RollUp:
    """Of one facet, views by ``keys``."""
    return RollUp(name, span, (Facet("", keys, measures),))


DECLARED = (
    _plain("site_days", SITE, DAY, VIEWS, VISITS, EXACT_VISITORS),
    _plain("site_hours", SITE, HOUR, VIEWS, VISITS),
    RollUp(
        "facet_days",
        DAY,
        tuple(
            Facet(name, ("site", *keys, "audience"), (VIEWS, VISITS, VISITORS))
            for name, keys in {
                "bot": ("bot_kind", "bot_operator", "bot", "suspect"),
                "arrival": ("channel", "source", "campaign", "campaign_source", "campaign_medium"),
                "device": ("device", "os", "browser"),
                "place": ("country", "province", "language"),
            }.items()
        ),
    ),
    _plain("page_days", PAGE, DAY, VIEWS, VISITS, VISITORS),
    _plain("page_hours", PAGE, HOUR, VIEWS, VISITS),
    # One small row a page however long the history: every refresh of the counters reads it.
    _plain("page_totals", PAGE, None, VIEWS, VISITS),
    RollUp(
        "act_days",
        DAY,
        (
            # What readers do on pages. Engagement has no target.
            Facet(
                "act",
                ("site", "page_id", "locale", "target", "audience"),
                (
                    _number("engagements", "countIf(kind = 'engagement')"),
                    _number("seconds", "sum(seconds)"),
                    _number("depth", "sum(depth)"),
                    _number("downloads", "countIf(kind = 'download')"),
                    _number("outbound", "countIf(kind = 'outbound')"),
                ),
                kinds=("engagement", "download", "outbound"),
            ),
            # What the site itself answered, of no page. ``searchers``: few of them keep what was searched for from
            # being shown.
            Facet(
                "answer",
                ("site", "target", "source", "locale", "audience"),
                (
                    _number("searches", "countIf(kind = 'search')"),
                    _number("not_found", "countIf(kind = 'not_found')"),
                    _visitors("uniqCombined64(12)", name="searchers", of="visitor != 0 AND kind = 'search'"),
                ),
                kinds=("search", "not_found"),
            ),
        ),
    ),
)


def daily_of(total: RollUp) -> RollUp:
    """The daily roll-up of the same keys as one over all time."""
    return next(one for one in DECLARED if one.keys == total.keys and one.span is DAY)
