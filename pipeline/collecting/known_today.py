"""What strangers choose and the store groups by, such as names of campaigns: how many a collector takes a day.

A stranger can invent any number of them. All of it is in memory alone.
"""

from collections.abc import Hashable

from pipeline.collecting.limits import Limit
from pipeline.periods import local_date


class KnownToday:
    """At most ``most`` values of a kind a day, the first that come, of one network as many as ``new`` lets through."""

    def __init__(self, *, most: int, new: Limit) -> None:
        self._most = most
        self._new = new
        self._day = local_date(0)
        self._known: dict[str, set[Hashable]] = {}

    def admits(self, value: Hashable, *, kind: str = "", network: Hashable, now_ms: int, may_be_new: bool) -> bool:
        """Whether ``value`` is known today, or becomes so."""
        day = local_date(now_ms / 1000)
        if day != self._day:
            self._day, self._known = day, {}
        known = self._known.setdefault(kind, set())
        if value in known:
            return True
        if not may_be_new or len(known) >= self._most or not self._new.passes(network, now_ms):
            return False
        known.add(value)
        return True
