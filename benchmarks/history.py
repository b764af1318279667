"""The cost of reading the counters after years: the same questions at one, ten and fifty million views.

The views are made in the engine, two years of them up to now, in the order of time and with the lineage of a log of
four partitions: a new article every few hours, most views on the newest, two or three views to a visitor.
``python -m benchmarks.history DIRECTORY VIEWS… --check VIEWS`` prints JSON; the history of ``--check`` also answers the
questions of `nhip verify`.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from benchmarks.child import measured_by, print_answer, say
from benchmarks.report import Figure
from pipeline.clickhouse.client import ClickHouse, open_embedded
from pipeline.clickhouse.migrations import migrate
from pipeline.clickhouse.queries import count_places, read_summary, sum_page_views
from pipeline.clickhouse.roll_ups.compare import compare_roll_ups
from pipeline.operating.verify import CHUNK
from pipeline.periods import ONLINE_SECONDS, Periods, local_date

YEARS_SECONDS = 2 * 365 * 86_400
REPEATS = 40
SETTLE_SECONDS = 60.0
STEP = 5_000_000
RECORD = 100
PAGES = 5_000
PARTITIONS = 4
FLAT = 2.0

MAKE_VIEWS = Path(__file__).with_name("make_views.sql")


class Reading(msgspec.Struct, frozen=True):
    """Milliseconds of a question that was asked REPEATS times, without the first."""

    p50: float
    p99: float


class History(msgspec.Struct, frozen=True):
    """``checks``: seconds of each question of ``nhip verify``, by name, if they were asked."""

    views: int
    summary: Reading
    page_views: Reading
    bytes_raw: float
    bytes_all: float
    checks: dict[str, float]


def measure_history(directory: Path, sizes: list[int], *, checked: int) -> list[Figure]:
    """``sizes`` in views, of which ``checked`` is one."""
    histories = measured_by("history", directory, *sizes, "--check", checked, answer=list[History])
    return [figure for history in histories for figure in _figures(history, histories[0])]


def _figures(history: History, first: History) -> list[Figure]:
    after = f"at {history.views / 1_000_000:g} M views"
    return [
        _summary(history, first, after),
        Figure(name=f"summary query {after}, p99", value=history.summary.p99, unit="ms"),
        Figure(name=f"views of every page {after}, p50", value=history.page_views.p50, unit="ms"),
        Figure(
            name=f"events on disk {after}",
            value=history.bytes_raw,
            unit="bytes/event",
            goal="< 16",
            met=history.bytes_raw < 16,
        ),
        Figure(
            name=f"events and roll-ups on disk {after}",
            value=history.bytes_all,
            unit="bytes/event",
            goal="< 30",
            met=history.bytes_all < 30,
        ),
        *(
            Figure(name=f"nhip verify, {name}, {after}", value=seconds, unit="s")
            for name, seconds in history.checks.items()
        ),
    ]


def _summary(history: History, first: History, after: str) -> Figure:
    name, value = f"summary query {after}, p50", history.summary.p50
    if history is first:
        return Figure(name=name, value=value, unit="ms")
    return Figure(
        name=name,
        value=value,
        unit="ms",
        limit=first.summary.p50,
        limit_name="ms, the shortest history",
        goal=f"flat: ≤ {FLAT:g} ×",
        met=value <= FLAT * first.summary.p50,
    )


def measure(directory: Path, sizes: list[int], *, checked: int) -> list[History]:
    """Each question goes to the sizes in turns, since a shared machine changes from one moment to the next."""
    now = time.time()
    clients = {views: _make_history(directory, views, until=now) for views in sizes}
    periods = Periods(local_date(now))
    summaries: dict[int, list[float]] = {views: [] for views in sizes}
    pages: dict[int, list[float]] = {views: [] for views in sizes}
    for _ in range(REPEATS):
        for views, client in clients.items():
            summaries[views].append(
                _seconds(partial(read_summary, client, since=now - ONLINE_SECONDS, until=now, periods=periods))
            )
            pages[views].append(_seconds(partial(sum_page_views, client)))
    return [
        History(
            views,
            _reading(summaries[views]),
            _reading(pages[views]),
            *_bytes_per_event(client, views),
            _check(client, views) if views == checked else {},
        )
        for views, client in clients.items()
    ]


def _make_history(directory: Path, views: int, *, until: float) -> ClickHouse:
    client = open_embedded(directory / "clickhouse", database=f"views_{views}")
    migrate(client)
    _make_views(client, views, until=until)
    settle(client)
    return client


def _make_views(client: ClickHouse, views: int, *, until: float) -> None:
    statement = MAKE_VIEWS.read_text(encoding="utf-8")
    start = int((until - YEARS_SECONDS) * 1000)
    for first in range(0, views, STEP):
        count = min(STEP, views - first)
        parameters = {
            "start": start,
            "span": YEARS_SECONDS * 1000,
            "total": views,
            "pages": PAGES,
            "record": RECORD,
            "partitions": PARTITIONS,
            "first": first,
            "count": count,
        }
        client.query(statement, parameters)
        say(f"{first + count:,} of {views:,} views made")


def settle(client: ClickHouse) -> None:
    """Wait until the engine has finished its merges, as it does between a portal's few inserts."""
    deadline = time.monotonic() + SETTLE_SECONDS
    quiet = 0
    while quiet < 3 and time.monotonic() < deadline:
        ((merges,),) = client.query("SELECT count() FROM system.merges")
        quiet = 0 if merges else quiet + 1
        time.sleep(0.5)


def _seconds(question: Callable[[], object]) -> float:
    started = time.perf_counter()
    question()
    return time.perf_counter() - started


def _reading(seconds: list[float]) -> Reading:
    warm = sorted(seconds[1:])
    return Reading(p50=statistics.median(warm) * 1000, p99=warm[int(len(warm) * 0.99)] * 1000)


def _bytes_per_event(client: ClickHouse, views: int) -> tuple[float, float]:
    """Bytes a view of the raw table, and of all tables."""
    ((raw, whole),) = client.query(
        "SELECT sumIf(bytes_on_disk, table = 'events'), sum(bytes_on_disk) FROM system.parts"
        " WHERE active AND database = currentDatabase()"
    )
    return raw / views, whole / views


def _check(client: ClickHouse, views: int) -> dict[str, float]:
    """Seconds of each check. Raises RuntimeError if a check fails."""
    return {
        "lineage": _seconds(partial(_expect, lambda: _count_all_places(client, views), views)),
        "roll-ups against raw": _seconds(partial(_expect, lambda: any(compare_roll_ups(client).values()), False)),
    }


def _expect(question: Callable[[], object], wanted: object) -> None:
    if (found := question()) != wanted:
        raise RuntimeError(f"the made views do not check out: {found} where {wanted} was expected")


def _count_all_places(client: ClickHouse, views: int) -> int:
    """Count in stretches of the log, as verify does. Raises RuntimeError if an event is stored twice."""
    records = views // RECORD // PARTITIONS
    places = 0
    for partition in range(PARTITIONS):
        for first in range(0, records, CHUNK):
            found = count_places(client, partition=partition, first=first, end=min(first + CHUNK, records)).values()
            if any(stored.events > stored.event_places for stored in found):
                raise RuntimeError("the made views do not check out: one is stored twice")
            places += sum(stored.places for stored in found)
    return places


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("views", type=int, nargs="+")
    parser.add_argument("--check", type=int)
    options = parser.parse_args()
    print_answer(measure(options.directory, options.views, checked=options.check))


if __name__ == "__main__":
    main()
