"""Lets a Kafka topic go on that ends before what is stored of it, since it was made again or lost its end.

A client can't raise Kafka's offsets. So the offsets that are stored already are used up by records without rows, and
what came in below them is appended again after them.
"""

from collections.abc import Iterable
from contextlib import closing

import msgspec

from pipeline.brokers import Committed, Record, TopicPartition
from pipeline.brokers.kafka.broker import KafkaBroker
from pipeline.brokers.plans import planned
from pipeline.brokers.topics import FILLER, GROUP
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import find_stored_ends
from pipeline.clickhouse.recovery import is_stored
from pipeline.errors import Unavailable
from pipeline.events import EVENTS_TOPIC

RUNNING = "{0} bộ tiêu thụ còn chạy, hãy dừng trước · {0} consumers are running; stop them first"


class Behind(msgspec.Struct, frozen=True):
    """A partition of Kafka that can't go on: it ends at ``end``, rows up to before ``stored`` were made of it, and
    ``waiting`` records of it are not stored."""

    partition: int
    end: int
    stored: int
    waiting: int


def find_behind(broker: KafkaBroker, reader: ClickHouse) -> list[Behind]:
    """The partitions that end before what is stored of them, or of which Kafka has forgotten the group's place."""
    committed = broker.committed(GROUP, EVENTS_TOPIC)
    stored = find_stored_ends(reader)
    found = []
    for place, end in sorted(broker.end_offsets(EVENTS_TOPIC).items()):
        known = committed.get(place)
        floor = max(stored.get(place.partition, 0), _end_of(known))
        if end < floor or (known is None and floor) or _end_of(known) < stored.get(place.partition, 0):
            waiting = len(_waiting(broker, reader, place, floor))
            found.append(Behind(place.partition, end, floor, waiting))
    return found


def go_on(broker: KafkaBroker, reader: ClickHouse, behind: Iterable[Behind]) -> None:
    """Let these partitions go on after what is stored; may be repeated after a crash.

    Raises Unavailable, also while the group has members, and changes nothing then.
    """
    if members := broker.members(GROUP):
        raise Unavailable(RUNNING.format(members))
    for one in behind:
        place = TopicPartition(EVENTS_TOPIC, one.partition)
        broker.fill_up(place, one.stored)
        _append_again(broker, place, _waiting(broker, reader, place, one.stored), one.stored)
        broker.move_group(GROUP, {place: one.stored})


def _waiting(broker: KafkaBroker, reader: ClickHouse, place: TopicPartition, floor: int) -> list[Record]:
    """The records below ``floor`` that are not what is stored under their offsets."""
    return [
        record
        for record in broker.scan(place, first=0, end=floor)
        if record.value != FILLER and not is_stored(reader, record)
    ]


def _append_again(broker: KafkaBroker, place: TopicPartition, records: list[Record], floor: int) -> None:
    """Append those that an earlier try has not appended; each has a key of its own."""
    if not records:
        return
    end = broker.end_offsets(place.topic)[place]
    there = {record.key for record in broker.scan(place, first=floor, end=end)}
    with closing(broker.producer()) as producer:
        for record in records:
            if record.key is None or record.key not in there:
                producer.send(place.topic, record.value, key=record.key, partition=place.partition)


def _end_of(committed: Committed | None) -> int:
    if committed is None:
        return 0
    plan = planned(committed)
    return max(committed.offset, plan.last + 1) if plan else committed.offset
