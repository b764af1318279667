"""What each roll-up costs an insert: the raw table alone, then with the views of one roll-up, then with all of them.

Batches of 50,000 rows, as a consumer that catches up makes them, and single records, as a quiet portal has them.
``python -m benchmarks.roll_ups DIRECTORY EVENTS TURNS`` prints JSON. The ways take turns, each with its own database.
"""

import statistics
import sys
from collections.abc import Collection
from pathlib import Path

import msgspec
from year import RECORD, Year

from benchmarks.child import measured_by, print_answer, say
from benchmarks.costs import Stopwatch, keep_to_one_core
from benchmarks.report import Figure
from pipeline.clickhouse.client import ClickHouse, open_embedded
from pipeline.clickhouse.columns import Columns, count
from pipeline.clickhouse.migrations import FIRST_ROLL_UPS, migration_steps
from pipeline.clickhouse.roll_ups import ROLL_UPS, create_generation
from pipeline.clickhouse.writer import write_events

BATCH = 50_000
SINGLES = 40
TURNS = 3
EVENTS_A_VIEW = 1.75
NONE, ALL = "none", "all"


class Cost(msgspec.Struct, frozen=True):
    """``bulk``: processor seconds for a million rows in large batches; ``single``: milliseconds of an insert of one
    record, by the clock, the median."""

    bulk: float
    single: float


def measure_roll_ups(directory: Path, *, events: int) -> list[Figure]:
    say("roll-ups: inserts without any, with each, with all")
    costs = measured_by("roll_ups", directory, events, TURNS, answer=dict[str, Cost])
    bare = costs[NONE]
    return [
        figure
        for name, cost in costs.items()
        for figure in (
            Figure(
                name=f"insert, roll-ups: {name}, CPU",
                value=cost.bulk,
                unit="s per 1 M",
                limit=bare.bulk,
                limit_name="raw table alone",
            ),
            Figure(
                name=f"insert of one record, roll-ups: {name}",
                value=cost.single,
                unit="ms",
                limit=bare.single,
                limit_name="ms, raw table alone",
            ),
        )
    ]


def measure(directory: Path, events: int, *, turns: int) -> dict[str, Cost]:
    batches = list(Year(round(events / EVENTS_A_VIEW)).batches(BATCH))
    ways: dict[str, tuple[str, ...]] = {NONE: (), **{name: (name,) for name in ROLL_UPS}, ALL: ROLL_UPS}
    _insert(_open(directory, "warm_up", ROLL_UPS), batches[-1:])
    found: dict[str, list[Cost]] = {way: [] for way in ways}
    for turn in range(turns):
        for way, names in ways.items():
            client = _open(directory, f"{way}_{turn}", names)
            with Stopwatch() as watch:
                _insert(client, batches)
            rows = sum(map(count, batches))
            found[way].append(Cost(watch.cpu / rows * 1_000_000, _single(client, batches[0])))
            client.close()
    return {
        way: Cost(statistics.median(one.bulk for one in costs), statistics.median(one.single for one in costs))
        for way, costs in found.items()
    }


def _open(directory: Path, database: str, names: Collection[str]) -> ClickHouse:
    """A database whose inserts reach the roll-ups of these names alone."""
    client = open_embedded(directory / "clickhouse", database=database)
    tables = [text for step, texts in migration_steps("").items() if step != FIRST_ROLL_UPS for text in texts]
    for statement in (*tables, *create_generation(1, cluster="", names=names)):
        client.command(statement)
    return client


def _insert(client: ClickHouse, batches: list[Columns]) -> None:
    for number, batch in enumerate(batches):
        write_events(client, batch, token=f"batch/{number}")


def _single(client: ClickHouse, batch: Columns) -> float:
    times = []
    for number in range(min(SINGLES, count(batch) // RECORD)):
        record = {name: column[number * RECORD : (number + 1) * RECORD] for name, column in batch.items()}
        with Stopwatch() as watch:
            write_events(client, record, token=f"record/{number}")
        times.append(watch.seconds * 1000)
    return statistics.median(times)


def main() -> None:
    keep_to_one_core()
    print_answer(measure(Path(sys.argv[1]), int(sys.argv[2]), turns=int(sys.argv[3])))


if __name__ == "__main__":
    main()
