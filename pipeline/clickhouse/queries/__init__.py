"""Questions to the engine. Each ``.sql`` file is named after the function here that runs it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, NamedTuple

import msgspec

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import EVENT_COLUMNS, Columns
from pipeline.events import SEEN_STEP_SECONDS, BalanceKey, Counts
from pipeline.periods import Periods, instants


def read_summary(client: ClickHouse, *, since: float, until: float, periods: Periods) -> list[tuple[Any, ...]]:
    """Rows of (site, visitors online, visits today, week, month, total, views so too).

    Online is who was seen from ``since`` to ``until``, in Unix seconds.
    """
    online = {"since": round(since * 1000), "until": round(until * 1000), "step": SEEN_STEP_SECONDS * 1000}
    days = {"today": periods.today, "week": periods.week, "month": periods.month}
    return client.query(_sql("read_summary"), online | days)


def sum_page_views(client: ClickHouse) -> dict[int, int]:
    """Views by page id."""
    return dict(client.query(_sql("sum_page_views")))


class StoredBalance(NamedTuple):
    """``at``: Unix milliseconds."""

    key: BalanceKey
    counts: Counts
    at: int


def list_balances(client: ClickHouse) -> list[StoredBalance]:
    """The opening balances as readers see them."""
    rows = client.query(_sql("list_balances"))
    return [
        StoredBalance(BalanceKey(site, page_id, locale), Counts(views, visits), at)
        for site, page_id, locale, views, visits, at in rows
    ]


def find_largest_ids(client: ClickHouse) -> tuple[int, int]:
    """The largest id of a page and of a site that anything was ever counted for; 0 without any."""
    ((page, site),) = client.query(_sql("find_largest_ids"))
    return page, site


def list_months(client: ClickHouse) -> dict[int, int]:
    """The months (YYYYMM) of events, or of sums of them, with the number of events, oldest first."""
    return dict(client.query(_sql("list_months")))


def count_events_by_day(client: ClickHouse, *, since: datetime, until: datetime) -> dict[date, int]:
    """The days of Asia/Ho_Chi_Minh with events from ``since`` to before ``until``, and how many each has."""
    return dict(client.query(_sql("count_events_by_day"), {"since": since, "until": until}))


class Stored(NamedTuple):
    """What is stored of one record: rows of ``events``, the places they hold, the places that events and dead letters
    hold, the last row's number, views."""

    events: int
    event_places: int
    places: int
    last_row: int
    views: int


def count_places(client: ClickHouse, *, partition: int, first: int, end: int) -> dict[int, Stored]:
    """By offset, what is stored of the records from ``first`` to before ``end``; those without a row are left out."""
    rows = client.query(_sql("count_places"), {"partition": partition, "first": first, "end": end})
    return {offset: Stored(*counts) for offset, *counts in rows}


def find_places(client: ClickHouse, *, partition: int, first: int, end: int) -> set[tuple[int, int]]:
    """The places (offset, row) that hold an event or a dead letter, from record ``first`` to before ``end``."""
    rows = client.query(_sql("find_places"), {"partition": partition, "first": first, "end": end})
    return {(offset, row) for offset, row in rows}


def holds_event(client: ClickHouse, *, partition: int, offset: int, row: int) -> bool:
    """Whether ``events`` has a row of a place of the log."""
    ((found,),) = client.query(_sql("holds_event"), {"partition": partition, "offset": offset, "row": row})
    return bool(found)


def find_first_offset(client: ClickHouse, *, partition: int) -> int | None:
    """The lowest offset of a partition with a row; None if there is none."""
    ((offset, found),) = client.query(_sql("find_first_offset"), {"partition": partition})
    return int(offset) if found else None


def find_stored_ends(client: ClickHouse) -> dict[int, int]:
    """By partition, the offset after the last one with a row; partitions without a row are left out."""
    return {int(partition): int(end) for partition, end in client.query(_sql("find_stored_ends"))}


def find_retention_runs(client: ClickHouse) -> list[tuple[Any, ...]]:
    """Rows of (run, first month that stayed, partitions, their bounds, whether its rows are deleted)."""
    return client.query(_sql("find_retention_runs"))


def find_event_time(client: ClickHouse, *, partition: int, offset: int) -> int | None:
    """Unix milliseconds of the first event that is stored of a record; None if there is none."""
    rows = client.query(_sql("find_event_time"), {"partition": partition, "offset": offset})
    return int(rows[0][0]) if rows else None


