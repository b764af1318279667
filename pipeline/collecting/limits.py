"""How much one network of addresses may send: token buckets in memory, of which nothing is kept.

What is too much for the log is refused; what is too much for readers of one network is stored as suspect, for
operations to judge. An office behind one address is meant to fit in.
"""

from collections.abc import Hashable
from typing import NamedTuple

MOST_KEYS = 50_000
ROUNDING_MS = 1e-3
PAGE_VIEWS_PER_SECOND = 1.0
NEW_READERS_PER_SECOND = 0.5


class Limit:
    """``burst`` at once and ``rate`` a second of each key; 0 for either is no limit.

    A bucket that nobody has used for as long as it takes to fill is forgotten; if more than ``most`` keys come in that
    time, the oldest are forgotten early.
    """

    def __init__(self, *, rate: float, burst: int, most: int = MOST_KEYS) -> None:
        self._interval = 1000 / rate if rate and burst else 0.0
        self._fill = burst * self._interval
        self._most = most
        self._since = 0
        self._current: dict[Hashable, float] = {}
        self._before: dict[Hashable, float] = {}

    def passes(self, key: Hashable, now_ms: int) -> bool:
        """Take one token of ``key`` if it has one."""
        # A bucket is one number: when it will be full again (the virtual scheduling of ITU-T I.371).
        if not self._interval:
            return True
        passed = now_ms - self._since
        if not 0 <= passed < self._fill or len(self._current) >= self._most:
            self._before = self._current if 0 <= passed < 2 * self._fill else {}
            self._current = {}
            self._since = now_ms
        full_at = self._current.get(key) or self._before.get(key) or now_ms
        full_at = (full_at if full_at > now_ms else now_ms) + self._interval
        if full_at - now_ms > self._fill + ROUNDING_MS:
            return False
        self._current[key] = full_at
        return True


class Limits(NamedTuple):
    """``events`` by network: beyond it all is refused. Beyond the others an event is suspect: ``page_views``, and
    ``page_acts`` for what readers do there, by network and page; ``new_readers`` by network.
    """

    events: Limit
    page_views: Limit
    page_acts: Limit
    new_readers: Limit


def limits_of(*, events_per_second: int, events: int, page_views: int, new_readers: int) -> Limits:
    return Limits(
        events=Limit(rate=events_per_second, burst=events),
        page_views=Limit(rate=PAGE_VIEWS_PER_SECOND, burst=page_views),
        page_acts=Limit(rate=PAGE_VIEWS_PER_SECOND, burst=page_views),
        new_readers=Limit(rate=NEW_READERS_PER_SECOND, burst=new_readers),
    )
