"""Closes a batch of one partition by rows, by time, or, when a plan is replayed, exactly at the plan's end."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.brokers import Record, TopicPartition
from pipeline.brokers.plans import Plan


@dataclass
class Batch:
    """Records of one partition on their way into one insert.

    ``due_at``, in seconds of one monotonic clock, is a moment after the last insert rather than after the first record:
    a lone view after a quiet spell goes out at once, a stream of them in one insert a moment.
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

        A record behind a replayed plan never gets in: it shows that retention has deleted what the plan's end was.
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
        """A replayed plan waits for its last record however long; any other batch goes out in time."""
        if self.full:
            return True
        return bool(self.records) and not self.replay and now >= self.due_at

    def plan(self, *, dead_in_a_row: int = 0) -> Plan:
        return self.replay or Plan(self.records[0].offset, self.records[-1].offset, dead_in_a_row)
