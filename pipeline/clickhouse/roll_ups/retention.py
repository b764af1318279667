"""Raw events are kept for a time, their sums for good.

Months of raw rows that are old enough are deleted whole, one *run* after the other:

1. Their sums go into the archive of each roll-up, and how many rows each record had into ``archived_places``.
2. The run is noted in ``retention_runs``. From then on the archive counts, and these rows of the raw table do not.
3. The rows are deleted, and that is noted too.

What readers see stays as it is: a roll-up's table goes on with the sums that it has, and the next ``nhip rebuild``
takes them from the archive. A run that ends before 2 is made again under another number, and after 2 it is finished.

A row stays while the log may still have its record, however old the row says it is: what compares the log with the
rows, or inserts from the log what is missing, never meets a record whose rows retention has deleted. The last record of
a partition stays too, since it says where the log had come to. So do opening balances, which are no traffic.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from importlib.resources import files
from typing import NamedTuple

from pipeline.clickhouse import roll_ups
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import find_retention_runs, find_stored_ends
from pipeline.clickhouse.roll_ups.declared import DECLARED
from pipeline.clickhouse.scripts import render
from pipeline.clickhouse.upkeep import sync_replicas
from pipeline.errors import Unavailable

log = logging.getLogger(__name__)

Advance = Callable[[int, int], None]


class Run(NamedTuple):
    """``before``: the month (YYYYMM) that was the first to stay. ``bounds``: by partition, the offset from which on
    every row stays. ``deleted``: whether the rows are gone from the raw table."""

    number: int
    before: int
    bounds: Mapping[int, int]
    deleted: bool = False

    @property
    def rows(self) -> str:
        """The condition that a row of the raw table is one of this run's."""
        offsets = ", ".join(map(str, self.bounds)), ", ".join(map(str, self.bounds.values()))
        bound = f"transform(partition, [{offsets[0]}], [{offsets[1]}], 0)" if self.bounds else "0"
        return f"kind != 'opening' AND {MONTH} < {self.before} AND offset < {bound}"


MONTH = "toYYYYMM(at, 'Asia/Ho_Chi_Minh')"


def find_runs(client: ClickHouse) -> list[Run]:
    """The runs whose sums are archived, the first one first. Raises Unavailable, Rejected."""
    return [
        Run(number, before, dict(zip(partitions, bounds, strict=True)), bool(deleted))
        for number, before, partitions, bounds, deleted in find_retention_runs(client)
    ]


def raw_since(client: ClickHouse) -> date | None:
    """The first day whose raw rows are whole; None if nothing was ever deleted."""
    month = first_whole_month(client)
    return date(month // 100, month % 100, 1) if month else None


def first_whole_month(client: ClickHouse) -> int:
    """The month (YYYYMM) from which on raw rows are whole; 0 if nothing was ever deleted."""
    return max((run.before for run in find_runs(client)), default=0)


def still_raw(client: ClickHouse) -> str:
    """The condition that a row of the raw table counts there, and not in the archive."""
    archived = [f"NOT ({run.rows})" for run in find_runs(client) if not run.deleted]
    return " AND ".join(archived) or roll_ups.EVERY_ROW


def first_day_kept(today: date, days: int) -> date:
    """The first day to keep where raw events are kept for ``days`` and deleted by whole months."""
    return (today - timedelta(days=min(days, (today - date.min).days))).replace(day=1)


def enforce(client: ClickHouse, *, keep_from: date, begins: Mapping[int, int], now: float, advance: Advance) -> int:
    """Delete the raw rows from before the month of ``keep_from``; returns how many, 0 if there are none.

    ``client`` has the migrator's account. ``begins``: by partition, the offset of the oldest record that the log keeps.
    ``now``: Unix seconds, the number of a new run. ``advance`` hears of statements done and of all of them.

    Nothing else may change what is stored meanwhile, consumers excepted. Raises Unavailable, Rejected; what readers see
    is unchanged in any case.
    """
    runs = find_runs(client)
    for run in runs:
        if not run.deleted:
            _delete(client, run)
    before = keep_from.year * 100 + keep_from.month
    if runs and runs[-1].before >= before:
        return 0
    run = Run(int(now), before, _bounds(client, begins))
    sync_replicas(client)
    months = _count(client, run)
    if not months:
        return 0
    log.info("archiving %d raw rows from before %s", sum(months.values()), keep_from)
    _archive(client, run, months, advance)
    if _count(client, run) != months:
        raise Unavailable("rows came in for the months that are to be deleted; nothing is deleted, trying again later")
    _note(client, run, "archived")
    _delete(client, run)
    return sum(months.values())


def _bounds(client: ClickHouse, begins: Mapping[int, int]) -> dict[int, int]:
    """Of a partition that the log no longer has, all but its last record may go."""
    ends = find_stored_ends(client)
    return {partition: min(begins.get(partition, end), end - 1) for partition, end in sorted(ends.items())}


def _count(client: ClickHouse, run: Run) -> dict[int, int]:
    """By month, the rows of a run in the raw table."""
    (statement,) = _render("retention_count", client, rows=run.rows)
    return dict(client.query(statement))


def _archive(client: ClickHouse, run: Run, months: Mapping[int, int], advance: Advance) -> None:
    spanned = [roll_up for roll_up in DECLARED if roll_up.span]
    total = len(spanned) + len(months) * (len(spanned) + 1)
    done = 0
    for roll_up in spanned:
        for statement in roll_ups.create_archive(roll_up, cluster=client.cluster):
            client.command(statement)
        advance(done := done + 1, total)
    for month in months:
        rows = f"{run.rows} AND {MONTH} = {month}"
        statements = [roll_ups.archive_rows(roll_up, run=run.number, rows=rows) for roll_up in spanned]
        for statement in (*statements, *_render("retention_places", client, run=run.number, rows=rows)):
            client.command(statement)
            advance(done := done + 1, total)


def _delete(client: ClickHouse, run: Run) -> None:
    for month in _count(client, run):
        for statement in _render("retention_delete", client, rows=run.rows, month=month):
            client.command(statement)
    _note(client, run, "deleted")


def _note(client: ClickHouse, run: Run, state: str) -> None:
    columns: dict[str, list[object]] = {
        "run": [run.number],
        "before": [run.before],
        "partitions": [list(run.bounds)],
        "bounds": [list(run.bounds.values())],
        "state": [state],
    }
    types = ["UInt32", "UInt32", "Array(UInt16)", "Array(UInt64)", "Enum8('archived' = 1, 'deleted' = 2)"]
    client.insert("retention_runs", columns, types=types, token=None)


def _render(script: str, client: ClickHouse, **names: str | int) -> list[str]:
    return render(files("pipeline.clickhouse.roll_ups").joinpath(f"{script}.sql"), cluster=client.cluster, **names)
