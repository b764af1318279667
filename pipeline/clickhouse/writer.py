"""Writes one batch of rows under its token, so that the same batch twice counts once."""

from collections.abc import Sequence
from typing import Any, Literal

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.rows import DeadLetter, Rows

DeadLetterState = Literal["replayed", "dropped"]

EVENT_COLUMNS = {
    "at": "DateTime64(3, 'UTC')",
    "site": "UInt32",
    "kind": "Enum8('view' = 1, 'heartbeat' = 2, 'opening' = 3)",
    "page_id": "UInt32",
    "audience": "Enum8('public' = 1, 'staff' = 2, 'preview' = 3, 'bot' = 4)",
    "locale": "LowCardinality(String)",
    "path": "String",
    "visitor": "UInt64",
    "visit": "Bool",
    "source": "LowCardinality(String)",
    "browser": "LowCardinality(String)",
    "os": "LowCardinality(String)",
    "device": "LowCardinality(String)",
    "bot": "LowCardinality(String)",
    "scripted": "Bool",
    "opening_views": "UInt64",
    "opening_visits": "UInt64",
    "partition": "UInt16",
    "offset": "UInt64",
    "row": "UInt32",
}

PARTITION = list(EVENT_COLUMNS).index("partition")

# What an event has besides: those that come the usual way leave it to the table.
RESTORED_COLUMN = {"restored": "Bool"}

DEAD_LETTER_COLUMNS = {
    "at": "DateTime64(3, 'UTC')",
    "partition": "UInt16",
    "offset": "UInt64",
    "row": "UInt32",
    "reason": "String",
    "line": "String",
}

# What a letter has besides: those that are new leave it to the table.
DEAD_LETTER_STATE_COLUMNS = {
    "state": "Enum8('waiting' = 1, 'replayed' = 2, 'dropped' = 3)",
    "changed_at": "DateTime64(3, 'UTC')",
}


def write_rows(client: ClickHouse, rows: Rows, token: str) -> None:
    """Insert a batch, events and dead letters, each once per ``token``. Raises Unavailable, Rejected."""
    write_events(client, rows.events, token=token)
    write_dead_letters(client, rows.dead_letters, token=f"{token}/dead-letters")


def restore_rows(client: ClickHouse, rows: Rows, token: str) -> None:
    """Insert a batch's events into the raw table alone, past the roll-ups."""
    _write(client, "events", EVENT_COLUMNS | RESTORED_COLUMN, [*rows.events, [True] * len(rows.events[0])], token)


def roll_up_rows(client: ClickHouse, rows: Rows) -> None:
    """Put a batch's events into each roll-up that has not got as far in their partition, and nowhere else.

    One at a time in a partition: two that look at the same mark before either is in would both add to it.
    """
    alone = f"nhip-events-again-{rows.events[PARTITION][0]}"
    _write(client, "events_again", EVENT_COLUMNS, rows.events, None, alone=alone)


def write_events(client: ClickHouse, columns: Sequence[Sequence[Any]], *, token: str) -> None:
    """Insert events; ``columns`` are in the order of EVENT_COLUMNS, times as Unix milliseconds."""
    _write(client, "events", EVENT_COLUMNS, columns, token)


def write_dead_letters(client: ClickHouse, columns: Sequence[Sequence[Any]], *, token: str) -> None:
    """Set aside what could not be read; ``columns`` are in the order of DEAD_LETTER_COLUMNS."""
    _write(client, "dead_letters", DEAD_LETTER_COLUMNS, columns, token)


def change_dead_letter(client: ClickHouse, letter: DeadLetter, *, state: DeadLetterState, changed_at: float) -> None:
    """Give a dead letter its next state at Unix seconds ``changed_at``; its ``line`` is what is kept of the bytes."""
    types = DEAD_LETTER_COLUMNS | DEAD_LETTER_STATE_COLUMNS
    row = (*letter, state, int(changed_at * 1000))
    token = f"dead-letter/{letter.partition}/{letter.offset}/{letter.row}/{state}"
    _write(client, "dead_letters", types, [(value,) for value in row], token)


def _write(
    client: ClickHouse,
    table: str,
    types: dict[str, str],
    columns: Sequence[Sequence[Any]],
    token: str | None,
    *,
    alone: str = "",
) -> None:
    if columns and columns[0]:
        named = dict(zip(types, columns, strict=True))
        client.insert(table, named, types=list(types.values()), token=token, alone=alone)
