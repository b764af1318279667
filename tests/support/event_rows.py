"""A row of ``events`` with nothing in it, for tests that write rows themselves."""

from __future__ import annotations

from typing import Any

import msgspec

from pipeline.clickhouse.columns import FIELD_COLUMNS, LINEAGE_COLUMNS, EventRow

_NOTHING = msgspec.structs.asdict(EventRow(at=0, site=0, kind="view", page_id=0))

EMPTY_ROW: dict[str, Any] = {column: _NOTHING[field] for field, column in FIELD_COLUMNS.items()} | dict.fromkeys(
    LINEAGE_COLUMNS, 0
)
