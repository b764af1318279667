"""The roll-ups: sums of events (``declared.py``) and the opening balances, which materialized views keep up to date.

They come in *generations*: the materialized view ``site_days_1_from_events`` fills the table ``site_days_1``, which is
read through the view ``site_days``. ``nhip rebuild`` makes the next generation and turns the readers to it; each
roll-up has a generation of its own. A roll-up's script has two statements: its table, and a SELECT for the materialized
views and the backfill of a generation.

A second view of each sum takes from ``events_again`` the rows past the sum's own *marks*, for recovery.py.
"""

import re
from collections.abc import Collection, Iterator
from importlib.resources import files

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.roll_ups.declared import DECLARED, RollUp, daily_of
from pipeline.clickhouse.scripts import render

SUMS = {roll_up.name: roll_up for roll_up in DECLARED}
ROLL_UPS = (*SUMS, "opening_balances")
OF_VIEWS = tuple(name for name, roll_up in SUMS.items() if roll_up.kinds == ("view",))

EVERY_ROW = "true"


def create_generation(
    generation: int, *, cluster: str, rows: str = EVERY_ROW, names: Collection[str] = ROLL_UPS
) -> list[str]:
    """Statements that make the tables and views of a generation; its views take the ``rows`` under that condition."""
    return [statement for name in names for statement in _create(name, generation, cluster=cluster, rows=f"({rows})")]


def turn_readers(generation: int, *, cluster: str, names: Collection[str] = ROLL_UPS) -> list[str]:
    """Statements that let every reader of these roll-ups see ``generation``."""
    return [
        text
        for name in names
        for text in _script(
            "reader",
            name,
            generation,
            cluster=cluster,
            columns="* EXCEPT (mark, reached)" if name in SUMS else "*",
            rows="mark = 0" if name in SUMS else EVERY_ROW,
        )
    ]


def backfill(name: str, generation: int, *, cluster: str, rows: str) -> str:
    """The statement that puts the ``rows`` under that condition into one roll-up."""
    _, select = _table_and_select(name, generation, cluster=cluster, events="events", rows=rows)
    (statement,) = _script("backfill", name, generation, cluster=cluster, select=select)
    return statement


def create_archive(roll_up: RollUp, *, cluster: str) -> list[str]:
    """Statements that make the table for sums of rows that retention deletes."""
    return render(files(__name__).joinpath("archive.sql"), cluster=cluster, name=roll_up.name, **_parts_of(roll_up))


def archive_rows(roll_up: RollUp, *, run: int, rows: str) -> str:
    """The statement that archives the ``rows`` under that condition, as a run of retention."""
    sums = ",\n    ".join(measure.value for measure in roll_up.measures)
    parts = _parts_of(roll_up) | {"sums": sums, "names": ", ".join((*roll_up.columns, *_names_of(roll_up)))}
    return script("archive_rows", name=roll_up.name, run=run, rows=rows, **parts)


def source_of(name: str) -> str:
    """Whose archive a sum is filled from: its own, or for one over all time the daily one's; "" for the balances."""
    return "" if name not in SUMS else name if SUMS[name].span else daily_of(SUMS[name]).name


def fill_from_archive(name: str, generation: int) -> str:
    """The statement that gives a sum's generation what the raw table no longer has; all time is the sum of the days."""
    roll_up = SUMS[name]
    values = _names_of(roll_up) if roll_up.span else [f"sum({measure})" for measure in _names_of(roll_up)]
    keys = ", ".join(roll_up.columns)
    return script(
        "fill_from_archive",
        name=name,
        generation=generation,
        archive=source_of(name),
        keys=keys,
        names=", ".join(_names_of(roll_up)),
        values=", ".join(values),
        group="" if roll_up.span else f"GROUP BY {keys}",
    )


def find_archives(client: ClickHouse) -> set[str]:
    """The sums that have an archive."""
    return {name.removesuffix("_archive") for name in _list_names(client) if name.endswith("_archive")} & {*SUMS}


def drop_generation(generation: int, *, cluster: str, names: Collection[str] = ROLL_UPS) -> list[str]:
    return [text for name in names for text in _script("drop_generation", name, generation, cluster=cluster)]


