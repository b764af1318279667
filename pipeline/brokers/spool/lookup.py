"""Which records of the spool Kafka has, told by their keys."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from pipeline.brokers.protocols import Record, TopicPartition
from pipeline.brokers.spool.store import Entry

CLOCKS_APART_MS = 300_000  # the collector says when a record was handed over, the broker when it was appended


class Log(Protocol):
    """What is asked of the broker; each raises Unavailable. See ``pipeline.brokers.protocols.Broker``."""

    def scan(self, partition: TopicPartition, *, first: int, end: int) -> Iterator[Record]: ...

    def end_offsets(self, topic: str) -> Mapping[TopicPartition, int]: ...

    def offsets_since(self, topic: str, at: int) -> Mapping[TopicPartition, int]: ...


def keys_in_log(log: Log, entries: Iterable[Entry]) -> set[bytes]:
    """Those of the entries' keys that are in the log. Each partition is read from well before the first hand-over."""
    since: dict[TopicPartition, int] = {}
    keys = set()
    for entry in entries:
        if entry.handed:
            keys.add(entry.key)
            place = TopicPartition(entry.topic, entry.handed.partition)
            since[place] = min(since.get(place, entry.handed.at), entry.handed.at)
    return {key for place, at in since.items() for key in _keys_since(log, place, at - CLOCKS_APART_MS) & keys}


def _keys_since(log: Log, place: TopicPartition, at: int) -> set[bytes]:
    end = log.end_offsets(place.topic).get(place, 0)
    first = log.offsets_since(place.topic, at).get(place, end)
    return {record.key for record in log.scan(place, first=first, end=end) if record.key is not None}
