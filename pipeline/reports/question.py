"""The one shape of a question about traffic, close to that of Plausible's Stats API v2, and its check.

    {"metrics": ["views", "visits"], "date_range": ["2026-11-01", "2026-11-30"], "dimensions": ["channel"],
     "filters": [["is_not", "country", ["VN"]]], "order_by": [["visits", "desc"]], "pagination": {"limit": 10}}

A filter is ``["is" | "is_not" | "contains", dimension, values]``, ``["and" | "or", filters]`` or ``["not", filter]``;
several filters of a question all hold. Days are those of Asia/Ho_Chi_Minh, and the last one is included.
``{"include": {"compare": "previous_period"}}`` asks for earlier days beside them (comparing.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from pipeline.periods import Periods
from pipeline.reports.comparing import Earlier, Mode, find_earlier, given_earlier
from pipeline.reports.dimensions import DIMENSIONS, Dimension
from pipeline.reports.metrics import METRICS, Metric

MAX_DIMENSIONS = 4
MAX_ROWS = 10_000
MAX_DEPTH = 5
MAX_CONDITIONS = 50
MAX_VALUES = 500
MAX_VALUE_CHARS = 500
MAX_FILTER_CHARS = 50_000  # of all values; encoded in an address, they stay below the 1 MiB that ClickHouse takes
LATEST_DAY = date(2105, 12, 31)  # of ClickHouse's DateTime
EARLIEST_DAY = date(1971, 1, 1)

FILTERS = '["is"|"is_not"|"contains", dimension, [values]], ["and"|"or", [filters]] or ["not", filter]'

Values = tuple[str, ...] | tuple[int, ...]
Compare = Literal["is", "is_not", "contains"]
Found = TypeVar("Found")


class BadQuestion(ValueError):
    """The question can't be asked; says which field of it is wrong, in Vietnamese and English."""


class Pagination(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_ROWS)] = 100
    offset: Annotated[int, msgspec.Meta(ge=0)] = 0


class Include(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``totals``: all rows together, and what is not among the rows shown. ``total_rows``: how many rows there are.

    ``compare``: the earlier days to compare with, by name or as the first and the last; with
    ``compare_match_day_of_week`` whole weeks earlier.
    """

    totals: bool = False
    total_rows: bool = False
    compare: Mode | Annotated[list[date], msgspec.Meta(min_length=2, max_length=2)] | None = None
    compare_match_day_of_week: bool = False


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question as it is written. ``site`` 0 is all sites."""

    metrics: Annotated[list[str], msgspec.Meta(min_length=1)]
    date_range: str | Annotated[list[date], msgspec.Meta(min_length=2, max_length=2)]
    site: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] = 0
    dimensions: Annotated[list[str], msgspec.Meta(max_length=MAX_DIMENSIONS)] = []
    filters: list[list[Any]] = []
    order_by: list[tuple[str, Literal["asc", "desc"]]] = []
    include: Include = Include()
    pagination: Pagination = Pagination()


@dataclass(frozen=True)
class Condition:
    """``dimension`` has (``is``), has not (``is_not``) or contains one of ``values``."""

    compare: Compare
    dimension: Dimension
    values: Values


@dataclass(frozen=True)
class Both:
    """All of ``parts`` hold; with ``one_is_enough`` any of them."""

    parts: tuple["Filter", ...]
    one_is_enough: bool = False


@dataclass(frozen=True)
class Not:
    part: "Filter"


Filter = Condition | Both | Not


@dataclass(frozen=True)
class Order:
    by: Dimension | Metric
    descending: bool


@dataclass(frozen=True)
class Question:
    """A question that can be asked: ``since`` to ``until``, both included; ``site`` 0 is all sites."""

    metrics: tuple[Metric, ...]
    since: date
    until: date
    site: int = 0
    dimensions: tuple[Dimension, ...] = ()
    filters: Both = Both(())
    order_by: tuple[Order, ...] = ()
    totals: bool = False
    total_rows: bool = False
    earlier: Earlier | None = None
    limit: int = 100
    offset: int = 0

    @property
    def filtered(self) -> tuple[Dimension, ...]:
        """The dimensions that filters look at."""
        return tuple(dict.fromkeys(_dimensions_of(self.filters)))

    @property
    def columns(self) -> tuple[Dimension, ...]:
        """The dimensions that rows or filters are of."""
        return tuple(dict.fromkeys((*self.dimensions, *self.filtered)))

    def adds_up(self, metric: Metric) -> bool:
        """Whether the rows of ``metric`` sum to its total: a reader counts once a day, but for several pages."""
        if metric.per:
            return False
        return metric.measure != "visitors" or all(one.is_time and not one.by_hour for one in self.dimensions)


@dataclass
class Budget:
    """What is left for the rest of the filters."""

    conditions: int = MAX_CONDITIONS
    chars: int = MAX_FILTER_CHARS


PERIODS: dict[str, Callable[[date], date]] = {
    "day": lambda today: today,
    "7d": lambda today: today - timedelta(days=6),
    "28d": lambda today: today - timedelta(days=27),
    "30d": lambda today: today - timedelta(days=29),
    "91d": lambda today: today - timedelta(days=90),
    "week": lambda today: Periods(today).week,
    "month": lambda today: Periods(today).month,
    "year": lambda today: today.replace(month=1, day=1),
}


