"""The event log: Kafka in production, SQLite in the embedded mode, one contract for both."""

from pipeline.brokers.kafka.broker import KafkaBroker
from pipeline.brokers.protocols import Broker, Committed, Consumer, Producer, Record, Topic, TopicPartition
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.brokers.topics import topics_of
from pipeline.settings import Settings

__all__ = [
    "Broker",
    "Committed",
    "Consumer",
    "Producer",
    "Record",
    "Topic",
    "TopicPartition",
    "open_broker",
]


def open_broker(settings: Settings) -> Broker:
    """The log that ``settings`` name. Kafka's topics are made by `nhip migrate` alone; the embedded log makes its own.

    Nothing is asked of Kafka yet: whoever uses the broker meets the Unavailable."""
    if settings.kafka is not None:
        return KafkaBroker(settings.kafka)
    broker = SqliteBroker(settings.log_dir)
    broker.create_topics(topics_of(settings))
    return broker
