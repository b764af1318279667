"""Records → rows: decodes NDJSON into the columns of ``events``, each row with its place in the log.

A line that can't be read becomes a dead letter under the same lineage. The split depends on the bytes alone, so a batch
that is read twice gives the same rows twice, as an insert token demands. Every record but a filler has at least one
row, so that the stored rows show that the record was read: a record without lines is itself a dead letter.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from pipeline.brokers import Record
from pipeline.brokers.topics import FILLER
from pipeline.clickhouse.columns import FIELD_COLUMNS, LINEAGE_COLUMNS, Columns, DeadLetter, EventRow, Rows
from pipeline.errors import BadRecord

NO_LINES = "the record has no lines"
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

# What a row is made of, in the order of ``_astuple`` and the lineage after it; a field without a column is None.
_NAMES = (*(FIELD_COLUMNS.get(field) for field in EventRow.__struct_fields__), *LINEAGE_COLUMNS)

_decoder = msgspec.json.Decoder(EventRow)
_astuple = msgspec.structs.astuple


def count_rows(value: bytes) -> int:
    """How many rows ``rows_of`` makes of a record's value, without decoding it."""
    return 0 if value == FILLER else sum(1 for _ in _lines(value)) or 1


def rows_of(records: Iterable[Record]) -> Rows:
    """The rows of a batch, in the order of the log."""
    events: list[tuple[Any, ...]] = []
    dead: list[DeadLetter] = []
    for record in records:
        for row, event in enumerate(_decode(record) if record.value != FILLER else ()):
            if isinstance(event, EventRow):
                events.append((*_astuple(event), record.partition, record.offset, row))
            else:
                dead.append(DeadLetter(record.at, record.partition, record.offset, row, *event))
    return Rows(_named(_NAMES, events), _named(DeadLetter._fields, dead))


def columns_of(event: EventRow, *, partition: int, offset: int, row: int) -> Columns:
    """One event with its place in the log."""
    return _named(_NAMES, [(*_astuple(event), partition, offset, row)])


def decode_line(line: bytes) -> EventRow:
    """The event in one line. Raises BadRecord with what is wrong with it."""
    try:
        return _decoder.decode(line)
    except UNREADABLE as error:
        raise BadRecord(str(error)) from error


def _named(names: Sequence[str | None], rows: Sequence[tuple[Any, ...]]) -> Columns:
    if not rows:
        return {}
    return {name: column for name, column in zip(names, zip(*rows, strict=True), strict=True) if name is not None}


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
