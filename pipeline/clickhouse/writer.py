"""Writes one batch of rows under its token, so that the same batch twice counts once."""

from typing import Literal

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import (
    DEAD_LETTER_COLUMNS,
    DEAD_LETTER_STATE_COLUMNS,
    EVENT_COLUMNS,
    RESTORED_COLUMN,
    Columns,
    DeadLetter,
    Rows,
    count,
)

DeadLetterState = Literal["replayed", "dropped"]

EVENT_TYPES = EVENT_COLUMNS | RESTORED_COLUMN
DEAD_LETTER_TYPES = DEAD_LETTER_COLUMNS | DEAD_LETTER_STATE_COLUMNS


def write_rows(client: ClickHouse, rows: Rows, token: str) -> None:
    """Insert a batch, events and dead letters, each once per ``token``. Raises Unavailable, Rejected."""
    write_events(client, rows.events, token=token)
    write_dead_letters(client, rows.dead_letters, token=f"{token}/dead-letters")


def restore_rows(client: ClickHouse, rows: Rows, token: str) -> None:
    """Insert a batch's events into the raw table and into no roll-up."""
    _write(client, "events", {**rows.events, "restored": [True] * count(rows.events)}, EVENT_TYPES, token)


def roll_up_rows(client: ClickHouse, rows: Rows) -> None:
    """Insert a batch's events into each roll-up whose mark they are past, and nowhere else.

    One insert at a time for a partition: two that read the same mark before either is in would both add to the sums.
    """
    alone = f"nhip-events-again-{rows.events['partition'][0]}"
    _write(client, "events_again", rows.events, EVENT_TYPES, None, alone=alone)


def write_events(client: ClickHouse, columns: Columns, *, token: str) -> None:
    """Insert events; ``columns`` are those of EVENT_COLUMNS, times as Unix milliseconds."""
    _write(client, "events", columns, EVENT_TYPES, token)


def write_dead_letters(client: ClickHouse, columns: Columns, *, token: str) -> None:
    """Set aside the lines that can't be read; ``columns`` are those of DEAD_LETTER_COLUMNS."""
    _write(client, "dead_letters", columns, DEAD_LETTER_TYPES, token)


def change_dead_letter(client: ClickHouse, letter: DeadLetter, *, state: DeadLetterState, changed_at: float) -> None:
    """Give a dead letter its next state at Unix seconds ``changed_at``; its ``line`` replaces the stored one."""
    row = letter._asdict() | {"state": state, "changed_at": int(changed_at * 1000)}
    token = f"dead-letter/{letter.partition}/{letter.offset}/{letter.row}/{state}"
    _write(client, "dead_letters", {name: [value] for name, value in row.items()}, DEAD_LETTER_TYPES, token)


def _write(
    client: ClickHouse, table: str, columns: Columns, types: dict[str, str], token: str | None, *, alone: str = ""
) -> None:
    if count(columns):
        client.insert(table, columns, types=[types[name] for name in columns], token=token, alone=alone)
