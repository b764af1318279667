"""Records → rows: decodes NDJSON into the columns of ``events``, each row with its place in the log.

A line that can't be read becomes a dead letter under the same lineage. The split depends on the bytes alone, so a batch
read twice gives the same rows twice, as an insert token demands. Every record has a row at least, so that the stored
rows show it was read: one without lines is itself a dead letter.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from pipeline.brokers import Record
from pipeline.errors import BadRecord

UInt32 = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
UInt63 = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=2**32 * 1000)]  # until 2106, as ClickHouse's DateTime
MAX_UINT64 = 2**64 - 1
NO_LINES = "the record has no lines"


class EventRow(msgspec.Struct, frozen=True, gc=False):
    """One line of a record, any kind of event; the fields stand in the order of the table's columns."""

    at: Milliseconds
    site: UInt32
    kind: Literal["view", "heartbeat", "opening"]
    page_id: UInt32
    audience: Literal["public", "staff", "preview", "bot"] = "public"
    locale: str = ""
    path: str = ""
    visitor: int = 0
    visit: bool = False
    source: str = ""
    browser: str = ""
    os: str = ""
    device: str = ""
    bot: str = ""
    scripted: bool = False
    views: UInt63 = 0
    visits: UInt63 = 0
    v: Literal[1] = 1

    def __post_init__(self) -> None:
        if not 0 <= self.visitor <= MAX_UINT64:
            raise ValueError("visitor is not an unsigned 64-bit number")


class DeadLetter(NamedTuple):
    """A line that is no event, with its lineage, the reason, and ``at``, when the log took its record (ms)."""

    at: int
    partition: int
    offset: int
    row: int
    reason: str
    line: bytes


class Rows(NamedTuple):
    """A batch as columns: ``events`` in the order of the table, ``dead_letters`` likewise."""

    events: Sequence[Sequence[Any]]
    dead_letters: Sequence[Sequence[Any]]


UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_decoder = msgspec.json.Decoder(EventRow)
_astuple = msgspec.structs.astuple


def count_rows(value: bytes) -> int:
    """How many rows ``rows_of`` makes of a record's value, without decoding it."""
    return sum(1 for _ in _lines(value)) or 1


def rows_of(records: Iterable[Record]) -> Rows:
    """The rows of a batch, in the order of the log."""
    events: list[tuple[Any, ...]] = []
    dead: list[DeadLetter] = []
    for record in records:
        for row, event in enumerate(_decode(record)):
            if isinstance(event, EventRow):
                events.append((*_astuple(event)[:-1], record.partition, record.offset, row))
            else:
                dead.append(DeadLetter(record.at, record.partition, record.offset, row, *event))
    return Rows(list(zip(*events, strict=True)), list(zip(*dead, strict=True)))


def decode_line(line: bytes) -> EventRow:
    """The event in one line. Raises BadRecord with what is wrong with it."""
    try:
        return _decoder.decode(line)
    except UNREADABLE as error:
        raise BadRecord(str(error)) from error


def row_of(event: EventRow, *, partition: int, offset: int, row: int) -> tuple[Any, ...]:
    """An event as a row of ``events``, with its place in the log."""
    return (*_astuple(event)[:-1], partition, offset, row)


def _decode(record: Record) -> Sequence[EventRow | tuple[str, bytes]]:
    try:
        decoded: Sequence[EventRow | tuple[str, bytes]] = _decoder.decode_lines(record.value)
    except UNREADABLE:
        decoded = [_decode_or_set_aside(line) for line in _lines(record.value)]
    return decoded or [(NO_LINES, record.value)]


def _decode_or_set_aside(line: bytes) -> EventRow | tuple[str, bytes]:
    try:
        return decode_line(line)
    except BadRecord as error:
        return str(error), line


def _lines(value: bytes) -> Iterator[bytes]:
    return (line for line in value.split(b"\n") if line.strip())
