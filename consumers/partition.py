"""One partition as a member of the group holds it: batch → plan → insert → advance.

1. A batch closes at ``first..last``.
2. *Plan*: commit offset ``first`` with the plan in its metadata. The group refuses this commit from a member that has
   lost the partition, so a stale consumer inserts nothing new.
3. *Insert* under the token ``topic/partition/first-last``, again and again with the same rows until the insert
   succeeds. Every attempt after the first says so: an insert without an answer may have happened, in whole or in part.
4. *Advance*: the next plan's commit does it; when no more records come, commit ``last + 1``.
5. A plan found beside the committed offset on assignment is replayed first, in the same way.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from consumers.batches import Batch
from pipeline.brokers import Committed, Consumer, Record, TopicPartition
from pipeline.brokers.plans import Plan, planned, read_metadata
from pipeline.clickhouse.columns import Rows, count
from pipeline.clickhouse.rows import rows_of
from pipeline.errors import Fenced, PipelineError, TooManyDeadLetters
from pipeline.metrics import CONSUMED_EVENTS, DEAD_LETTERS, INSERT_FAILURES, INSERT_SECONDS

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
RETRY_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)


class Stopped(Exception):
    """This member was told to stop before a batch was in; the next owner of the partition replays the plan."""


class Write(Protocol):
    """Inserts rows under a token; ``again``: an earlier attempt may have succeeded. Raises PipelineError.

    A write of several statements calls ``between`` between them and passes on what ``between`` raises.
    """

    def __call__(self, rows: Rows, token: str, *, again: bool, between: Callable[[], None]) -> None: ...


@dataclass
class Delivery:
    """The member that the partitions belong to: what they deliver with, and how the member is doing.

    ``delivered`` is told of each batch that is in. ``progressed_at``: when the loop last came round or last tried an
    insert; ``blocked``: whether the last insert failed.
    """

    consumer: Consumer
    write: Write
    batch_rows: int
    batch_seconds: float
    dead_letters_in_a_row: int
    clock: Callable[[], float]
    stopping: threading.Event
    delivered: Callable[[TopicPartition, Plan, Sequence[Record]], None]
    progressed_at: float
    blocked: bool = False


class Partition:
    """What this member knows of one partition since an assignment, whose number is ``epoch``.

    ``take``, ``deliver_if_due``, ``deliver_rest`` and ``advance`` raise Fenced when the partition is no longer this
    member's, and Stopped; after either, nothing here may be believed.
    """

    def __init__(self, place: TopicPartition, *, epoch: int, committed: Committed | None, delivery: Delivery) -> None:
        self.epoch = epoch
        self.first_offset = committed.offset if committed else 0
        self._place = place
        self._delivery = delivery
        self._batch = self._new_batch(due_at=delivery.clock(), replay=planned(committed))
        self._dead_in_a_row = read_metadata(committed).dead
        self._inserted: Plan | None = None
        self._inserted_at = 0.0

    def take(self, records: Sequence[Record]) -> None:
        """Add records to the batch; deliver each batch that they fill."""
        while records:
            records = self._batch.add(records)
            if records:
                self._deliver()

    def deliver_if_due(self) -> None:
        """Deliver the batch if it is due; advance if no more records come."""
        now = self._delivery.clock()
        if self._batch.due(now):
            self._deliver()
        elif not self._batch.records and now - self._inserted_at >= IDLE_SECONDS:
            self.advance()

    def deliver_rest(self) -> None:
        """Deliver the batch, due or not; a replayed plan only if all of it is at hand."""
        if self._batch.records and (not self._batch.replay or self._batch.full):
            self._deliver()

    def settle(self) -> bool:
        """Whether all that was begun is in and committed, so that nothing of it is left to do."""
        self.deliver_rest()
        self.advance()
        return self.at_rest

    @property
    def at_rest(self) -> bool:
        """Whether all records that it was given are in, and the group knows."""
        return not self._batch.records and not self._batch.replay and self._inserted is None

    def advance(self) -> None:
        """Commit the end of the last insert, if the group does not know it yet."""
        if self._inserted is not None:
            self._check_epoch()
            self._delivery.consumer.commit(self._place, self._inserted.done())
            self._inserted = None

    def _deliver(self) -> None:
        batch = self._batch
        rows = rows_of(batch.records)
        self._check_epoch()
        plan = batch.replay or self._plan(rows)
        self._insert(rows, plan, replayed=batch.replay is not None)
        self._inserted = plan
        self._inserted_at = self._delivery.clock()
        self._batch = self._new_batch(due_at=self._inserted_at + self._delivery.batch_seconds)
        self._delivery.delivered(self._place, plan, batch.records)

    def _plan(self, rows: Rows) -> Plan:
        """Commit to inserting the batch at hand. Raises Fenced, and TooManyDeadLetters before any commit."""
        dead_in_a_row = 0 if rows.events else self._dead_in_a_row + count(rows.dead_letters)
        if dead_in_a_row >= self._delivery.dead_letters_in_a_row:
            raise _too_many(dead_in_a_row, self._place, rows)
        self._dead_in_a_row = dead_in_a_row
        plan = self._batch.plan(dead_in_a_row=dead_in_a_row)
        self._delivery.consumer.commit(self._place, plan.committed())
        return plan

    def _insert(self, rows: Rows, plan: Plan, *, replayed: bool) -> None:
        """Insert until it is in. Raises Fenced if the partition goes to another member meanwhile, and Stopped."""
        delivery, token = self._delivery, plan.token(self._place)
        attempt = 0
        while True:
            started = delivery.progressed_at = delivery.clock()
            try:
                delivery.write(rows, token, again=replayed or attempt > 0, between=self._still_here)
            except Fenced:
                raise
            except PipelineError as error:
                delivery.blocked = True
                INSERT_FAILURES.inc()
                log.warning("batch %s is not in yet, trying again: %s", token, error)
                if delivery.stopping.wait(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)]):
                    raise Stopped(f"stopped before batch {token} was in") from error
                self._check_ownership()
                attempt += 1
            else:
                delivery.blocked = False
                INSERT_SECONDS.observe(delivery.clock() - started)
                CONSUMED_EVENTS.inc(count(rows.events))
                DEAD_LETTERS.inc(count(rows.dead_letters))
                return

    def _still_here(self) -> None:
        self._delivery.progressed_at = self._delivery.clock()
        self._check_ownership()

    def _check_ownership(self) -> None:
        """Take part in the group meanwhile. Raises Fenced."""
        self._delivery.consumer.poll(timeout=0, max_records=0)
        self._check_epoch()

    def _check_epoch(self) -> None:
        """Raises Fenced if this member lost the partition, even if it has it back: a slow insert elsewhere can outlast
        the session."""
        if self._delivery.consumer.assignment().get(self._place) != self.epoch:
            raise Fenced(f"{self._place.topic}/{self._place.partition} was taken away during an insert")

    def _new_batch(self, *, due_at: float, replay: Plan | None = None) -> Batch:
        return Batch(self._place, max_rows=self._delivery.batch_rows, due_at=due_at, replay=replay)


def _too_many(dead_in_a_row: int, partition: TopicPartition, rows: Rows) -> TooManyDeadLetters:
    offset, row, reason = (rows.dead_letters[name][0] for name in ("offset", "row", "reason"))
    place = f"{partition.topic}/{partition.partition} offset {offset} row {row}"
    return TooManyDeadLetters(
        f"{dead_in_a_row} lines in a row are no events, such as {place} ({reason}); nothing is lost: "
        "upgrade this consumer if the collectors are newer, else raise NHIP_DEAD_LETTERS_IN_A_ROW to set them aside"
    )
