"""Exactly once into ClickHouse: plan, insert, advance.

1. A batch of one partition closes at ``first..last``.
2. *Plan*: commit offset ``first`` with the plan in its metadata. The group refuses this from a member that has lost
   the partition, so a stale consumer inserts nothing new.
3. *Insert* under the token ``topic/partition/first-last``, again and again with the same rows until it is in. The write
   is told when it is not the first time: an insert without an answer may have been made, or half made.
4. *Advance*: the next plan's commit says so; when nothing more comes, commit ``last + 1``.
5. Whoever is given a partition first replays the plan found beside its committed offset, likewise.

An insert that does not succeed holds up the poll: the log keeps what comes meanwhile, not this process.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

from consumers.batches import Batch
from pipeline.brokers import Consumer, Record, TopicPartition
from pipeline.brokers.plans import Plan, planned, read_metadata
from pipeline.clickhouse.rows import Rows, rows_of
from pipeline.errors import Fenced, PipelineError, TooManyDeadLetters
from pipeline.metrics import CONSUMED_EVENTS, DEAD_LETTERS, INSERT_FAILURES, INSERT_SECONDS

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
POLL_SECONDS = 0.05
RETRY_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)
MAX_RECORDS = 1_000


class Write(Protocol):
    """Inserts rows under a token; ``again``: this may have been tried before. Raises PipelineError.

    Where it takes several statements, ``between`` is called between them, and what that raises is passed on.
    """

    def __call__(self, rows: Rows, token: str, *, again: bool, between: Callable[[], None]) -> None: ...


@dataclass
class Place:
    """What this member knows of one partition since it was given it (``epoch``)."""

    epoch: int
    batch: Batch
    inserted: Plan | None = None
    inserted_at: float = 0.0
    dead_in_a_row: int = 0


class Runner:
    """One member of the group, in one thread.

    An insert is made every ``batch_seconds`` while views come, or when ``batch_rows`` are at hand; then ``on_insert``
    is called.

    ``next_offsets`` says how far each held partition is in, ``complete_up_to`` when its last record came
    (Unix ms), ``progressed_at`` when the loop last came round or last tried an insert, ``blocked`` whether the last
    insert failed, ``failure`` why the loop has ended for good.
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
        self._write = write
        self._batch_rows = batch_rows
        self._batch_seconds = batch_seconds
        self._dead_letters_in_a_row = dead_letters_in_a_row
        self._on_insert = on_insert
        self._clock = clock
        self._places: dict[TopicPartition, Place] = {}
        self._stopping = threading.Event()
        self.progressed_at = clock()
        self.blocked = False
        self.failure: TooManyDeadLetters | None = None
        self.next_offsets: dict[TopicPartition, int] = {}
        self.complete_up_to: dict[TopicPartition, int] = {}

    def run(self) -> None:
        """Work until ``stop`` is called or too much can't be read; then deliver what is at hand and leave the group."""
        while not self._stopping.is_set():
            try:
                self.step()
            except TooManyDeadLetters as failure:
                log.error("the consumer stops: %s", failure)  # noqa: TRY400 - its words say all
                self.failure = failure
                break
            except PipelineError as error:
                self.progressed_at = self._clock()
                log.warning("the log does not answer, trying again: %s", error)
                self._stopping.wait(RETRY_SECONDS[-1])
            except Exception:
                log.exception("the consumer failed, trying again from the last plan")
                self._stopping.wait(RETRY_SECONDS[-1])
        self._finish()

    def stop(self) -> None:
        self._stopping.set()

    def step(self) -> None:
        """Poll once and deliver every batch that is due.

        After a fault nothing in memory is believed, neither what was read nor what may have been inserted: the next
        step starts every partition again from what the group committed, plan and all.
        """
        try:
            self._step()
        except BaseException:
            self._places.clear()
            raise
        self.progressed_at = self._clock()

    def _step(self) -> None:
        records = self._consumer.poll(timeout=POLL_SECONDS, max_records=MAX_RECORDS)
        given = self._follow_assignment()
        for partition, run in groupby(records, key=lambda record: TopicPartition(record.topic, record.partition)):
            if partition not in given and partition in self._places:
                self._take(partition, list(run))
        for partition in tuple(self._places):
            self._deliver_if_due(partition)

    def _follow_assignment(self) -> set[TopicPartition]:
        """Forget partitions that were lost and start those that were given; returns the latter."""
        assignment = self._consumer.assignment()
        self._places = {
            partition: place for partition, place in self._places.items() if assignment.get(partition) == place.epoch
        }
        given = {partition for partition in assignment if partition not in self._places}
        for partition in given:
            committed = self._consumer.committed(partition)
            replay = planned(committed)
            self.next_offsets[partition] = committed.offset if committed else 0
            self._consumer.seek(partition, self.next_offsets[partition])
            self._places[partition] = Place(
                assignment[partition],
                self._new_batch(partition, due_at=self._clock(), replay=replay),
                dead_in_a_row=read_metadata(committed).dead,
            )
        for gone in self.next_offsets.keys() - assignment.keys():
            del self.next_offsets[gone]
            self.complete_up_to.pop(gone, None)
        return given

    def _take(self, partition: TopicPartition, records: Iterable[Record]) -> None:
        rest = tuple(records)
        while rest and partition in self._places:
            rest = tuple(self._places[partition].batch.add(rest))
            if rest:
                self._deliver(partition)

    def _deliver_if_due(self, partition: TopicPartition) -> None:
        place = self._places.get(partition)
        if place is None:
            return
        now = self._clock()
        if place.batch.due(now):
            self._deliver(partition)
        elif not place.batch.records and now - place.inserted_at >= IDLE_SECONDS:
            self._advance(partition, place)

    def _deliver(self, partition: TopicPartition) -> None:
        place = self._places[partition]
        batch = place.batch
        rows = rows_of(batch.records)
        try:
            self._check_epoch(partition)
            plan = batch.replay or self._plan(partition, rows)
            self._insert(partition, rows, plan)
        except Fenced as error:
            self._forget(partition, error)
            return
        place.inserted_at = self._clock()
        place.batch = self._new_batch(partition, due_at=place.inserted_at + self._batch_seconds)
        place.inserted = plan
        self.next_offsets[partition] = plan.last + 1
        if batch.records:  # none where retention was faster than a replay
            self.complete_up_to[partition] = batch.records[-1].at
        self._on_insert()

    def _plan(self, partition: TopicPartition, rows: Rows) -> Plan:
        """Commit to inserting the batch at hand. Raises Fenced, and TooManyDeadLetters before anything is committed."""
        place = self._places[partition]
        dead_in_a_row = 0 if rows.events else place.dead_in_a_row + count_rows(rows.dead_letters)
        if dead_in_a_row >= self._dead_letters_in_a_row:
            raise _too_many(dead_in_a_row, partition, rows)
        place.dead_in_a_row = dead_in_a_row
        plan = place.batch.plan(dead_in_a_row=dead_in_a_row)
        self._consumer.commit(partition, plan.committed())
        return plan

    def _insert(self, partition: TopicPartition, rows: Rows, plan: Plan) -> None:
        """Insert until it is in. Raises Fenced if the partition goes to another member meanwhile."""
        token = plan.token(partition)
        replayed = self._places[partition].batch.replay is not None
        attempt = 0
        while True:
            started = self.progressed_at = self._clock()
            try:
                self._write(rows, token, again=replayed or attempt > 0, between=lambda: self._still_at(partition))
            except Fenced:
                raise
            except PipelineError as error:
                self.blocked = True
                INSERT_FAILURES.inc()
                log.warning("batch %s is not in yet, trying again: %s", token, error)
                self._wait(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])
                self._check_ownership(partition)
                attempt += 1
            else:
                self.blocked = False
                INSERT_SECONDS.observe(self._clock() - started)
                CONSUMED_EVENTS.inc(count_rows(rows.events))
                DEAD_LETTERS.inc(count_rows(rows.dead_letters))
                return

    def _wait(self, seconds: float) -> None:
        """Pause between attempts; a runner told to stop gives the batch up, since its plan will be replayed."""
        if self._stopping.wait(seconds):
            raise Fenced("stopping before the batch is in")

    def _still_at(self, partition: TopicPartition) -> None:
        self.progressed_at = self._clock()
        self._check_ownership(partition)

    def _check_ownership(self, partition: TopicPartition) -> None:
        """Take part in the group meanwhile. Raises Fenced."""
        self._consumer.poll(timeout=0, max_records=0)
        self._check_epoch(partition)

    def _check_epoch(self, partition: TopicPartition) -> None:
        """Raises Fenced when the partition is another's, or was in between, which an insert of another can bring."""
        if self._consumer.assignment().get(partition) != self._places[partition].epoch:
            raise Fenced(f"{partition.topic}/{partition.partition} was taken away during an insert")

    def _advance(self, partition: TopicPartition, place: Place) -> None:
        if place.inserted is None:
            return
        try:
            self._check_epoch(partition)
            self._consumer.commit(partition, place.inserted.done())
            place.inserted = None
        except Fenced as error:
            self._forget(partition, error)

    def _forget(self, partition: TopicPartition, reason: Fenced) -> None:
        log.info("%s; another member has it now", reason)
        self._places.pop(partition, None)

    def _finish(self) -> None:
        """Deliver what is at hand if the engine takes it at once, then leave."""
        try:
            for partition in tuple(self._places):
                place = self._places[partition]
                if place.batch.records and (not place.batch.replay or place.batch.full):
                    self._deliver(partition)
            for partition, place in tuple(self._places.items()):
                self._advance(partition, place)
        except PipelineError as error:
            log.warning("left with a batch planned; the next start replays it: %s", error)
        finally:
            self._consumer.close()

    def _new_batch(self, partition: TopicPartition, *, due_at: float, replay: Plan | None = None) -> Batch:
        return Batch(partition, max_rows=self._batch_rows, due_at=due_at, replay=replay)


def count_rows(columns: Sequence[Sequence[Any]]) -> int:
    return len(columns[0]) if columns else 0


def _too_many(dead_in_a_row: int, partition: TopicPartition, rows: Rows) -> TooManyDeadLetters:
    _at, _partition, offset, row, reason, _line = next(zip(*rows.dead_letters, strict=True))
    place = f"{partition.topic}/{partition.partition} offset {offset} row {row}"
    return TooManyDeadLetters(
        f"{dead_in_a_row} lines in a row are no events, such as {place} ({reason}); nothing is lost: "
        "upgrade this consumer if the collectors are newer, else raise NHIP_DEAD_LETTERS_IN_A_ROW to set them aside"
    )
