"""The roll-ups: sums of views (``declared.py``) and the opening balances, which materialized views keep up to date.

They come in *generations*: the materialized view ``site_days_1_from_events`` fills the table ``site_days_1``, which is
read through the view ``site_days``. ``nhip rebuild`` makes the next generation and turns the readers to it. A roll-up's
script has two statements: its table, and a SELECT for the materialized views and the backfill of a generation.

A second view of each sum takes from ``events_again`` the rows past the sum's own *marks*, for recovery.py.
"""

import re
from collections.abc import Iterator
from importlib.resources import files

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.roll_ups.declared import DECLARED, RollUp
from pipeline.clickhouse.scripts import render

SUMS = {roll_up.name: roll_up for roll_up in DECLARED}
ROLL_UPS = (*SUMS, "opening_balances")

EVERY_ROW = "true"


def create_generation(generation: int, *, cluster: str, rows: str = EVERY_ROW) -> list[str]:
    """Statements that make the tables and views of a generation; its views take the ``rows`` under that condition."""
    return [
        statement for name in ROLL_UPS for statement in _create(name, generation, cluster=cluster, rows=f"({rows})")
    ]


def turn_readers(generation: int, *, cluster: str) -> list[str]:
    """Statements that let every reader see ``generation``."""
    return [
        text
        for name in ROLL_UPS
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


def drop_generation(generation: int, *, cluster: str) -> list[str]:
    return [text for name in ROLL_UPS for text in _script("drop_generation", name, generation, cluster=cluster)]


def find_generations(client: ClickHouse) -> set[int]:
    """The generations that have any table or view."""
    named = (re.fullmatch(rf"(?:{'|'.join(ROLL_UPS)})_(\d+)(?:_.*)?", name) for name, _ in _list_tables(client))
    return {int(found[1]) for found in named if found}


def find_shown(client: ClickHouse) -> dict[str, int]:
    """By roll-up, the generation that readers see."""
    found = (
        (name, re.search(rf"\b{name}_(\d+)\b", select)) for name, select in _list_tables(client) if name in ROLL_UPS
    )
    return {name: int(match[1]) for name, match in found if match}


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
    """The condition that a sum lacks a row: a partition's rows come in order, and its mark is where they end so far."""
    marks = f"SELECT maxMap(map(mark, reached)) FROM {name}_{generation} WHERE site = 0 AND mark != 0"
    return f"offset >= ({marks})[toUInt16(partition + 1)]"


def _list_tables(client: ClickHouse) -> list[tuple[str, str]]:
    return [(name, select) for name, select in client.query(script("list_tables"))]


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
        "columns": ",\n    ".join(f"{column} {type_}" for column, type_ in roll_up.columns.items()),
        "measures": ",\n    ".join(f"{measure.name} {measure.type}" for measure in roll_up.measures),
        "keys": ", ".join(roll_up.columns),
        "values": ",\n    ".join(roll_up.values),
        "sums": ",\n    ".join(
            f"if(mark = 0, {measure.value}, {measure.nothing}) AS {measure.name}" for measure in roll_up.measures
        ),
    }


def _script(script: str, name: str, generation: int, *, cluster: str, **names: str) -> list[str]:
    file = files(__name__).joinpath(f"{script}.sql")
    return render(file, cluster=cluster, name=name, generation=generation, **names)
