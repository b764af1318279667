"""The topics of the log and how long each is kept."""

from datetime import timedelta

from pipeline.brokers.protocols import Topic
from pipeline.events import EVENTS_TOPIC, SALTS_TOPIC


def _milliseconds(**span: float) -> int:
    return int(timedelta(**span).total_seconds() * 1000)


TOPICS = (
    Topic(EVENTS_TOPIC, partitions=1, retention_ms=_milliseconds(days=7)),
    Topic(SALTS_TOPIC, partitions=1, retention_ms=_milliseconds(hours=48)),
)
