"""The event log: Kafka in production, SQLite in the embedded mode, one contract for both.

These are its types alone; importing them imports no client. ``opening`` opens the log that the settings name.
"""

from pipeline.brokers.protocols import (
    Broker,
    Committed,
    Consumer,
    DurableLog,
    Producer,
    Record,
    Skip,
    Topic,
    TopicPartition,
)

__all__ = ["Broker", "Committed", "Consumer", "DurableLog", "Producer", "Record", "Skip", "Topic", "TopicPartition"]
