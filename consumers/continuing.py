"""Where a member goes on in a partition: never below what ClickHouse has, so that no offset counts for two records.

A log can end before the rows that were made of it: its last writes were lost, it was restored, or a topic was made
again. New records would then get offsets that ClickHouse has seen, and be dropped as repeated. The group's books, too,
can be older than the rows; records would then be inserted again under other tokens. Both are compared with the rows
whenever a partition is assigned, before anything of it is read (docs/decisions/0019).
"""

import logging
import time
from collections.abc import Callable

from pipeline.brokers import Broker, Committed, Consumer, Record, Skip, TopicPartition
from pipeline.brokers.plans import Plan, planned
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import Rows
from pipeline.clickhouse.queries import find_stored_ends
from pipeline.clickhouse.recovery import is_stored, roll_up_stored, write_batch
from pipeline.errors import LogBehind, Rejected
from pipeline.metrics import LOG_LOST_AT

log = logging.getLogger(__name__)


class Continuing:
    """A consumer whose committed places are never below what is stored; else as ``consumer``, which is its own.

    ``broker``: the log; ``writer`` opens the engine.
    """

    def __init__(self, consumer: Consumer, broker: Broker, writer: Callable[[], ClickHouse]) -> None:
        self._consumer = consumer
        self._broker = broker
        self._writer = writer
        self.poll = consumer.poll
        self.assignment = consumer.assignment
        self.seek = consumer.seek
        self.commit = consumer.commit
        self.close = consumer.close
        self._lost: dict[str, tuple[int, Plan]] = {}

    def committed(self, partition: TopicPartition) -> Committed | None:
        """What the group committed, after it was corrected where it had to be. Raises Fenced, Unavailable, Rejected."""
        stored = find_stored_ends(self._writer()).get(partition.partition, 0)
        committed = self._consumer.committed(partition)  # read last: a plan is committed before its rows are stored
        booked = _end_of(committed)
        try:
            skipped = self._broker.go_on_past(
                partition, max(stored, booked), is_stored=self._is_stored, fresh=committed is None
            )
        except LogBehind:
            LOG_LOST_AT.set(time.time())
            raise
        if skipped:
            LOG_LOST_AT.set(time.time())
            _tell_of_skip(partition, skipped)
            plan = planned(committed)
            if plan and plan.last >= skipped.first:
                self._lost[plan.token(partition)] = (partition.partition, plan)
        if stored <= booked:
            return committed
        _tell_of_books(partition, booked=booked, stored=stored)
        corrected = Committed(stored)
        self._consumer.commit(partition, corrected)
        return corrected

    def write(self, rows: Rows, token: str, *, again: bool, between: Callable[[], None]) -> None:
        """Insert a batch, as ``write_batch`` does. Of a plan whose last records the log has lost, the roll-ups then get
        what the rows have and they lack."""
        write_batch(self._writer(), rows, token, again=again, between=between)
        if token not in self._lost:
            return
        between()
        partition, plan = self._lost[token]
        try:
            roll_up_stored(self._writer(), partition=partition, first=plan.first, last=plan.last)
        except Rejected as error:  # the account of a server may not look at rows
            log.error("the sums may lack rows of a lost batch, see nhip verify: %s", error)  # noqa: TRY400
        del self._lost[token]

    def _is_stored(self, record: Record) -> bool:
        try:
            return is_stored(self._writer(), record)
        except Rejected:  # the account of a server may not look at times
            return False


def _end_of(committed: Committed | None) -> int:
    """The offset after the last one that the group has planned or read."""
    if committed is None:
        return 0
    plan = planned(committed)
    return max(committed.offset, plan.last + 1) if plan else committed.offset


def _tell_of_skip(place: TopicPartition, skipped: Skip) -> None:
    log.error(
        "the log had lost its end: %s/%d ended at %d, although later offsets were read of it; what it took after %d is"
        " gone, except what is stored. It goes on at offset %d, so nothing new is lost",
        *place,
        skipped.first,
        skipped.first - 1,
        skipped.end,
    )


def _tell_of_books(place: TopicPartition, *, booked: int, stored: int) -> None:
    log.error(
        "the group had %s/%d at %d, but rows up to offset %d are stored: it goes on at %d. nhip verify says whether"
        " rows are missing, nhip replay puts them back",
        *place,
        booked,
        stored - 1,
        stored,
    )
