"""Days, weeks and months of the site's readers: in Asia/Ho_Chi_Minh, weeks from Monday.

SQL has the same rule, in ``pipeline/clickhouse``: ``toDate(at, 'Asia/Ho_Chi_Minh')``.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
ONLINE_SECONDS = 300  # who was here in the last five minutes is online
AHEAD_SECONDS = 5.0  # the clocks of two machines may differ by that; what is further ahead has not happened yet


@dataclass(frozen=True)
class Periods:
    """The first day of the week and of the month that ``today`` lies in."""

    today: date

    @property
    def week(self) -> date:
        return self.today - timedelta(days=self.today.weekday())

    @property
    def month(self) -> date:
        return self.today.replace(day=1)


def local_date(at: float) -> date:
    """The site's date at Unix time ``at`` (seconds)."""
    return _date_of_minute(int(at // 60))


def instants(since: date, until: date) -> tuple[datetime, datetime]:
    """The moments at which the site's day ``since`` begins and its day ``until`` ends, in UTC."""
    first, after = (datetime.combine(day, time(), ZONE) for day in (since, until + timedelta(days=1)))
    return first.astimezone(UTC), after.astimezone(UTC)


@lru_cache(maxsize=16)
def _date_of_minute(minute: int) -> date:
    return datetime.fromtimestamp(minute * 60, ZONE).date()
