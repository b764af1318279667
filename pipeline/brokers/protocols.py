"""What a broker is to the rest of the pipeline: small protocols in Kafka's vocabulary.

A *record* has an offset in one partition of a topic; a *group* of consumers shares the partitions out among its
members and keeps, per partition, one committed offset with a text of metadata. The delivery protocol leans on three
promises, which ``tests/contracts`` holds every broker to:

1. ``Producer.send`` returns only when the record survives a crash of the process and of the machine.
2. ``Consumer.commit`` is refused with Fenced for a member that has lost the partition, however late it wakes.
3. The next owner of a partition reads the offset *and the metadata* that the last owner committed.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from typing import NamedTuple, Protocol

import msgspec


class Topic(NamedTuple):
    """``retention_ms``: how long a record is kept at least; an unread one is kept longer if the broker knows of it.

    ``compacted``: after that time the last record of each key is kept for ever, the others go; on Kafka alone.
    """

    name: str
    partitions: int
    retention_ms: int
    compacted: bool = False


class TopicPartition(NamedTuple):
    topic: str
    partition: int


class Committed(NamedTuple):
    """A group's place in one partition: the next offset to read, and the metadata that the partition's owner added."""

    offset: int
    metadata: str = ""


class Skip(msgspec.Struct, frozen=True):
    """Offsets ``first`` to before ``end`` that the log no longer has, or never gave, since it went on at ``end`` at
    Unix milliseconds ``at``: its last records were lost."""

    partition: int
    first: int
    end: int
    at: int


class Record(msgspec.Struct, frozen=True):
    """One durable entry. ``at`` is Unix milliseconds when the broker took it."""

    topic: str
    partition: int
    offset: int
    at: int
    key: bytes | None
    value: bytes


IsStored = Callable[[Record], bool]
"""Whether the rows of a record, and of no other one, are stored under its offset."""


class Producer(Protocol):
    """Safe to call from several threads."""

    def send(self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None) -> Record:
        """Append and return when durable. Raises NotStored, or Unavailable if the log may have the record.

        ``partition`` None spreads records over the partitions; records of one ``key`` go to one partition."""

    def close(self) -> None: ...


class DurableLog(Protocol):
    """The log as the collector acknowledges into it; used from one event loop and from threads beside it."""

    def append(self, topic: str, value: bytes) -> "Future[None]":
        """Begin to make ``value`` durable; never blocks. Cancelling the future takes back nothing that has begun.

        The future raises NotStored if the record is surely not stored, Unavailable if nobody knows.
        """

    def send(self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None) -> Record:
        """As ``Producer.send``."""

    def check(self) -> str | None:
        """What keeps this log from taking records, for readiness; None if nothing does."""

    def check_alive(self) -> str | None:
        """Which part of it is stuck and needs a restart, for liveness; None if none is."""

    def close(self) -> None:
        """Finish what was begun, within a bound, and let go."""


class Consumer(Protocol):
    """One member of a group; used by one thread."""

    def poll(self, *, timeout: float, max_records: int) -> list[Record]:
        """The next records of the assigned partitions, in order within each; waits up to ``timeout`` seconds for the
        first. Also keeps the membership alive, so call it often; ``max_records`` 0 does only that.
        Raises Unavailable."""

    def assignment(self) -> Mapping[TopicPartition, int]:
        """The partitions assigned at the last poll, each with an epoch. A new epoch means that the partition was
        assigned again, perhaps after another member had it: forget what is remembered of it."""

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Read ``partition`` from ``offset`` on at the next poll."""

    def committed(self, partition: TopicPartition) -> Committed | None:
        """What the group last committed; None if it never did. Raises Unavailable."""

    def commit(self, partition: TopicPartition, committed: Committed) -> None:
        """Durably record the group's place. Raises Fenced if the partition is no longer this member's, Unavailable."""

    def close(self) -> None:
        """Leave the group, so that others take over at once."""


class Broker(Protocol):
    """A way into one log. ``close`` it last; its producers and consumers are closed by their users."""

    def create_topics(self, topics: tuple[Topic, ...]) -> None:
        """Make the topics that do not exist; leaves existing ones as they are."""

    def producer(self) -> Producer: ...

    def consumer(self, *, group: str, topic: str, member: str) -> Consumer:
        """Join ``group``. A ``member`` of the same name takes over from its former self at once."""

    def read(self, topic: str) -> list[Record]:
        """Every record kept in a topic, outside any group; for small topics."""

    def scan(self, partition: TopicPartition, *, first: int, end: int) -> Iterator[Record]:
        """The records from offset ``first`` to before ``end`` that are still kept, in order, outside any group."""

    def begin_offsets(self, topic: str) -> Mapping[TopicPartition, int]:
        """Per partition, the offset of the oldest record kept; the end offset where there is none."""

    def end_offsets(self, topic: str) -> Mapping[TopicPartition, int]:
        """Per partition, the offset that the next record will get."""

    def offsets_since(self, topic: str, at: int) -> Mapping[TopicPartition, int]:
        """Per partition, the first offset taken at Unix milliseconds ``at`` or later; the end offset where none is."""

    def committed(self, group: str, topic: str) -> Mapping[TopicPartition, Committed]:
        """What ``group`` has committed, seen from outside; partitions without a commit are left out."""

    def members(self, group: str) -> int:
        """How many consumers ``group`` has, seen from outside. One that died counts until its session is over."""

    def start_appending(self) -> None:
        """The process that is going to append says so, before it does: ``go_on_past`` then knows what is new."""

    def go_on_past(self, partition: TopicPartition, offset: int, *, is_stored: IsStored, fresh: bool) -> Skip | None:
        """See to it that no new record has an offset below ``offset``, as a log that lost its end would give it again.

        ``fresh``: the group never committed. Returns what was skipped, None if the log had not lost anything. Raises
        LogBehind where the log can't be moved; a person then has to look.
        """

    def skips(self, topic: str) -> list[Skip]:
        """What was skipped in a topic so far."""

    def try_write(self) -> None:
        """Raise Unavailable if the log takes nothing now; only for a log on a disk of this machine, since of another
        its producers alone can tell."""

    def enforce_retention(self) -> None:
        """Delete what is past its topic's retention; nothing to do where the broker does so by itself."""

    def close(self) -> None: ...
