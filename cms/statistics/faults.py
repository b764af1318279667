"""Statistics never break a page: a fault is logged, not raised, and a lasting one does not fill the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

QUIET_SECONDS = 60.0


class FaultLog:
    """Logs the first fault of each part with its traceback, then stays quiet about that part for a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._logged_at: dict[str, float] = {}

    def report(self, part: str) -> None:
        """Call inside an `except` block."""
        now = self._clock()
        last = self._logged_at.get(part)
        if last is None or now - last >= QUIET_SECONDS:
            self._logged_at[part] = now
            logger.exception("%s is shown without its numbers", part)


faults = FaultLog()
