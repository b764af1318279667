"""What operations do with dead letters: read them again with today's decoder, or drop them for good."""

from collections.abc import Callable

import msgspec

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import DeadLetter, EventRow, Rows
from pipeline.clickhouse.queries import SetAside, holds_event, show_dead_letter
from pipeline.clickhouse.recovery import tokens
from pipeline.clickhouse.rows import columns_of, decode_line
from pipeline.clickhouse.writer import change_dead_letter, restore_rows, write_events
from pipeline.errors import BadRecord, Rejected
from pipeline.events import EVENTS_TOPIC
from pipeline.operating.verify import Advance


class Outcome(msgspec.Struct, frozen=True):
    """The result for a dead letter: ``unreadable`` says why it stays; None if it is dealt with."""

    letter: SetAside
    unreadable: str | None = None


def replay_letters(
    reader: ClickHouse, writer: ClickHouse, letters: list[SetAside], *, now: Callable[[], float], advance: Advance
) -> list[Outcome]:
    """Insert each letter that is readable now as an event with the letter's place, then mark the letter replayed.

    If a run ends between the two, the next run finds the event and only marks the letter. The roll-ups may then lack
    the event, as they do where a rebuild's cut is past the letter's place; the next ``nhip rebuild`` adds it.
    """
    outcomes = []
    for done, letter in enumerate(letters, start=1):
        outcomes.append(Outcome(letter, _replay(reader, writer, letter, now())))
        advance(done, len(letters))
    return outcomes


def drop_letters(writer: ClickHouse, letters: list[SetAside], *, now: Callable[[], float], advance: Advance) -> None:
    """Mark letters dropped and empty them; their bytes stay on disk until the table is compacted."""
    for done, letter in enumerate(letters, start=1):
        change_dead_letter(writer, _with(letter, b""), state="dropped", changed_at=now())
        advance(done, len(letters))


def _replay(reader: ClickHouse, writer: ClickHouse, letter: SetAside, now: float) -> str | None:
    """Why the letter stays; None if it does not."""
    found = show_dead_letter(reader, partition=letter.partition, offset=letter.offset, row=letter.row)
    if found is None or found[0].state != "waiting":
        return None
    _, line = found
    try:
        event = decode_line(line)
    except BadRecord as error:
        return str(error)
    _insert(reader, writer, letter, event)
    change_dead_letter(writer, _with(letter, line), state="replayed", changed_at=now)
    return None


def _insert(reader: ClickHouse, writer: ClickHouse, letter: SetAside, event: EventRow) -> None:
    """Insert the event if it is not stored. Raises Rejected when ClickHouse drops every insert.

    Under the first token the roll-ups get the event too, even if the raw table drops it; under the next ones only the
    raw table gets it.
    """
    columns = columns_of(event, partition=letter.partition, offset=letter.offset, row=letter.row)
    base = f"dead-letter/{EVENTS_TOPIC}/{letter.place}"
    for token in tokens(base):
        if holds_event(reader, partition=letter.partition, offset=letter.offset, row=letter.row):
            return
        if token == base:
            write_events(writer, columns, token=token)
        else:
            restore_rows(writer, Rows(columns, {}), token)
        if writer.cluster:  # a cluster remembers no token without its rows, and the reader's replica may lag
            return
    raise Rejected(f"ClickHouse drops every insert of {base}; the event is still missing")


def _with(letter: SetAside, line: bytes) -> DeadLetter:
    at = int(letter.at.timestamp() * 1000)
    return DeadLetter(at, letter.partition, letter.offset, letter.row, letter.reason, line)
