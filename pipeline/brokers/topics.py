"""The topics of the log, how long each is kept, and the group that takes the events into ClickHouse."""

from datetime import timedelta

from pipeline.brokers.protocols import Topic
from pipeline.events import EVENTS_TOPIC, SALTS_TOPIC, SITE_CHANGES_TOPIC
from pipeline.settings import Settings

GROUP = "nhip-page-events"
FILLER = b'{"filler":true}\n'  # the value of a record that uses up an offset and has no rows


def _milliseconds(**span: float) -> int:
    return int(timedelta(**span).total_seconds() * 1000)


TOPICS = (
    Topic(EVENTS_TOPIC, partitions=1, retention_ms=_milliseconds(days=7)),
    Topic(SALTS_TOPIC, partitions=1, retention_ms=_milliseconds(hours=48)),
)
# Only on Kafka, where other programs can read it; in one partition, which has the changes of all pages in order.
SITE_CHANGES = Topic(SITE_CHANGES_TOPIC, partitions=1, retention_ms=_milliseconds(days=7), compacted=True)


def topics_of(settings: Settings) -> tuple[Topic, ...]:
    """The topics that ``settings`` ask for. Salts stay in one partition, where the first of a date wins."""
    if settings.kafka is None:
        return TOPICS
    events, salts = TOPICS
    kept = _milliseconds(hours=settings.kafka.retention_hours)
    return (events._replace(partitions=settings.kafka.partitions, retention_ms=kept), salts, SITE_CHANGES)
