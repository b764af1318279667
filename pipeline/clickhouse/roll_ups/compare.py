"""Whether each roll-up sums what the raw table holds, key by key, and month by month for a rebuild.

What retention has archived counts as if the raw table held it. Only roll-ups that are there are compared.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import zip_longest

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import find_stored_ends, list_months
from pipeline.clickhouse.roll_ups import ROLL_UPS, find_archives, find_shown, mark_of, script
from pipeline.clickhouse.roll_ups.declared import DECLARED, RollUp, daily_of
from pipeline.clickhouse.roll_ups.retention import first_whole_month, still_raw

ALL_TIME = 0
EVENTS_TOGETHER = 1_000_000

Sums = Mapping[tuple[str, int], tuple[int, ...]]
"""By roll-up and month (YYYYMM, or ALL_TIME), the numbers of its facets, in the order of the declaration."""


def compare_roll_ups(
    client: ClickHouse,
    *,
    ends: Mapping[int, int] | None = None,
    advance: Callable[[int, int], None] = lambda *_: None,
) -> dict[str, int]:
    """By roll-up, on how many keys it and the raw table differ; ``advance`` gets the events done and their total.

    ``ends``: by partition, the offset before which a sum must have every row, without any that of the rows stored now.
    After it a sum has the rows up to its mark. An insert and its roll-ups become visible one after the other, so that
    with the ends of a moment ago a look is exact while rows come in. A sum over all time, which is compared with the
    daily one, is left out of the answer if both have the rows before the ends, and one has some after them that the
    other has not. Only over a cluster, which has several marks, may a difference then still be gone at the next look.
    """
    there_are = find_shown(client)
    shown = [name for name in ROLL_UPS if name in there_are]
    archives, raw = find_archives(client), still_raw(client)
    stored = find_stored_ends(client) if ends is None else ends
    # One after the other, since each may need memory for all keys of its months.
    statements = [
        months_comparison(
            one,
            archived=one.name in archives,
            rows=raw if client.cluster else f"{raw} AND {_reached(mark_of(one.name, there_are[one.name]), stored)}",
        )
        for one in DECLARED
        if one.span and one.name in there_are
    ]
    differing = dict.fromkeys(shown, 0)
    months = list_months(client)
    done, total = 0, sum(months.values())
    for first, last, events in take_together(months, since=first_whole_month(client)):
        for statement in statements:
            for name, keys in client.query(statement, {"first": first, "last": last}):
                differing[name] += keys
        done += events
        advance(done, total)
    if statement := totals_comparison(shown, under_way="0" if client.cluster or ends is None else _is_past(ends)):
        differing |= dict(client.query(statement))
    if not client.cluster and ends is not None:
        for one in _totals(shown):
            if differing[one.name] and _is_under_way(client, one, there_are, ends):
                del differing[one.name]
    return differing


def take_together(months: Mapping[int, int], *, since: int = 0) -> Iterator[tuple[int, int, int]]:
    """Stretches of months: the first, the last and their events. Months of few events go together, since the engine
    plans a statement as long as it reads many thousand rows; those before the month ``since`` have more than their
    events.
    """
    first = last = together = 0
    for month, events in months.items():
        if first and (first < since or together + events > EVENTS_TOGETHER):
            yield first, last, together
            first = together = 0
        first, last, together = first or month, month, together + events
    if first:
        yield first, last, together


def _is_under_way(client: ClickHouse, total: RollUp, there_are: Mapping[str, int], ends: Mapping[int, int]) -> bool:
    """Whether an insert past the ``ends`` is in one of a sum over all time and the daily one, and not in the other."""
    marks, others = (_find_marks(client, f"{name}_{there_are[name]}") for name in (total.name, daily_of(total).name))
    return any(
        marks[partition] != others[partition] and min(marks[partition], others[partition]) >= ends.get(partition, 0)
        for partition in marks.keys() | others.keys()
    )


def _find_marks(client: ClickHouse, table: str) -> Counter[int]:
    return Counter({int(partition): int(end) for partition, end in client.query(script("find_marks", table=table))})


def _reached(mark: str, ends: Mapping[int, int]) -> str:
    """The condition that a sum with this mark has a row, or should have."""
    return f"offset < greatest({mark}, {_end_of(ends)})" if ends else f"offset < {mark}"


def _is_past(ends: Mapping[int, int]) -> str:
    """The condition that an insert may not be over with a row."""
    return f"offset >= {_end_of(ends)}" if ends else "1"


def _end_of(ends: Mapping[int, int]) -> str:
    """Of a row's partition; 0 of one that is not among them."""
    known = ", ".join(f"{partition}, {end}" for partition, end in sorted(ends.items()))
    return f"map({known})[partition]"


def months_comparison(roll_up: RollUp, *, archived: bool, rows: str) -> str:
    """The query for the name of a roll-up by day or hour that differs in some months, and on how many keys.

    ``archived``: whether it has an archive. ``rows``: the condition that a row of the raw table is not in it.
    """
    return _count_differing([_compare(roll_up, archived=archived, rows=rows)])


