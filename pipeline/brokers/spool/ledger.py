"""The books of the spool: where each record is, and what takes it to its next place.

=========  ============  =============================  =============================================
place      in the spool  Kafka has the record           the record leaves
=========  ============  =============================  =============================================
in flight  no            perhaps; the answer is out     answered, given up (queued), overdue (stored)
queued     no            no; perhaps, once given up     stored
fresh      yes           no                             handed over
awaited    yes           perhaps; the answer is out     answered or given up
unknown    yes           perhaps; no answer will come   looked up: deleted, or fresh again
arrived    yes           yes                            deleted
=========  ============  =============================  =============================================

A record is in one place at a time; while it is being stored it is in none, and its answer is kept in ``answered``.
Fresh records are in the spool's file alone.

A ledger has no lock, thread, clock or file: its user calls it with a lock held and passes the time in.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum

import msgspec

from pipeline.brokers.spool.store import Entry, Handed


@dataclass(eq=False, slots=True)
class Append:
    """A record on its way. ``answered``: whether Kafka has it, None while nobody knows; ``number``: its spool id."""

    entry: Entry
    overdue_at: float = 0.0
    answered: bool | None = None
    number: int | None = None
    durable: Future[None] = field(default_factory=Future)

    def __post_init__(self) -> None:
        self.durable.set_running_or_notify_cancel()  # from here on the future can't be cancelled

    def hand_over(self, handed: Handed, *, overdue_at: float) -> None:
        self.entry = msgspec.structs.replace(self.entry, handed=handed)
        self.overdue_at = overdue_at

    def resolve(self, error: Exception | None = None) -> None:
        with suppress(InvalidStateError):  # Kafka and the spool may both have it by now
            if error:
                self.durable.set_exception(error)
            else:
                self.durable.set_result(None)


class Due(Enum):
    """The work that an answer has made."""

    STORE = "store"
    DRAIN = "drain"


class Ledger:
    """``handed_over``: the entries that an earlier process left handed over; nobody awaits their answers."""

    def __init__(self, handed_over: Iterable[int], *, now: float) -> None:
        self.queued_bytes = 0
        self._in_flight: dict[bytes, Append] = {}  # the oldest first
        self._queue: list[Append] = []
        self._awaited: dict[int, Append] = {}  # the oldest first
        self._unknown = dict.fromkeys(handed_over, now)
        self._arrived: list[int] = []

    # to Kafka and back

    def send(self, append: Append) -> None:
        self._in_flight[append.entry.key] = append

    def await_answers(self, appends: Mapping[int, Append]) -> None:
        """Entries of the spool are on their way to Kafka."""
        self._awaited.update(appends)

    def hear(self, append: Append, *, arrived: bool, now: float) -> Due | None:
        """Kafka has the record, or the producer gave it up."""
        append.answered = arrived
        direct = self._in_flight.pop(append.entry.key, None)
        if append.number is not None:
            return self._place(append.number, append, now)
        if direct and not arrived:
            self.queue(append)
            return Due.STORE
        return None

    # to the spool

    def queue(self, append: Append) -> None:
        self._queue.append(append)
        self.queued_bytes += append.entry.bytes

    def take_for_spool(self, now: float) -> tuple[list[Append], list[Append]]:
        """What to store: the overdue, and the queued. One overdue answer makes all in flight overdue."""
        oldest = next(iter(self._in_flight.values()), None)
        overdue: list[Append] = []
        if oldest and oldest.overdue_at <= now:
            overdue = list(self._in_flight.values())
            self._in_flight.clear()
        queued, self._queue = self._queue, []
        return overdue, queued

    def note_stored(self, stored: Mapping[int, Append], *, now: float) -> None:
        """The spool has them under these ids; an answer may have come meanwhile."""
        for number, append in stored.items():
            append.number = number
            if append.entry.handed:
                self._place(number, append, now)

    def release(self, queued: Iterable[Append]) -> None:
        """What was taken from the queue is stored or refused, and needs no room in memory any more."""
        self.queued_bytes -= sum(append.entry.bytes for append in queued)

    @property
    def has_queued(self) -> bool:
        return bool(self._queue)

    @property
    def has_unstored(self) -> bool:
        return bool(self._queue or self._in_flight)

    # out of the spool

    def oldest_awaited(self) -> Append | None:
        return next(iter(self._awaited.values()), None)

    @property
    def has_unknown(self) -> bool:
        return bool(self._unknown)

    def unknown(self) -> dict[int, float]:
        """Ids of entries to look up, each with the time since when no answer comes."""
        return dict(self._unknown)

    def settle(self, looked_up: Iterable[int]) -> None:
        """These are unknown no longer: the spool has deleted them or made them fresh."""
        for number in looked_up:
            self._unknown.pop(number, None)

    def arrived(self) -> list[int]:
        """Ids of entries to delete."""
        return list(self._arrived)

    def forget_arrived(self, deleted: list[int]) -> None:
        """``deleted`` is what ``arrived`` gave last; more may have arrived since."""
        del self._arrived[: len(deleted)]

    @property
    def has_undeleted(self) -> bool:
        """Some entry is awaited or arrived, so that waiting a little may empty the spool."""
        return bool(self._awaited or self._arrived)

    def _place(self, number: int, append: Append, now: float) -> Due | None:
        """Put a handed-over entry of the spool where its answer says."""
        if append.answered is None:
            self._awaited[number] = append
            return None
        self._awaited.pop(number, None)
        if append.answered:
            self._arrived.append(number)
        else:
            self._unknown[number] = now
        return Due.DRAIN if not self._awaited or not append.answered else None
