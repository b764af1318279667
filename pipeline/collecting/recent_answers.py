"""What the collector of this process answered in the last minutes, for ``nhip status`` and ``nhip report refused``."""

import time
from collections import Counter, deque
from collections.abc import Callable

MINUTES = 10
ACKNOWLEDGED = ""
MOST_KINDS = 1_000


class RecentAnswers:
    """Counts answers by the reason of a refusal, or ACKNOWLEDGED; the event loop counts, any thread reads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._minutes: deque[tuple[int, Counter[tuple[str, int]]]] = deque(maxlen=MINUTES)

    def count(self, reason: str, page_id: int = 0) -> None:
        """``page_id`` 0 is none; so are those of a minute in which too many are named."""
        minute = int(self._clock() // 60)
        if not self._minutes or self._minutes[-1][0] != minute:
            self._minutes.append((minute, Counter()))
        counts = self._minutes[-1][1]
        kind = (reason, page_id)
        counts[kind if kind in counts or len(counts) < MOST_KINDS else (reason, 0)] += 1

    def read(self) -> Counter[str]:
        """Those of the last MINUTES, the minute under way among them, by reason."""
        by_reason: Counter[str] = Counter()
        for (reason, _), count in self.read_pages().items():
            by_reason[reason] += count
        return by_reason

    def read_pages(self) -> Counter[tuple[str, int]]:
        """The same by reason and page."""
        first = int(self._clock() // 60) - MINUTES + 1
        return sum((Counter(dict(counts)) for minute, counts in list(self._minutes) if minute >= first), Counter())


recent_answers = RecentAnswers()
"""Of this process's collector."""
