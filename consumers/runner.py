"""One member of the group, in one thread: poll, and hand the records to their partitions.

A failing insert holds up the poll, so new records wait in the log and not in this process.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import groupby

from consumers.partition import RETRY_SECONDS, Delivery, Partition, Stopped, Write
from pipeline.brokers import Consumer, Record, TopicPartition
from pipeline.brokers.plans import Plan
from pipeline.errors import Fenced, PipelineError, TooManyDeadLetters, Unavailable

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05
REST_SECONDS = 0.25  # a poll's, if nothing is to be done but what new records bring
MAX_RECORDS = 1_000


class Runner:
    """One member of the group, in one thread.

    It inserts every ``batch_seconds`` while views come, or as soon as ``batch_rows`` are at hand; after each insert it
    calls ``on_insert``.

    ``next_offsets``: how far each partition of the assignment is in; ``complete_up_to``: when its last record came
    (Unix ms); ``failure``: why the loop has ended for good; ``trouble``: why the last step failed.
    """

    def __init__(
        self,
        consumer: Consumer,
        write: Write,
        *,
        batch_rows: int,
        batch_seconds: float,
        dead_letters_in_a_row: int = 1_000,
        on_insert: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._consumer = consumer
        self._on_insert = on_insert
        self._clock = clock
        self._stopping = threading.Event()
        self._hold: threading.Event | None = None
        self._partitions: dict[TopicPartition, Partition] = {}
        self._delivery = Delivery(
            consumer,
            write,
            batch_rows=batch_rows,
            batch_seconds=batch_seconds,
            dead_letters_in_a_row=dead_letters_in_a_row,
            clock=clock,
            stopping=self._stopping,
            delivered=self._note,
            progressed_at=clock(),
        )
        self.failure: TooManyDeadLetters | None = None
        self.trouble: str | None = None
        self.next_offsets: dict[TopicPartition, int] = {}
        self.complete_up_to: dict[TopicPartition, int] = {}

    @property
    def progressed_at(self) -> float:
        """When the loop last came round or last tried an insert, on ``clock``."""
        return self._delivery.progressed_at

    @property
    def blocked(self) -> bool:
        """Whether the last insert or the last step failed."""
        return self._delivery.blocked or self.trouble is not None

    def run(self) -> None:
        """Work until ``stop`` is called or too many lines can't be read; then deliver what is at hand and leave."""
        while not self._stopping.is_set():
            try:
                self._rest_or_step(self._hold)
            except TooManyDeadLetters as failure:
                log.error("the consumer stops: %s", failure)  # noqa: TRY400 - its words say all
                self.failure = failure
                break
            except PipelineError as error:
                self._delivery.progressed_at = self._clock()
                self.trouble = str(error)
                log.warning("can't go on yet, trying again: %s", error)
                self._stopping.wait(RETRY_SECONDS[-1])
            except Exception:
                log.exception("the consumer failed, trying again from the last plan")
                self._stopping.wait(RETRY_SECONDS[-1])
        self._finish()

    def stop(self) -> None:
        self._stopping.set()

    @contextmanager
    def held(self, *, seconds: float) -> Iterator[None]:
        """While the block runs, every insert that was begun is in and committed, and none begins: records wait.

        One caller at a time. Raises Unavailable if the inserts under way do not end within ``seconds``.
        """
        at_rest = self._hold = threading.Event()
        try:
            if not at_rest.wait(seconds):
                raise Unavailable(f"the consumer's inserts do not end within {seconds:.0f} s; see: nhip status")
            yield
        finally:
            self._hold = None

    def step(self) -> None:
        """Poll once and deliver every batch that is due.

        After a fault nothing in memory is believed, neither the records read nor the inserts made: the next step starts
        every partition again from the group's commits, plans included.
        """
        try:
            self._step()
        except BaseException:
            self._partitions.clear()
            raise
        self.trouble = None
        self._delivery.progressed_at = self._clock()

    def _rest_or_step(self, hold: threading.Event | None) -> None:
        if hold is None:
            self.step()
        elif hold.is_set():
            self._consumer.poll(timeout=0, max_records=0)  # stay a member
            self._delivery.progressed_at = self._clock()
            self._stopping.wait(POLL_SECONDS)
        else:
            self.step()
            try:
                settled = [self._settle(place) for place in tuple(self._partitions)]
            except BaseException:
                self._partitions.clear()  # as after a fault in a step
                raise
            if settled and all(settled):
                hold.set()

    def _settle(self, place: TopicPartition) -> bool:
        settled: list[bool] = []
        self._with(place, lambda partition: settled.append(partition.settle()))
        return settled == [True]

    def _step(self) -> None:
        at_rest = all(partition.at_rest for partition in self._partitions.values())
        records = self._consumer.poll(timeout=REST_SECONDS if at_rest else POLL_SECONDS, max_records=MAX_RECORDS)
        given = self._follow_assignment()
        for place, run in groupby(records, key=lambda record: TopicPartition(record.topic, record.partition)):
            if place not in given:
                self._with(place, partial(Partition.take, records=tuple(run)))
        for place in tuple(self._partitions):
            self._with(place, Partition.deliver_if_due)

    def _follow_assignment(self) -> set[TopicPartition]:
        """Forget the partitions that were lost and start those that were given; returns the latter."""
        assignment = self._consumer.assignment()
        self._partitions = {
            place: partition
            for place, partition in self._partitions.items()
            if assignment.get(place) == partition.epoch
        }
        given = {place for place in assignment if place not in self._partitions}
        for place in given:
            partition = Partition(
                place, epoch=assignment[place], committed=self._consumer.committed(place), delivery=self._delivery
            )
            self.next_offsets[place] = partition.first_offset
            self._consumer.seek(place, partition.first_offset)
            self._partitions[place] = partition
        for gone in self.next_offsets.keys() - assignment.keys():
            del self.next_offsets[gone]
            self.complete_up_to.pop(gone, None)
        return given

    def _with(self, place: TopicPartition, act: Callable[[Partition], None]) -> None:
        """Let a partition act, if this member has it, and forget the partition if it is lost or the member stops."""
        partition = self._partitions.get(place)
        if partition is None:
            return
        try:
            act(partition)
        except Fenced as reason:
            log.info("%s; another member has it now", reason)
            del self._partitions[place]
        except Stopped as reason:
            log.info("%s; the plan is replayed at the next start, or by another member", reason)
            del self._partitions[place]

    def _note(self, place: TopicPartition, plan: Plan, records: Sequence[Record]) -> None:
        self.next_offsets[place] = plan.last + 1
        if records:  # none where retention was faster than a replay
            self.complete_up_to[place] = records[-1].at
        self._on_insert()

    def _finish(self) -> None:
        """Deliver what is at hand if the engine takes it at once, then leave the group."""
        try:
            for act in (Partition.deliver_rest, Partition.advance):
                for place in tuple(self._partitions):
                    self._with(place, act)
        except PipelineError as error:
            log.warning("left with a batch planned; the next start replays it: %s", error)
        finally:
            self._consumer.close()
