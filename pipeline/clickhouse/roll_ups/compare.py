"""Whether each roll-up sums what the raw table holds: key by key, and month by month for a rebuild."""

from collections.abc import Callable, Iterable, Mapping

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import list_months
from pipeline.clickhouse.roll_ups import ROLL_UPS, script
from pipeline.clickhouse.roll_ups.declared import DECLARED, RollUp, daily_of

ALL_TIME = 0

Sums = Mapping[int, tuple[int, int]]
"""By month (YYYYMM, or ALL_TIME), views and visits."""


def compare_roll_ups(client: ClickHouse, *, advance: Callable[[int, int], None] = lambda *_: None) -> dict[str, int]:
    """By roll-up, on how many keys it and the raw table differ; ``advance`` gets the events done and their total.

    An insert and its roll-ups become visible one after the other: while rows come in, a difference may soon be gone.
    """
    differing = dict.fromkeys(ROLL_UPS, 0)
    months = list_months(client)
    done, total = 0, sum(months.values())
    statement = month_comparison()
    for month, events in months.items():
        for name, keys in client.query(statement, {"month": month}):
            differing[name] += keys
        done += events
        advance(done, total)
    return differing | dict(client.query(totals_comparison()))


def month_comparison() -> str:
    """The query for the roll-ups by day or hour that differ in a month, and on how many keys."""
    return _count_differing(_compare(roll_up) for roll_up in DECLARED if roll_up.span)


def totals_comparison() -> str:
    """The same query for the roll-ups over all time."""
    totals = (_compare(roll_up) for roll_up in DECLARED if not roll_up.span)
    return _count_differing((*totals, script("compare_balances")))


def sum_generation(client: ClickHouse, generation: int) -> dict[tuple[str, int], tuple[int, int]]:
    """Views and visits by roll-up and month."""
    statement = "\nUNION ALL\n".join(_sum(roll_up, generation) for roll_up in DECLARED)
    return {(name, month): (views, visits) for name, month, views, visits in client.query(statement)}


def sum_raw(client: ClickHouse, *, rows: str) -> Sums:
    """Views and visits by month in the raw table, of the ``rows`` under that condition."""
    return {month: (views, visits) for month, views, visits in client.query(script("sum_raw", rows=rows))}


def find_off(made: Mapping[tuple[str, int], tuple[int, int]], least: Sums, most: Sums) -> list[str]:
    """The roll-ups and months whose views or visits are below ``least`` or above ``most``."""
    wanted = {(one.name, month) for one in DECLARED for month in (least if one.span else (ALL_TIME,))} | made.keys()
    none = (0, 0)
    return [
        f"{name} {month or ''}".strip()
        for name, month in sorted(wanted)
        if not all(
            low <= sums <= high
            for low, sums, high in zip(
                least.get(month, none), made.get((name, month), none), most.get(month, none), strict=True
            )
        )
    ]


def _count_differing(comparisons: Iterable[str]) -> str:
    return script("count_differing", comparisons="\nUNION ALL\n".join(comparisons))


def _compare(roll_up: RollUp) -> str:
    keys = ", ".join(roll_up.columns)
    if roll_up.span is None:
        return script("compare_totals", name=roll_up.name, keys=keys, daily=daily_of(roll_up).name)
    values = ", ".join(roll_up.values)
    return script("compare", name=roll_up.name, keys=keys, values=values, month=roll_up.span.month)


def _sum(roll_up: RollUp, generation: int) -> str:
    if roll_up.span is None:
        return script("sum_total", name=roll_up.name, generation=generation)
    return script("sum_months", name=roll_up.name, generation=generation, month=roll_up.span.month)
