"""Opens the live counters of the ClickHouse that the settings name."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from pipeline.clickhouse.client import ClickHouse, Reconnecting, open_clickhouse
from pipeline.serving.counters import LiveCounters
from pipeline.serving.snapshot import read_snapshot
from pipeline.settings import Settings


@contextmanager
def open_counters(settings: Settings) -> Iterator[LiveCounters]:
    """Counters kept fresh while the block runs, for a process that nobody tells of inserts: it asks while read."""
    with closing(Reconnecting(lambda: open_clickhouse(settings, account="reader"))) as reader:
        counters = counters_from(reader, settings)
        counters.start()
        try:
            yield counters
        finally:
            counters.stop()


def counters_from(reader: Callable[[], ClickHouse], settings: Settings, *, patience: float = 0.0) -> LiveCounters:
    """Counters that are not started yet; ``patience`` as of ``LiveCounters``."""
    return LiveCounters(
        read=lambda now: read_snapshot(reader(), now),
        store=settings.snapshot_file,
        interval=settings.refresh_seconds,
        patience=patience,
    )
