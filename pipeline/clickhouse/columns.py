"""The columns of ``events`` and ``dead_letters``, each said once; the rest derives from here or is compared with it.

An event's column is a field of ``EventRow``: its name in a line of the log, what a line may hold, and the ClickHouse
type. The tables are made by migrations, which are history; a test compares the tables with these columns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, get_type_hints

import msgspec

Columns = Mapping[str, Sequence[Any]]
"""Equally long columns by name; empty where there are no rows."""


@dataclass(frozen=True)
class Column:
    """A column's ClickHouse type, and its name where it differs from the field's."""

    type: str
    name: str = ""


UInt8 = msgspec.Meta(ge=0, lt=2**8)
UInt16 = msgspec.Meta(ge=0, lt=2**16)
UInt32 = msgspec.Meta(ge=0, lt=2**32)
UInt63 = msgspec.Meta(ge=0, le=2**63 - 1)
Milliseconds = msgspec.Meta(ge=0, lt=2**32 * 1000)  # until 2106, as ClickHouse's DateTime
MAX_UINT64 = 2**64 - 1

Moment = Column("DateTime64(3, 'UTC')")
Name = Annotated[str, Column("LowCardinality(String)")]
Flag = Annotated[bool, Column("Bool")]


class EventRow(msgspec.Struct, frozen=True, gc=False):
    """One line of a record, any kind of event. ``v`` is the version of the line and has no column."""

    at: Annotated[int, Milliseconds, Moment]
    site: Annotated[int, UInt32, Column("UInt32")]
    kind: Annotated[
        Literal["view", "heartbeat", "opening", "engagement", "download", "outbound", "search", "not_found"],
        Column(
            "Enum8('view' = 1, 'heartbeat' = 2, 'opening' = 3, 'engagement' = 4, 'download' = 5, 'outbound' = 6,"
            " 'search' = 7, 'not_found' = 8)"
        ),
    ]
    page_id: Annotated[int, UInt32, Column("UInt32")]
    audience: Annotated[
        Literal["public", "staff", "preview", "bot"],
        Column("Enum8('public' = 1, 'staff' = 2, 'preview' = 3, 'bot' = 4)"),
    ] = "public"
    locale: Name = ""
    path: Annotated[str, Column("String")] = ""
    visitor: Annotated[int, Column("UInt64")] = 0
    visit: Flag = False
    source: Name = ""
    channel: Name = ""
    campaign: Name = ""
    campaign_source: Name = ""
    campaign_medium: Name = ""
    browser: Name = ""
    os: Name = ""
    device: Name = ""
    language: Name = ""
    country: Name = ""
    province: Name = ""
    bot: Name = ""
    bot_kind: Name = ""
    bot_operator: Name = ""
    scripted: Flag = False
    suspect: Name = ""
    seen_ago: Annotated[int, UInt8, Column("UInt8")] = 0
    seconds: Annotated[int, UInt16, Column("UInt16")] = 0
    depth: Annotated[int, UInt8, Column("UInt8")] = 0
    target: Annotated[str, Column("String")] = ""
    views: Annotated[int, UInt63, Column("UInt64", name="opening_views")] = 0
    visits: Annotated[int, UInt63, Column("UInt64", name="opening_visits")] = 0
    v: Literal[1] = 1

    def __post_init__(self) -> None:
        if not 0 <= self.visitor <= MAX_UINT64:
            raise ValueError("visitor is not an unsigned 64-bit number")


class DeadLetter(NamedTuple):
    """A line that is no event, with its lineage and the reason. ``at``: when the log took its record (Unix ms)."""

    at: Annotated[int, Moment]
    partition: Annotated[int, Column("UInt16")]
    offset: Annotated[int, Column("UInt64")]
    row: Annotated[int, Column("UInt32")]
    reason: Annotated[str, Column("String")]
    line: Annotated[bytes, Column("String")]


class Rows(NamedTuple):
    """A batch as columns."""

    events: Columns
    dead_letters: Columns


def _columns_of(declaration: type) -> dict[str, Column]:
    """By field, those that have a column."""
    hints = get_type_hints(declaration, include_extras=True)
    found = {
        field: next((one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Column)), None)
        for field, hint in hints.items()
    }
    return {field: column for field, column in found.items() if column is not None}


# A row's place in the log, after the fields of its event.
LINEAGE_COLUMNS = {"partition": "UInt16", "offset": "UInt64", "row": "UInt32"}
FIELD_COLUMNS = {field: column.name or field for field, column in _columns_of(EventRow).items()}
EVENT_COLUMNS = {FIELD_COLUMNS[field]: column.type for field, column in _columns_of(EventRow).items()} | LINEAGE_COLUMNS
DEAD_LETTER_COLUMNS = {field: column.type for field, column in _columns_of(DeadLetter).items()}

# A batch's first insert leaves these to the table's defaults.
RESTORED_COLUMN = {"restored": "Bool"}
DEAD_LETTER_STATE_COLUMNS = {
    "state": "Enum8('waiting' = 1, 'replayed' = 2, 'dropped' = 3)",
    "changed_at": Moment.type,
}


def count(columns: Columns) -> int:
    """How many rows the columns hold."""
    return len(next(iter(columns.values()), ()))
