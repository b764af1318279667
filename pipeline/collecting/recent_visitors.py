"""The readers of the last hours, in memory alone: who came lately, who may say that a page is still open, and on which
pages they may say to have done something.

A reader is a number of this process (``enrich/visitors.py``), which midnight does not change. 0 is one who is not
followed: that reader always came lately.
"""

from pipeline.periods import ONLINE_SECONDS

WHILE_MS = 30 * 60 * 1000
SPAN_MS = 6 * 60 * 60 * 1000
AT_ONCE_MS = 10 * 1000
MOST_READERS = 30_000


class LastSeen:
    """When each key was last noted, in Unix milliseconds; remembered for one ``span_ms`` at least and two at most.

    If more than ``limit`` come in a span, the oldest are forgotten early.
    """

    def __init__(self, *, span_ms: int, limit: int) -> None:
        self._span = span_ms
        self._limit = limit
        self._since = 0
        self._current: dict[int, int] = {}
        self._before: dict[int, int] = {}

    def of(self, key: int) -> int | None:
        return self._current.get(key) or self._before.get(key)

    def note(self, key: int, now_ms: int) -> None:
        passed = now_ms - self._since  # a clock that was set back is a new beginning, too
        if not -self._span < passed < self._span or len(self._current) >= self._limit:
            self._before = self._current if abs(passed) < 2 * self._span else {}
            self._current = {}
            self._since = now_ms
        self._current[key] = now_ms


class RecentVisitors:
    """``started_ms``: for as long as readers are online after it, those of before a restart are believed."""

    def __init__(self, *, started_ms: int, limit: int = MOST_READERS) -> None:
        self._lenient_until = started_ms + ONLINE_SECONDS * 1000
        self._readers = LastSeen(span_ms=SPAN_MS, limit=limit)
        self._pages = LastSeen(span_ms=SPAN_MS, limit=limit)

    def last_seen(self, reader: int) -> int | None:
        return self._readers.of(reader)

    def came_lately(self, reader: int, now_ms: int) -> bool:
        last = self._readers.of(reader)
        return not reader or (last is not None and abs(now_ms - last) < WHILE_MS)

    def has_just_opened(self, reader: int, page_id: int, now_ms: int) -> bool:
        """Whether ``reader`` opened this page seconds ago."""
        last = self._pages.of(reader ^ page_id) if reader else None
        return last is not None and abs(now_ms - last) < AT_ONCE_MS

    def may_keep_open(self, reader: int, now_ms: int) -> bool:
        """Whether ``reader`` has viewed a page that may still be open."""
        return not reader or self._readers.of(reader) is not None or now_ms < self._lenient_until

    def may_act_on(self, reader: int, page_id: int, now_ms: int) -> bool:
        """Whether ``reader`` has viewed this page, so that what it says to have done there is believed."""
        return not reader or self._pages.of(reader ^ page_id) is not None or now_ms < self._lenient_until

    def note(self, reader: int, now_ms: int) -> None:
        if reader:
            self._readers.note(reader, now_ms)

    def note_page(self, reader: int, page_id: int, now_ms: int) -> None:
        if reader:
            self._pages.note(reader ^ page_id, now_ms)
