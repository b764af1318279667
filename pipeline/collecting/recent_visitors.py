"""The visitors of the last while: among views that do not say where their readers came from, the first is a visit."""

WHILE_MS = 30 * 60 * 1000
MOST_VISITORS = 30_000


class RecentVisitors:
    """Remembers a visitor for one while at least and two at most; in memory alone.

    If more than ``limit`` come in a while, the oldest are forgotten early, and their next view counts as a visit.
    """

    def __init__(self, *, limit: int = MOST_VISITORS) -> None:
        self._limit = limit
        self._since = 0
        self._current: set[int] = set()
        self._before: set[int] = set()

    def came_lately(self, visitor: int, now_ms: int) -> bool:
        """Whether ``visitor`` is remembered; from now on it is. A reader who is not followed (0) always came lately."""
        self._forget(now_ms)
        known = not visitor or visitor in self._current or visitor in self._before
        self._current.add(visitor)
        return known

    def _forget(self, now_ms: int) -> None:
        passed = abs(now_ms - self._since)  # a clock that was set back is a new beginning, too
        if passed >= WHILE_MS or len(self._current) >= self._limit:
            self._before = self._current if passed < 2 * WHILE_MS else set()
            self._current = set()
            self._since = now_ms
