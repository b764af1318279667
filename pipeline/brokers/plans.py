"""A plan: what a group writes beside its committed offset before it inserts (docs/decisions/0002)."""

import msgspec

from pipeline.brokers.protocols import Committed, TopicPartition


class Plan(msgspec.Struct, frozen=True):
    """The offsets ``first..last`` (both included) that are about to be inserted, or were.

    ``dead_in_a_row``: how many lines in a row, up to and with this plan's, could not be read.
    """

    first: int
    last: int
    dead_in_a_row: int = 0

    def committed(self) -> Committed:
        """What the group remembers: the place to read from again, and how far the insert reached."""
        return Committed(self.first, _encode(Metadata((self.first, self.last), self.dead_in_a_row)))

    def done(self) -> Committed:
        """What the group remembers when nothing more is planned: the place behind the plan."""
        return Committed(self.last + 1, _encode(Metadata(dead=self.dead_in_a_row)) if self.dead_in_a_row else "")

    def token(self, partition: TopicPartition) -> str:
        return f"{partition.topic}/{partition.partition}/{self.first}-{self.last}"


class Metadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """The text beside a committed offset, as JSON."""

    plan: tuple[int, int] | None = None
    dead: int = 0


def planned(committed: Committed | None) -> Plan | None:
    """The plan that stands beside a committed offset, if any; other metadata is not ours and means none."""
    metadata = read_metadata(committed)
    if metadata.plan is None:
        return None
    first, last = metadata.plan
    return Plan(first, last, metadata.dead) if first <= last else None


def read_metadata(committed: Committed | None) -> Metadata:
    try:
        return msgspec.json.decode(committed.metadata, type=Metadata) if committed else Metadata()
    except msgspec.MsgspecError:
        return Metadata()


def _encode(metadata: Metadata) -> str:
    return msgspec.json.encode(metadata).decode()
