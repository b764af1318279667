"""A batch of one partition: full by rows, due by time, or, in a replay, closed exactly at the plan's last record."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.brokers import Record, TopicPartition
from pipeline.brokers.plans import Plan


@dataclass
class Batch:
    """Records of one partition on their way into one insert.

    ``due_at``, in seconds of a monotonic clock, counts from the last insert, not from the first record: a single view
    after a quiet spell is inserted at once, and a stream of views in one insert each time.
    """

    partition: TopicPartition
    max_rows: int
    due_at: float
    replay: Plan | None = None
    records: list[Record] = field(default_factory=list)
    rows: int = 0
    passed: bool = False

    def add(self, records: Sequence[Record]) -> Sequence[Record]:
        """Take records until the batch is full; returns those that belong to the next batch.

        A record past the plan's last offset is not added; its arrival means retention deleted the plan's last record.
        """
        for place, record in enumerate(records):
            if self.replay and record.offset > self.replay.last:
                self.passed = True
            if self.full:
                return records[place:]
            self.records.append(record)
            self.rows += record.value.count(b"\n")
        return ()

    @property
    def full(self) -> bool:
        if self.replay:
            return self.passed or (bool(self.records) and self.records[-1].offset == self.replay.last)
        return self.rows >= self.max_rows

    def due(self, now: float) -> bool:
        """A replay waits for the plan's last record, however long that takes; any other batch is due in time."""
        if self.full:
            return True
        return bool(self.records) and not self.replay and now >= self.due_at

    def plan(self, *, dead_in_a_row: int = 0) -> Plan:
        return self.replay or Plan(self.records[0].offset, self.records[-1].offset, dead_in_a_row)
