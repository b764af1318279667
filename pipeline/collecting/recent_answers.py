"""What the collector of this process answered in the last minutes, for ``nhip status``."""

import time
from collections import Counter, deque
from collections.abc import Callable

MINUTES = 10
ACKNOWLEDGED = ""


class RecentAnswers:
    """Counts answers by the reason of a refusal, or ACKNOWLEDGED; the event loop counts, any thread reads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._minutes: deque[tuple[int, Counter[str]]] = deque(maxlen=MINUTES)

    def count(self, reason: str) -> None:
        minute = int(self._clock() // 60)
        if not self._minutes or self._minutes[-1][0] != minute:
            self._minutes.append((minute, Counter()))
        self._minutes[-1][1][reason] += 1

    def read(self) -> Counter[str]:
        """Those of the last MINUTES, the minute under way among them."""
        first = int(self._clock() // 60) - MINUTES + 1
        return sum((Counter(dict(counts)) for minute, counts in list(self._minutes) if minute >= first), Counter())


recent_answers = RecentAnswers()
"""Of this process's collector."""
