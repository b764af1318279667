"""Closes a batch of one partition by rows, by time, or, when a plan is replayed, exactly at the plan's end."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from pipeline.brokers import Committed, Record, TopicPartition


class Plan(msgspec.Struct, frozen=True):
    """The offsets ``first..last`` (both included) that are about to be inserted, or were."""

    first: int
    last: int

    def committed(self) -> Committed:
        """What the group remembers: the place to read from again, and how far the insert reached."""
        return Committed(self.first, f'{{"plan":[{self.first},{self.last}]}}')

    def token(self, partition: TopicPartition) -> str:
        return f"{partition.topic}/{partition.partition}/{self.first}-{self.last}"


class _Metadata(msgspec.Struct):
    plan: tuple[int, int]


def planned(committed: Committed | None) -> Plan | None:
    """The plan that stands beside a committed offset, if any; other metadata is not ours and means none."""
    if committed is None or not committed.metadata:
        return None
    try:
        first, last = msgspec.json.decode(committed.metadata, type=_Metadata).plan
    except msgspec.MsgspecError:
        return None
    return Plan(first, last) if first <= last else None


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

    def add(self, records: Sequence[Record]) -> Sequence[Record]:
        """Take records until the batch is full; returns those that belong to the next batch."""
        for place, record in enumerate(records):
            if self.full:
                return records[place:]
            self.records.append(record)
            self.rows += record.value.count(b"\n")
        return ()

    @property
    def full(self) -> bool:
        if self.replay:
            return bool(self.records) and self.records[-1].offset >= self.replay.last
        return self.rows >= self.max_rows

    def due(self, now: float) -> bool:
        """A replayed plan waits for its last record however long; any other batch goes out in time."""
        if self.full:
            return True
        return bool(self.records) and not self.replay and now >= self.due_at

    def plan(self) -> Plan:
        return self.replay or Plan(self.records[0].offset, self.records[-1].offset)