def read_events(client: ClickHouse, *, partition: int, first: int, last: int) -> Columns:
    """The stored events of the records ``first..last``, as they were inserted; times as Unix milliseconds."""
    statement = Template(_sql("read_events")).substitute(columns=", ".join(EVENT_COLUMNS))
    rows = client.query(statement, {"partition": partition, "first": first, "last": last})
    columns = dict(zip(EVENT_COLUMNS, zip(*rows, strict=True), strict=False))
    return columns | {"at": [round(at.timestamp() * 1000) for at in columns["at"]]} if columns else {}


class Now(NamedTuple):
    """Of the last minutes: views by minute (Unix seconds of its beginning); (page, readers, views), most read first."""

    minutes: dict[int, int]
    pages: list[tuple[int, int, int]]


def read_now(client: ClickHouse, *, since: float, until: float, online_seconds: float, site: int = 0) -> Now:
    """Views of each minute from ``since`` to ``until`` (Unix seconds), and how many read which page.

    Readers are those seen in the last ``online_seconds``. ``site`` 0 is all sites.
    """
    moments = {"since": round(since * 1000), "until": round(until * 1000), "online": round(online_seconds * 1000)}
    rows = client.query(_sql("read_now"), moments | {"site": site})
    return Now(
        minutes={minute: views for minute, _page, views, _readers in rows if minute},
        pages=[(page, readers, views) for minute, page, views, readers in rows if not minute],
    )


def count_recent_events(client: ClickHouse, *, since: float, until: float) -> int:
    """Views and heartbeats from ``since`` to ``until``, in Unix seconds."""
    moments = {"since": datetime.fromtimestamp(since, UTC), "until": datetime.fromtimestamp(until, UTC)}
    ((events,),) = client.query(_sql("count_recent_events"), moments)
    return int(events)


class SetAside(msgspec.Struct, frozen=True):
    """A dead letter without its bytes; ``at``: when the log took its record."""

    at: datetime
    partition: int
    offset: int
    row: int
    reason: str
    bytes: int
    state: str

    @property
    def place(self) -> str:
        return f"{self.partition}/{self.offset}/{self.row}"


def list_dead_letters(client: ClickHouse, *, state: str, limit: int, reason: str = "") -> list[SetAside]:
    """Those in ``state`` (empty for any) whose reason has ``reason`` in it, in the order of the log."""
    rows = client.query(_sql("list_dead_letters"), {"state": state, "reason": reason, "limit": limit})
    return [SetAside(*row) for row in rows]


def show_dead_letter(client: ClickHouse, *, partition: int, offset: int, row: int) -> tuple[SetAside, bytes] | None:
    """A dead letter in any state, with its bytes; None if the place has none."""
    rows = client.query(_sql("show_dead_letter"), {"partition": partition, "offset": offset, "row": row})
    return (SetAside(*rows[0][:-1]), bytes.fromhex(rows[0][-1])) if rows else None


def count_dead_letters(client: ClickHouse) -> dict[str, int]:
    """By state: waiting, replayed, dropped."""
    return dict(client.query(_sql("count_dead_letters")))


def report_refused(
    client: ClickHouse, *, since: date, until: date, site: int = 0, limit: int = 100
) -> list[tuple[Any, ...]]:
    """Rows of (reason, page id, path, suspect views left out, suspect views that count, public views of the page)."""
    start, end = instants(since, until)
    asked = {"since": start, "until": end, "first": since, "last": until, "site": site, "limit": limit}
    return client.query(_sql("report_refused"), asked)


def count_views(
    client: ClickHouse, *, audience: str, pages: Sequence[int], since: int, until: int, reason: str
) -> tuple[int, int]:
    """Views of one audience from ``since`` to before ``until`` (Unix milliseconds), and the suspects among them."""
    moments = {"since": _moment(since), "until": _moment(until)}
    asked = {"audience": audience, "pages": list(pages), "reason": reason} | moments
    ((views, suspects),) = client.query(_sql("count_views"), asked)
    return int(views), int(suspects)


def find_page_paths(
    client: ClickHouse, *, pages: Sequence[int], since: date, until: date
) -> dict[tuple[int, str], str]:
    """By page id and locale, the path under which a page was last viewed on the days ``since`` to ``until``."""
    start, end = instants(since, until)
    rows = client.query(_sql("find_page_paths"), {"pages": list(pages), "since": start, "until": end})
    return {(page_id, locale): path for page_id, locale, path in rows}


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@cache
def _sql(name: str) -> str:
    return files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
