"""Deletes the raw rows that are past their time, as the settings say; their sums stay."""

from collections.abc import Callable

from pipeline.brokers import Broker
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.roll_ups.retention import enforce, first_day_kept
from pipeline.events import EVENTS_TOPIC
from pipeline.periods import local_date
from pipeline.settings import Settings

Advance = Callable[[int, int], None]


def delete_old_rows(
    settings: Settings,
    broker: Broker,
    client: ClickHouse,
    *,
    now: float,
    advance: Advance = lambda *_: None,
) -> int:
    """Returns how many rows were deleted; ``client`` has the migrator's account. Raises Unavailable, Rejected."""
    if not settings.raw_days:
        return 0
    begins = {place.partition: offset for place, offset in broker.begin_offsets(EVENTS_TOPIC).items()}
    keep_from = first_day_kept(local_date(now), settings.raw_days)
    return enforce(client, keep_from=keep_from, begins=begins, now=now, advance=advance)
