"""A plan: what a group commits with its offset before it inserts (docs/decisions/0002)."""

import msgspec

from pipeline.brokers.protocols import Broker, Committed, TopicPartition


class Plan(msgspec.Struct, frozen=True):
    """The offsets ``first..last``, both included, that are about to be inserted, or were.

    ``dead_in_a_row``: how many lines in a row, up to this plan's last, could not be read.
    """

    first: int
    last: int
    dead_in_a_row: int = 0

    def committed(self) -> Committed:
        """To commit before the insert: where to read from again, and how far the insert reaches."""
        return Committed(self.first, _encode(Metadata((self.first, self.last), self.dead_in_a_row)))

    def done(self) -> Committed:
        """To commit after the insert: the offset after the plan."""
        return Committed(self.last + 1, _encode(Metadata(dead=self.dead_in_a_row)) if self.dead_in_a_row else "")

    def token(self, partition: TopicPartition) -> str:
        return f"{partition.topic}/{partition.partition}/{self.first}-{self.last}"


class Metadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """The metadata of a committed offset, as JSON."""

    plan: tuple[int, int] | None = None
    dead: int = 0


def planned(committed: Committed | None) -> Plan | None:
    """The plan in a committed offset's metadata, if any; metadata that is not ours has none."""
    metadata = read_metadata(committed)
    if metadata.plan is None:
        return None
    first, last = metadata.plan
    return Plan(first, last, metadata.dead) if first <= last else None


def progress_of(broker: Broker, group: str, topic: str) -> dict[int, tuple[int, int]]:
    """By partition, the first offset that may not be inserted yet, and the last one that is planned or inserted."""
    places = {}
    for partition, place in broker.committed(group, topic).items():
        plan = planned(place)
        places[partition.partition] = (place.offset, plan.last if plan else place.offset - 1)
    return places


def read_metadata(committed: Committed | None) -> Metadata:
    try:
        return msgspec.json.decode(committed.metadata, type=Metadata) if committed else Metadata()
    except msgspec.MsgspecError:
        return Metadata()


def _encode(metadata: Metadata) -> str:
    return msgspec.json.encode(metadata).decode()
