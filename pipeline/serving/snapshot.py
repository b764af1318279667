"""All public counters at one moment: what they are, how they are read from ClickHouse, how they are kept on disk."""

import contextlib
import logging
import secrets
import time
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import structs

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import read_summary, sum_page_views
from pipeline.periods import AHEAD_SECONDS, ONLINE_SECONDS, Periods, local_date

log = logging.getLogger(__name__)

Unit = Literal["visits", "views"]

_BEGAN = time.time() - time.monotonic()


def steady_time() -> float:
    """Unix seconds as the system's clock counted them when this process began; setting that clock changes nothing."""
    return _BEGAN + time.monotonic()


class Summary(msgspec.Struct, frozen=True):
    """The widget's five rows: visitors online now; visits or views today, this week, this month, ever."""

    online: int
    today: int
    week: int
    month: int
    total: int


class SiteCounters(msgspec.Struct, frozen=True):
    visits: Summary
    views: Summary


class Snapshot(msgspec.Struct, frozen=True):
    """All public counters at one moment. ``as_of`` is Unix seconds, for people; None means never read.

    ``run`` names the process that read it, and ``turn`` counts that process's readings: they order snapshots, since a
    system's clock may be set back. ``read_at`` is the moment by ``steady_time``; None if another process read it.
    """

    as_of: float | None = None
    sites: dict[int, SiteCounters] = {}
    pages: dict[int, int] = {}
    run: str = ""
    turn: int = 0
    read_at: float | None = None

    @property
    def order(self) -> str:
        return f"{self.run}-{self.turn}"

    def age(self, now: float) -> float | None:
        """Seconds from its reading to ``now``, a ``steady_time``; None if nothing was ever read.

        One that seems to come from the future was read before the clock was set back, so it is old too.
        """
        read_at = self.as_of if self.read_at is None else self.read_at
        return None if read_at is None else abs(now - read_at)

    def summary(self, site: int, *, unit: Unit) -> Summary | None:
        """The widget of one site; all zeros for a site nobody has visited, None if nothing was ever read."""
        if self.as_of is None:
            return None
        counters = self.sites.get(site, NOTHING_YET)
        return counters.visits if unit == "visits" else counters.views

    def page_views(self, page_id: int) -> int | None:
        """Public views of a page with its opening balance; None if nothing was ever read."""
        return None if self.as_of is None else self.pages.get(page_id, 0)

    def same_numbers(self, other: "Snapshot") -> bool:
        return self.sites == other.sites and self.pages == other.pages


NOTHING_YET = SiteCounters(visits=Summary(0, 0, 0, 0, 0), views=Summary(0, 0, 0, 0, 0))


def read_snapshot(client: ClickHouse, now: float) -> Snapshot:
    """All public counters at Unix time ``now``."""
    periods = Periods(local_date(now))
    summary = read_summary(client, since=now - ONLINE_SECONDS, until=now + AHEAD_SECONDS, periods=periods)
    sites = {
        site: SiteCounters(visits=Summary(online, *sums[:4]), views=Summary(online, *sums[4:]))
        for site, online, *sums in summary
    }
    return Snapshot(as_of=now, sites=sites, pages=sum_page_views(client))


def load_snapshot(path: Path) -> Snapshot:
    """The snapshot stored at ``path``; an empty one if there is none or it can't be read."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return structs.replace(msgspec.json.decode(path.read_bytes(), type=Snapshot), read_at=None)
    return Snapshot()


def store_snapshot(snapshot: Snapshot, path: Path) -> None:
    """Replace the stored snapshot as a whole; a failure is logged, since ClickHouse still has the numbers."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")  # web processes may share the directory
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(msgspec.json.encode(snapshot))
        aside.replace(path)
    except OSError as error:
        log.warning("the counters can't be stored at %s: %s", path, error.strerror)
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)  # else each failure left a file