def totals_comparison(names: Collection[str], *, under_way: str) -> str:
    """The same query for the roll-ups over all time and the balances; "" if none of them is there. ``under_way``: the
    condition that a row of the raw table may not be in the balances yet."""
    totals = (script("compare_totals", daily=daily_of(one).name, **_parts(one)) for one in _totals(names))
    balances = [script("compare_balances", under_way=under_way)] if "opening_balances" in names else []
    return _count_differing((*totals, *balances))


def _totals(names: Collection[str]) -> list[RollUp]:
    return [one for one in DECLARED if not one.span and {one.name, daily_of(one).name} <= {*names}]


def sum_generation(client: ClickHouse, generation: int, names: Collection[str]) -> Sums:
    """The numbers of a generation."""
    return _read(client, [_sum(one, generation) for one in DECLARED if one.name in names])


def sum_events(client: ClickHouse, names: Collection[str], *, rows: str) -> Sums:
    """What these roll-ups must have: of the raw ``rows`` under a condition, and of all that is archived."""
    found: dict[tuple[str, int], tuple[int, ...]] = {}
    for alike in _alike(one for one in DECLARED if one.name in names):
        statement = script("sum_raw", numbers=_sums_of(alike[0]), of_kinds=alike[0].of_kinds, rows=rows)
        for month, sums in client.query(statement):
            found |= {(one.name, month): tuple(sums) for one in alike if one.span or month == ALL_TIME}
    archived = find_archives(client)
    for one in DECLARED:
        if one.name in names and (one if one.span else daily_of(one)).name in archived:
            for key, sums in _read(client, [_sum_archive(one)]).items():
                found[key] = tuple(map(sum, zip_longest(found.get(key, ()), sums, fillvalue=0)))
    return found


def find_off(made: Sums, least: Sums, most: Sums) -> list[str]:
    """The roll-ups and months whose numbers are below ``least`` or above ``most``."""
    return [
        f"{name} {month or ''}".strip()
        for name, month in sorted(made.keys() | least.keys())
        if not all(
            low <= number <= high
            for low, number, high in zip_longest(
                *(sums.get((name, month), ()) for sums in (least, made, most)), fillvalue=0
            )
        )
    ]


def _alike(roll_ups: Iterable[RollUp]) -> list[list[RollUp]]:
    """Those with the same numbers of the same events together."""
    found: dict[tuple[str, str], list[RollUp]] = {}
    for one in roll_ups:
        found.setdefault((one.of_kinds, _sums_of(one)), []).append(one)
    return list(found.values())


def _read(client: ClickHouse, statements: Iterable[str]) -> Sums:
    rows = (row for statement in statements for row in client.query(statement))
    return {(name, month): tuple(sums) for name, month, sums in rows}


def _count_differing(comparisons: Iterable[str]) -> str:
    found = "\nUNION ALL\n".join(comparisons)
    return script("count_differing", comparisons=found) if found else ""


def _compare(roll_up: RollUp, *, archived: bool, rows: str) -> str:
    parts = _parts(roll_up)
    values, counted = ", ".join(roll_up.values), ", ".join(f"-toInt64({one.value})" for one in roll_up.numbers)
    return script(
        "compare",
        values=values,
        counted=counted,
        of_kinds=roll_up.of_kinds,
        groups=", ".join(roll_up.groups),
        having=roll_up.having,
        rows=rows,
        archived=script("compare_archived", **parts) if archived else "",
        **parts,
    )


def _parts(roll_up: RollUp) -> dict[str, str]:
    numbers = [one.name for one in roll_up.numbers]
    return {
        "name": roll_up.name,
        "keys": ", ".join(roll_up.columns),
        "month": roll_up.span.month if roll_up.span else "",
        "differs": " OR ".join(f"sum({name}) != 0" for name in numbers),
        "summed": ", ".join(f"toInt64({name}) AS {name}" for name in numbers),
        "subtracted": ", ".join(f"-toInt64({name})" for name in numbers),
    }


def _sum(roll_up: RollUp, generation: int) -> str:
    return _sum_months(roll_up, table=f"{roll_up.name}_{generation}", rows="mark = 0")


def _sum_archive(roll_up: RollUp) -> str:
    source = roll_up if roll_up.span else daily_of(roll_up)
    return _sum_months(roll_up, table=f"{source.name}_archive", rows="run IN (SELECT run FROM retention_runs)")


def _sum_months(roll_up: RollUp, *, table: str, rows: str) -> str:
    numbers = ", ".join(
        f"sumIf({number.name}, facet = '{facet.name}')" if roll_up.has_facets else f"sum({number.name})"
        for facet in roll_up.facets
        for number in facet.numbers
    )
    if roll_up.span is None:
        return script("sum_total", name=roll_up.name, table=table, rows=rows, numbers=numbers)
    return script("sum_months", name=roll_up.name, table=table, rows=rows, numbers=numbers, month=roll_up.span.month)


def _sums_of(roll_up: RollUp) -> str:
    return ", ".join(number.value for facet in roll_up.facets for number in facet.numbers)