def find_made(client: ClickHouse) -> dict[int, set[str]]:
    """By generation, the roll-ups that have any table or view of it."""
    named = (re.fullmatch(rf"({'|'.join(ROLL_UPS)})_(\d+)(?:_.*)?", name) for name in _list_names(client))
    made: dict[int, set[str]] = {}
    for found in named:
        if found:
            made.setdefault(int(found[2]), set()).add(found[1])
    return made


def find_generations(client: ClickHouse) -> set[int]:
    """The generations that have any table or view."""
    return set(find_made(client))


def find_shown(client: ClickHouse) -> dict[str, int]:
    """By roll-up that can be read, the generation that readers see. A roll-up that was declared after the tables were
    made is not among them before it is built."""
    readers = client.query(script("list_readers"))
    found = ((name, re.search(rf"\b{name}_(\d+)\b", select)) for name, select in readers if name in ROLL_UPS)
    return {name: int(match[1]) for name, match in found if match}


def find_missing(client: ClickHouse) -> list[str]:
    """The declared roll-ups that can't be read yet."""
    shown = find_shown(client)
    return [name for name in ROLL_UPS if name not in shown]


def _create(name: str, generation: int, *, cluster: str, rows: str) -> Iterator[str]:
    sources = {"events": f"{rows} AND NOT restored"}
    if name in SUMS and not cluster:
        sources["events_again"] = f"{rows} AND {_past_the_mark(name, generation)}"
    for source, condition in sources.items():
        table, select = _table_and_select(
            name, generation, cluster=cluster, events=f"{source}_local" if cluster else source, rows=condition
        )
        if source == "events":
            yield table
        yield from _script("view", name, generation, cluster=cluster, source=source, select=select)
    if cluster:
        yield from _script("distributed", name, generation, cluster=cluster)


def _past_the_mark(name: str, generation: int) -> str:
    """The condition that a sum lacks a row."""
    return f"offset >= {mark_of(name, generation)}"


def mark_of(name: str, generation: int) -> str:
    """Where a row's partition ends in a sum: its rows come in order, and its mark comes with them."""
    marks = f"SELECT maxMap(map(mark, reached)) FROM {name}_{generation} WHERE site = 0 AND mark != 0"
    return f"({marks})[toUInt16(partition + 1)]"


def _list_names(client: ClickHouse) -> list[str]:
    return [name for (name,) in client.query(script("list_names"))]


def script(file: str, /, **names: str | int) -> str:
    """The one statement in a file of this folder, which is the same on one server and over a cluster."""
    (statement,) = render(files(__name__).joinpath(f"{file}.sql"), cluster="", **names)
    return statement


def _table_and_select(name: str, generation: int, *, cluster: str, events: str, rows: str) -> list[str]:
    declared = {"name": name, **_parts_of(SUMS[name])} if name in SUMS else {}
    file = files(__name__).joinpath("sum.sql" if declared else f"{name}.sql")
    return render(file, cluster=cluster, generation=generation, events=events, rows=rows, **declared)


def _parts_of(roll_up: RollUp) -> dict[str, str]:
    """What ``sum.sql`` leaves open."""
    return {
        "of_kinds": roll_up.of_kinds,
        "columns": ",\n    ".join(f"{column} {type_}" for column, type_ in roll_up.columns.items()),
        "measures": ",\n    ".join(f"{measure.name} {measure.type}" for measure in roll_up.measures),
        "keys": ", ".join(roll_up.columns),
        "groups": ", ".join(roll_up.groups),
        "having": roll_up.having,
        "values": ",\n    ".join(roll_up.values),
        "sums": ",\n    ".join(
            f"if(mark = 0, {measure.value}, {measure.nothing}) AS {measure.name}" for measure in roll_up.measures
        ),
    }


def _names_of(roll_up: RollUp) -> list[str]:
    return [measure.name for measure in roll_up.measures]


def _script(script: str, name: str, generation: int, *, cluster: str, **names: str) -> list[str]:
    file = files(__name__).joinpath(f"{script}.sql")
    return render(file, cluster=cluster, name=name, generation=generation, **names)