def read_question(written: bytes | dict[str, Any], *, today: date) -> Question:
    """The question in a JSON object. Raises BadQuestion."""
    try:
        asked = (
            msgspec.json.decode(written, type=Asked) if isinstance(written, bytes) else msgspec.convert(written, Asked)
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadQuestion(f"câu hỏi không hợp lệ · the question is not valid: {error}") from None
    since, until = _days(asked.date_range, today)
    metrics = tuple(_known("metrics", name, METRICS) for name in dict.fromkeys(asked.metrics))
    dimensions = tuple(_known("dimensions", name, DIMENSIONS) for name in dict.fromkeys(asked.dimensions))
    budget = Budget()
    return Question(
        metrics=metrics,
        since=since,
        until=until,
        site=asked.site,
        dimensions=dimensions,
        filters=Both(tuple(_filter(part, f"filters[{place}]", 1, budget) for place, part in enumerate(asked.filters))),
        order_by=_order(asked.order_by, metrics, dimensions),
        totals=asked.include.totals,
        total_rows=asked.include.total_rows,
        earlier=_earlier(asked.include, since, until),
        limit=asked.pagination.limit,
        offset=asked.pagination.offset,
    )


def _days(given: str | list[date], today: date) -> tuple[date, date]:
    if isinstance(given, str):
        first = _known("date_range", given, PERIODS)(today)
        return first, today
    return _span("date_range", *given)


def _span(where: str, since: date, until: date) -> tuple[date, date]:
    if not EARLIEST_DAY <= since <= until <= LATEST_DAY:
        raise BadQuestion(f"{where}: {since} sau {until}, hoặc quá xa · begins after it ends, or is too far away")
    return since, until


def _earlier(asked: Include, since: date, until: date) -> Earlier | None:
    where = "include.compare"
    match asked.compare:
        case None:
            return None
        case list() as days:
            if asked.compare_match_day_of_week:
                raise BadQuestion(f"{where}_match_day_of_week: không đi với ngày đã cho · does not go with given days")
            earlier = given_earlier(_span(where, *days), since)
        case mode:
            earlier = find_earlier(mode, since, until, by_weekday=asked.compare_match_day_of_week)
    _span(where, earlier.since, earlier.until)
    return earlier


def _order(
    asked: Sequence[tuple[str, str]], metrics: Sequence[Metric], dimensions: Sequence[Dimension]
) -> tuple[Order, ...]:
    """As asked; without that, time runs forward, and else the largest comes first. Ties are broken by dimensions."""
    columns: dict[str, Dimension | Metric] = {metric.name: metric for metric in metrics}
    columns |= {dimension.name: dimension for dimension in dimensions}
    orders = [Order(_known("order_by", name, columns), direction == "desc") for name, direction in asked]
    if not orders and not any(dimension.is_time for dimension in dimensions):
        orders.append(Order(metrics[0], descending=True))
    ordered = {order.by for order in orders}
    return (*orders, *(Order(one, descending=False) for one in dimensions if one not in ordered))


def _filter(written: Any, where: str, depth: int, budget: Budget) -> Filter:
    if depth > MAX_DEPTH:
        raise BadQuestion(f"{where}: lồng quá sâu · nested too deeply, more than {MAX_DEPTH}")
    match written:
        case ["not", part]:
            return Not(_filter(part, f"{where}[1]", depth + 1, budget))
        case ["and" | "or" as word, [*parts]]:
            read = tuple(_filter(part, f"{where}[1][{place}]", depth + 1, budget) for place, part in enumerate(parts))
            return Both(read, one_is_enough=word == "or")
        case ["is" | "is_not" | "contains" as compare, str(name), [*values]]:
            return _condition(compare, name, values, where, budget)
    raise BadQuestion(f"{where}: cần · wants {FILTERS}")


def _condition(compare: Compare, name: str, values: Sequence[Any], where: str, budget: Budget) -> Condition:
    budget.conditions -= 1
    if budget.conditions < 0:
        raise BadQuestion(f"{where}: nhiều hơn · more than {MAX_CONDITIONS} conditions")
    dimension = _known(where, name, {name: one for name, one in DIMENSIONS.items() if not one.is_time})
    if len(values) > MAX_VALUES:
        raise BadQuestion(f"{where}: nhiều hơn · more than {MAX_VALUES} values")
    if dimension.is_number:
        if compare == "contains":
            raise BadQuestion(f"{where}: {name} là số, dùng is · is a number: use is or is_not")
        if not all(type(value) is int and 0 <= value < 2**32 for value in values):
            raise BadQuestion(f"{where}: giá trị của {name} là số · values of {name} are numbers")
    elif not all(isinstance(value, str) and len(value) <= MAX_VALUE_CHARS for value in values):
        raise BadQuestion(
            f"{where}: giá trị của {name} là chữ · values of {name} are texts, up to {MAX_VALUE_CHARS} long"
        )
    budget.chars -= sum(len(str(value)) for value in values)
    if budget.chars < 0:
        raise BadQuestion(f"{where}: các giá trị dài hơn · all values are longer than {MAX_FILTER_CHARS} characters")
    return Condition(compare, dimension, tuple(values))


def _known(where: str, name: str, there_are: dict[str, Found]) -> Found:
    try:
        return there_are[name]
    except KeyError:
        names = ", ".join(there_are)
        raise BadQuestion(f"{where}: không có · there is no {name[:40]!r}; có · there are: {names}") from None


def _dimensions_of(part: Filter) -> Sequence[Dimension]:
    match part:
        case Condition():
            return (part.dimension,)
        case Not():
            return _dimensions_of(part.part)
        case Both():
            return tuple(dimension for one in part.parts for dimension in _dimensions_of(one))
