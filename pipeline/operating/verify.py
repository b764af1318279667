"""Is every view stored exactly once? Accepted = stored + dead-lettered + still in flight, and the roll-ups agree.

The records that the log keeps are compared with the stored rows one by one. Rows from before the kept log are checked
by their lineage alone: no gap in the offsets of a partition, but for those that the log is known to have skipped, and
none in the rows of a record. Consumers may go on
working: their committed offsets are read first, so every record below them must be stored, and a record above them
that is not stored is in flight.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import msgspec

from pipeline.brokers import Broker, Skip, TopicPartition
from pipeline.brokers.topics import GROUP
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import Stored, count_places, find_first_offset, find_stored_ends
from pipeline.clickhouse.roll_ups import find_missing, find_shown
from pipeline.clickhouse.roll_ups.compare import compare_roll_ups
from pipeline.clickhouse.rows import count_rows
from pipeline.events import EVENTS_TOPIC

CHUNK = 20_000
ATTEMPTS = 8
PAUSE_SECONDS = 0.3

Advance = Callable[[int, int], None]


class Gap(msgspec.Struct, frozen=True):
    """``rows`` rows of the records ``first..last`` are not stored: with ``whole`` all of their rows, else some.

    ``at``: Unix milliseconds when the log took the first record; 0 where the log no longer has it.
    """

    partition: int
    first: int
    last: int
    rows: int
    whole: bool
    at: int

    @property
    def kind(self) -> tuple[bool, bool]:
        return self.whole, self.at > 0


class Verification(msgspec.Struct, frozen=True):
    """Rows by what became of them. In the kept log ``accepted`` = ``stored`` + ``dead_lettered`` + ``in_flight`` +
    ``missing``; ``earlier`` rows are older than the kept log.

    ``repeated``: rows with the same place as another row. ``unexplained``: rows with a place that their record does not
    have. ``views``: all stored views. ``differing``: per roll-up, the number of keys that differ from the rows.
    ``missing_roll_ups`` are new in this version and not made yet; nothing is wrong with the numbers.
    ``skipped``: where the log lost its end and went on later; what it had taken there is stored or gone.
    """

    accepted: int
    stored: int
    dead_lettered: int
    in_flight: int
    missing: int
    earlier: int
    repeated: int
    unexplained: int
    views: int
    gaps: list[Gap]
    skipped: list[Skip]
    differing: dict[str, int]
    missing_roll_ups: list[str] = []

    @property
    def clean(self) -> bool:
        return not (self.repeated or self.missing or self.unexplained or any(self.differing.values()))


@dataclass
class Comparison:
    """The log compared with the stored rows, as far as they were read; fields as in Verification."""

    accepted: int = 0
    stored: int = 0
    dead_lettered: int = 0
    in_flight: int = 0
    missing: int = 0
    earlier: int = 0
    repeated: int = 0
    unexplained: int = 0
    views: int = 0
    gaps: list[Gap] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)

    def take_record(self, entry: "Entry", stored: Stored, *, settled: bool) -> None:
        """Count a record of the log and its stored rows; ``settled``: all of its rows should be stored."""
        if not entry.rows and stored.places:  # a filler in the place of a record that was lost
            self.take_earlier(entry.partition, entry.offset, stored)
            return
        strange = max(1, stored.places - entry.rows) if stored.last_row >= entry.rows else 0
        known = stored.places - strange
        letters = min(stored.places - stored.event_places, known)
        self.accepted += entry.rows
        self.unexplained += strange
        self.dead_lettered += letters
        self.stored += known - letters
        self._count(stored)
        if not settled:
            self.in_flight += entry.rows - known
        elif known < entry.rows:
            self._miss(Gap(entry.partition, entry.offset, entry.offset, entry.rows - known, not known, entry.at))

    def take_earlier(self, partition: int, offset: int, stored: Stored) -> None:
        """Count a record that the log no longer has."""
        self.earlier += stored.places
        self._count(stored)
        if absent := stored.last_row + 1 - stored.places:
            self._miss(Gap(partition, offset, offset, absent, whole=not stored.places, at=0))

    def _count(self, stored: Stored) -> None:
        self.repeated += stored.events - stored.event_places
        self.views += stored.views

    def _miss(self, gap: Gap) -> None:
        self.missing += gap.rows
        last = self.gaps[-1] if self.gaps else None
        if last and (last.partition, last.last + 1, last.kind) == (gap.partition, gap.first, gap.kind):
            self.gaps[-1] = Gap(last.partition, last.first, gap.last, last.rows + gap.rows, last.whole, last.at)
        else:
            self.gaps.append(gap)


@dataclass(frozen=True)
class Entry:
    """A record without its bytes."""

    partition: int
    offset: int
    at: int
    rows: int


NOTHING = Stored(events=0, event_places=0, places=0, last_row=-1, views=0)
LOST = NOTHING._replace(last_row=0)  # the record had at least one row


@dataclass(frozen=True)
class Steps:
    """Callbacks: ``comparing`` hears of the records compared, ``summing`` of the events summed up.

    ``settle`` is called once the committed offsets are known; after it the reader sees every row below them.
    """

    comparing: Advance
    summing: Advance
    settle: Callable[[], None] = lambda: None


def verify(client: ClickHouse, broker: Broker, steps: Steps, *, since: int | None = None) -> Verification:
    """Verify everything, or only what the log took since Unix milliseconds ``since``; the roll-ups always."""
    found = compare_with_log(client, broker, since=since, advance=steps.comparing, settle=steps.settle)
    differing = compare_settled_roll_ups(client, broker, advance=steps.summing)
    return Verification(**vars(found), differing=differing, missing_roll_ups=find_missing(client))


def compare_with_log(
    client: ClickHouse,
    broker: Broker,
    *,
    advance: Advance,
    since: int | None = None,
    settle: Callable[[], None] = lambda: None,
) -> Comparison:
    committed = broker.committed(GROUP, EVENTS_TOPIC)
    settle()
    begins = broker.begin_offsets(EVENTS_TOPIC) if since is None else broker.offsets_since(EVENTS_TOPIC, since)
    ends = broker.end_offsets(EVENTS_TOPIC)
    found = Comparison(skipped=broker.skips(EVENTS_TOPIC))
    done, total = 0, sum(ends[partition] - begins[partition] for partition in ends)
    for partition, end in sorted(ends.items()):
        if since is None:
            for _ in _check_history(client, partition, begins[partition], found):
                advance(done, total)
        settled = committed[partition].offset if partition in committed else 0
        for entries in _entries(broker, partition, begins[partition], end):
            _compare(client, entries, found, settled=settled)
            done += len(entries)
            advance(done, total)
    return found


def compare_settled_roll_ups(
    client: ClickHouse, broker: Broker, *, advance: Advance, pause: Callable[[float], None] = time.sleep
) -> dict[str, int]:
    """Per roll-up the keys that differ from the rows in every one of several looks.

    An insert and its roll-ups become visible one after the other, so a single look may fall between them. Every look
    wants of each roll-up the rows that were stored and committed before the first: an insert that a kill broke off is
    in some of them, until its plan brings the same rows again.
    """
    committed = {place.partition: known.offset for place, known in broker.committed(GROUP, EVENTS_TOPIC).items()}
    stored = find_stored_ends(client)
    ends = {partition: min(end, committed.get(partition, end)) for partition, end in stored.items()}
    names = find_shown(client)
    fewest: dict[str, int] = {}
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(PAUSE_SECONDS)
        found = compare_roll_ups(client, ends=ends, advance=advance)
        fewest |= {name: min(count, fewest.get(name, count)) for name, count in found.items()}
        if names.keys() <= fewest.keys() and not any(fewest.values()):
            break
    return dict.fromkeys(names, 0) | fewest


def _compare(client: ClickHouse, entries: list[Entry], found: Comparison, *, settled: int) -> None:
    first, last = entries[0], entries[-1]
    stored = count_places(client, partition=first.partition, first=first.offset, end=last.offset + 1)
    for entry in entries:
        found.take_record(entry, stored.pop(entry.offset, NOTHING), settled=entry.offset < settled)
    for offset, rest in stored.items():  # retention has deleted their records meanwhile
        found.take_earlier(first.partition, offset, rest)


def _check_history(client: ClickHouse, partition: TopicPartition, end: int, found: Comparison) -> Iterator[None]:
    """Check the rows from before the kept log; yields after each chunk."""
    start = find_first_offset(client, partition=partition.partition)
    if start is None:
        return
    for first in range(start, end, CHUNK):
        chunk = range(first, min(first + CHUNK, end))
        stored = count_places(client, partition=partition.partition, first=first, end=chunk.stop)
        for offset in sorted(stored.keys() | _without_skipped(chunk, partition, found.skipped)):
            found.take_earlier(partition.partition, offset, stored.get(offset, LOST))
        yield


def _without_skipped(chunk: range, partition: TopicPartition, skipped: list[Skip]) -> set[int]:
    offsets = set(chunk)
    for skip in skipped:
        if skip.partition == partition.partition:
            offsets.difference_update(range(max(skip.first, chunk.start), min(skip.end, chunk.stop)))
    return offsets


def _entries(broker: Broker, partition: TopicPartition, first: int, end: int) -> Iterator[list[Entry]]:
    records = broker.scan(partition, first=first, end=end)
    entries = (Entry(partition.partition, record.offset, record.at, count_rows(record.value)) for record in records)
    while chunk := list(islice(entries, CHUNK)):
        yield chunk
