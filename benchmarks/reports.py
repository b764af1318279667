"""Each report at one, ten and fifty million events, beside the same question as one naive query on the raw rows.

The events are those of ``tests/support/year.py``: a million of them are made in Python, the engine makes the rest of
them again as other readers would, in that year and the one before. ``python -m benchmarks.reports DIRECTORY EVENTS…``
prints JSON. Every answer is compared with the naive one's sum.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from string import Template
from typing import Any

import msgspec
from year import DAYS, FIRST, Year

from benchmarks.child import measured_by, print_answer, say
from benchmarks.history import settle
from benchmarks.report import Figure
from pipeline.clickhouse.client import ClickHouse, open_embedded
from pipeline.clickhouse.columns import EVENT_COLUMNS
from pipeline.clickhouse.migrations import migrate
from pipeline.clickhouse.queries import find_stored_ends
from pipeline.clickhouse.roll_ups import SUMS
from pipeline.clickhouse.roll_ups.retention import enforce
from pipeline.clickhouse.writer import write_events
from pipeline.reports.answer import Answer, answer
from pipeline.reports.question import Question, read_question

BASE = 1_000_000
EVENTS_A_VIEW = 1.75  # of the year: what readers do beside viewing, and heartbeats, are events too
REPEATS = 7
WITHIN_SECONDS = 1.0
LAST = FIRST + timedelta(days=DAYS - 1)
MONTH = (date(2026, 9, 1), date(2026, 9, 30))
YEAR = (FIRST, LAST)

MULTIPLY = Path(__file__).with_name("multiply_year.sql")
PUBLIC_VIEWS = "kind = 'view' AND audience = 'public'"


@dataclass(frozen=True)
class Report:
    """A question, and what somebody would write by hand: a value to group by, a number, and which rows.

    ``month``: asked of a month, else of the year.
    """

    name: str
    asked: Mapping[str, Any]
    by: str
    number: str = "count()"
    rows: str = PUBLIC_VIEWS
    month: bool = True

    @property
    def days(self) -> tuple[date, date]:
        return MONTH if self.month else YEAR

    @property
    def question(self) -> Question:
        first, last = self.days
        whole = {"date_range": [first.isoformat(), last.isoformat()], "pagination": {"limit": 10_000}}
        return read_question({**self.asked, **whole}, today=LAST)

    @property
    def naive(self) -> str:
        first, last = self.days
        local = "toTimeZone(at, 'Asia/Ho_Chi_Minh')"
        return (
            f"SELECT {self.by} AS which, {self.number} AS number FROM events"
            f" WHERE toDate({local}) >= '{first}' AND toDate({local}) <= '{last}' AND {self.rows} GROUP BY which"
        )


LOCAL_HOUR = "toHour(toTimeZone(at, 'Asia/Ho_Chi_Minh'))"
LOCAL_DAY = "toDate(toTimeZone(at, 'Asia/Ho_Chi_Minh'))"

REPORTS = (
    Report("days of a month", {"metrics": ["views"], "dimensions": ["day"]}, LOCAL_DAY),
    Report("days of a year", {"metrics": ["views"], "dimensions": ["day"]}, LOCAL_DAY, month=False),
    Report("pages of a month", {"metrics": ["views", "visits"], "dimensions": ["page"]}, "page_id"),
    Report("pages of a year", {"metrics": ["views", "visits"], "dimensions": ["page"]}, "page_id", month=False),
    Report(
        "a page by hour of the day",
        {"metrics": ["views"], "dimensions": ["hour_of_day"], "filters": [["is", "page", [77]]]},
        LOCAL_HOUR,
        rows=f"{PUBLIC_VIEWS} AND page_id = 77",
    ),
    Report("hours × weekdays", {"metrics": ["views"], "dimensions": ["hour_of_day", "weekday"]}, LOCAL_HOUR),
    Report("sources", {"metrics": ["views", "visits", "daily_visitors"], "dimensions": ["source"]}, "source"),
    Report("channels of a year", {"metrics": ["views"], "dimensions": ["channel", "month"]}, "channel", month=False),
    Report("campaigns", {"metrics": ["visits"], "dimensions": ["campaign"]}, "campaign", "countIf(visit)"),
    Report("devices", {"metrics": ["views", "daily_visitors"], "dimensions": ["device"]}, "device"),
    Report("browsers of a year", {"metrics": ["views"], "dimensions": ["browser"]}, "browser", month=False),
    Report("places", {"metrics": ["views", "daily_visitors"], "dimensions": ["country", "province"]}, "country"),
    Report(
        "bots",
        {"metrics": ["bots"], "dimensions": ["bot_kind", "bot"]},
        "bot_kind",
        rows="kind = 'view' AND audience = 'bot'",
    ),
    Report("sources of a page, raw", {"metrics": ["views"], "dimensions": ["source", "page"]}, "source"),
)


class Timed(msgspec.Struct, frozen=True):
    """Milliseconds of a report and of the naive query, the median of REPEATS each; ``rolled_up``: answered from
    sums."""

    name: str
    report: float
    naive: float
    rolled_up: bool


class Reports(msgspec.Struct, frozen=True):
    """``disk``: bytes a view by table, roll-ups by their name, after merges; ``archived``: the same once retention has
    taken all but the last half year. ``views`` are the stored ones."""

    events: int
    views: int
    timed: list[Timed]
    disk: dict[str, float]
    archived: dict[str, float]


def measure_reports(directory: Path, sizes: list[int]) -> list[Figure]:
    """``sizes`` in events."""
    found = measured_by("reports", directory, *sizes, answer=list[Reports])
    return [figure for one in found for figure in _figures(one)]


def _figures(found: Reports) -> list[Figure]:
    after = f"at {found.events / 1_000_000:g} M events"
    raw, whole = found.disk["events"], sum(found.disk.values())
    return [
        *(
            Figure(
                name=f"report: {one.name}, {after}",
                value=one.report,
                unit="ms",
                limit=one.naive,
                limit_name="ms, naive on raw rows",
                goal=f"< {WITHIN_SECONDS * 1000:g}" if one.rolled_up else "",
                met=one.report < WITHIN_SECONDS * 1000 if one.rolled_up else None,
            )
            for one in found.timed
        ),
        # With all that readers do beside viewing; of views alone: the part "history".
        Figure(name=f"all events on disk {after}", value=raw, unit="bytes/view"),
        Figure(name=f"all events and roll-ups on disk {after}", value=whole, unit="bytes/view"),
        *(
            Figure(name=f"{name} on disk {after}", value=value, unit="bytes/view")
            for name, value in sorted(found.disk.items())
            if name in SUMS
        ),
        Figure(
            name=f"all on disk {after}, all but half a year archived",
            value=sum(found.archived.values()),
            unit="bytes/view",
        ),
    ]


def measure(directory: Path, sizes: list[int]) -> list[Reports]:
    return [_measure(directory, events) for events in sizes]


def _measure(directory: Path, events: int) -> Reports:
    client = open_embedded(directory / "clickhouse", database=f"events_{events}")
    migrate(client)
    make_events(client, events)
    settle(client)
    ((views,),) = client.query("SELECT countIf(kind = 'view') FROM events")
    timed = [_time(client, report) for report in REPORTS]
    disk = _bytes_per_view(client, views)
    # The log has the last records alone, of which retention takes none.
    enforce(
        client, keep_from=date(2026, 5, 1), begins=find_stored_ends(client), now=time.time(), advance=lambda *_: None
    )
    client.command("OPTIMIZE TABLE events FINAL")
    return Reports(events, views, timed, disk, _bytes_per_view(client, views))


def make_events(client: ClickHouse, events: int) -> None:
    """The year, of BASE events at most, and as many copies as it takes."""
    base = min(events, BASE)
    for number, batch in enumerate(Year(round(base / EVENTS_A_VIEW)).batches()):
        write_events(client, batch, token=f"year/{number}")
    records = max(find_stored_ends(client).values())
    months = [month for (month,) in client.query("SELECT DISTINCT toYYYYMM(at, 'Asia/Ho_Chi_Minh') FROM events")]
    for copy in range(1, events // base):
        for month in sorted(months):
            client.query(_multiply(), {"copy": copy, "records": records, "month": month})
        say(f"{(copy + 1) * base:,} of {events:,} events made")


def _multiply() -> str:
    """A reader of a copy has another number, and nobody stays nobody."""
    changed = {
        "at": "at + toIntervalSecond({copy:UInt32} % 600) - toIntervalDay(364 * ({copy:UInt32} % 2))",
        "visitor": "if(visitor = 0, 0, sipHash64(visitor, {copy:UInt32}))",
        "offset": "offset + {records:UInt64} * {copy:UInt64}",
    }
    columns = [f"`{name}`" for name in EVENT_COLUMNS]
    values = [changed.get(name, f"`{name}`") for name in EVENT_COLUMNS]
    text = MULTIPLY.read_text(encoding="utf-8")
    return Template(text).substitute(columns=", ".join(columns), values=", ".join(values))


def _time(client: ClickHouse, report: Report) -> Timed:
    """In turns. Raises RuntimeError if the two do not have the same sum."""
    question = report.question
    found: Answer = answer(client, question)
    _compare(report, found, client.query(report.naive))
    reports, naive = [], []
    for _ in range(REPEATS):
        reports.append(_milliseconds(partial(answer, client, question)))
        naive.append(_milliseconds(partial(client.query, report.naive)))
    return Timed(
        report.name, statistics.median(reports), statistics.median(naive), rolled_up=found.answered_from == "roll_up"
    )


def _compare(report: Report, found: Answer, naive: list[tuple[Any, ...]]) -> None:
    ours, theirs = sum(row.metrics[0] or 0 for row in found.rows), sum(number for _, number in naive)
    if ours != theirs:
        raise RuntimeError(f"{report.name}: {ours} here, {theirs} by the naive query")


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _bytes_per_view(client: ClickHouse, views: int) -> dict[str, float]:
    """By table without the number of its generation."""
    found = client.query(
        "SELECT replaceRegexpOne(table, '_[0-9]+$', '') AS name, sum(bytes_on_disk) FROM system.parts"
        " WHERE active AND database = currentDatabase() GROUP BY name"
    )
    return {name: size / views for name, size in found}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("events", type=int, nargs="+")
    options = parser.parse_args()
    print_answer(measure(options.directory, options.events))


if __name__ == "__main__":
    main()
