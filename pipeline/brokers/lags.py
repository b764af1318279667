"""How far the consumers are from the end of the log, and so up to when everything is counted."""

import threading
import time
from collections.abc import Callable, Mapping

import msgspec

from pipeline.brokers.protocols import Broker, Committed, TopicPartition
from pipeline.brokers.topics import GROUP
from pipeline.errors import PipelineError
from pipeline.events import EVENTS_TOPIC

FRESH_SECONDS = 5.0


class Lag(msgspec.Struct, frozen=True):
    """How far the consumers are in one partition: the next offset to insert, the end of the log, the records between.

    ``oldest_unread_at``: Unix seconds when the log took the first of these records.
    """

    partition: int
    next: int
    end: int
    records: int
    oldest_unread_at: float | None


def read_lags(broker: Broker) -> list[Lag]:
    """Reads the committed offsets first, then the ends: so a lag may be a moment too large, never too small."""
    committed = broker.committed(GROUP, EVENTS_TOPIC)
    ends = broker.end_offsets(EVENTS_TOPIC)
    begins = broker.begin_offsets(EVENTS_TOPIC)
    return [_lag(broker, partition, committed, begins[partition], end) for partition, end in sorted(ends.items())]


def complete_up_to(lags: list[Lag], now: float) -> float:
    """Unix seconds: ClickHouse has everything that the log took before. ``now``: before the lags were read."""
    return min((lag.oldest_unread_at for lag in lags if lag.oldest_unread_at is not None), default=now)


class Completeness:
    """Up to when everything is counted, asked at most every few seconds, by any thread.

    ``broker`` is called for each reading; ``clock`` gives Unix seconds.
    """

    def __init__(self, broker: Callable[[], Broker], *, clock: Callable[[], float] = time.time) -> None:
        self._broker = broker
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at: float | None = None
        self._known: float | None = None

    def __call__(self) -> float | None:
        """Unix seconds; None while the log can't be asked."""
        with self._lock:
            now = self._clock()
            if self._read_at is None or not 0 <= now - self._read_at < FRESH_SECONDS:
                self._read_at = now
                try:
                    self._known = complete_up_to(read_lags(self._broker()), now)
                except PipelineError:
                    self._known = None
            return self._known


def _lag(
    broker: Broker, partition: TopicPartition, committed: Mapping[TopicPartition, Committed], begin: int, end: int
) -> Lag:
    first = max(begin, committed[partition].offset) if partition in committed else begin
    unread = next(iter(broker.scan(partition, first=first, end=end)), None) if first < end else None
    return Lag(partition.partition, first, end, max(0, end - first), unread.at / 1000 if unread else None)
