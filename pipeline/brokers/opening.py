"""Opens the log that the settings name; the one place that knows every broker."""

from pipeline.brokers.kafka.broker import KafkaBroker
from pipeline.brokers.protocols import Broker
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.brokers.topics import topics_of
from pipeline.settings import Settings


def open_broker(settings: Settings) -> Broker:
    """The log that ``settings`` name. Only `nhip migrate` makes Kafka's topics; the embedded log makes its own.

    This asks nothing of Kafka yet: the first use of the broker raises Unavailable while Kafka is away.
    """
    if settings.kafka is not None:
        return KafkaBroker(settings.kafka)
    broker = SqliteBroker(settings.log_dir)
    broker.create_topics(topics_of(settings))
    return broker
