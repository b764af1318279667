"""Kafka as a collector sees it on a bad day: a log in memory that answers only when a test says so.

The log keeps the promise of the idempotent producer: a record is appended at most once, however often it is retried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from pipeline.brokers import Record, TopicPartition
from pipeline.errors import Unavailable
from pipeline.events import EVENTS_TOPIC

PARTITIONS = 2


@dataclass(eq=False)
class Request:
    """A record on its way to the broker; ``appended`` once it is in the log, even if the collector does not know."""

    partition: int
    key: bytes
    value: bytes
    at: int
    appended: bool = False
    answer: Future[Record] = field(default_factory=Future)


class UnsureLog:
    """``reachable``: whether questions are answered; ``prompt``: whether records are answered at once.

    Other requests wait in ``pending`` for ``answer`` or ``fail``.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._turn = 0
        self.partitions: list[list[Record]] = [[] for _ in range(PARTITIONS)]
        self.pending: list[Request] = []
        self.reachable = True
        self.prompt = True

    def values(self) -> list[bytes]:
        return [record.value for partition in self.partitions for record in partition]

    # a request's fate

    def arrive(self, request: Request) -> None:
        """The broker appends the record; the collector does not hear of it."""
        if request.appended:
            return
        request.appended = True
        records = self.partitions[request.partition]
        records.append(Record(EVENTS_TOPIC, request.partition, len(records), request.at, request.key, request.value))

    def answer(self, request: Request) -> None:
        self.arrive(request)
        self.pending.remove(request)
        request.answer.set_result(self.partitions[request.partition][-1])

    def fail(self, request: Request) -> None:
        """The producer gives up; a record that is not in the log by now never will be."""
        self.pending.remove(request)
        request.answer.set_exception(Unavailable("given up"))

    def forget_pending(self) -> list[Request]:
        """The collector has died; returns its pending requests, which may still arrive but are never answered."""
        orphans, self.pending = self.pending, []
        return orphans

    # the producer

    def begin(
        self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None
    ) -> Future[Record]:
        assert (topic, key is not None) == (EVENTS_TOPIC, True)
        assert partition is not None
        request = Request(partition, key or b"", value, int(self._clock() * 1000))
        self.pending.append(request)
        if self.prompt and self.reachable:
            self.answer(request)
        return request.answer

    def choose_partition(self, topic: str) -> int:
        self._turn += 1
        return self._turn % PARTITIONS

    def send(self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None) -> Record:
        raise NotImplementedError

    def close(self) -> None: ...

    # the broker

    def end_offsets(self, topic: str) -> Mapping[TopicPartition, int]:
        self._ask()
        return {TopicPartition(topic, number): len(records) for number, records in enumerate(self.partitions)}

    def offsets_since(self, topic: str, at: int) -> Mapping[TopicPartition, int]:
        self._ask()
        return {
            TopicPartition(topic, number): next((r.offset for r in records if r.at >= at), len(records))
            for number, records in enumerate(self.partitions)
        }

    def scan(self, partition: TopicPartition, *, first: int, end: int) -> Iterator[Record]:
        self._ask()
        yield from self.partitions[partition.partition][first:end]

    def _ask(self) -> None:
        if not self.reachable:
            raise Unavailable("kafka does not answer")
