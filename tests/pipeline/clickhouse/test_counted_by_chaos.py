"""The statements by which `make chaos` counts find each event once, where every table has it."""

from __future__ import annotations

from chaos import COUNTED, KINDS_OF, OTHERS_COUNTED
from event_rows import EMPTY_ROW
from steady_load import ACTS, ANSWERS, FIRST_PAGE

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import EVENT_COLUMNS
from pipeline.clickhouse.writer import write_events

NOON = 1_790_571_600_000


def test_every_table_has_each_of_them_by_its_number(client: ClickHouse) -> None:
    rows = [
        EMPTY_ROW
        | {"at": NOON, "kind": kind, "audience": "public", "row": row, "seconds": 12, "target": "x"}
        | ({"site": FIRST_PAGE + row} if kind in ANSWERS else {"site": 1, "page_id": FIRST_PAGE + row})
        for row, kind in enumerate(("view", *ACTS, *ANSWERS))
    ]
    write_events(client, {name: [row[name] for row in rows] for name in EVENT_COLUMNS}, token="a")
    others = {(kind, FIRST_PAGE + row): 1 for row, kind in enumerate((*ACTS, *ANSWERS), 1)}

    for table, statement in COUNTED.items():
        assert client.query(statement, {"first": FIRST_PAGE}) == [(FIRST_PAGE, 1)], table
    for table, statement in OTHERS_COUNTED.items():
        found = {(kind, number): count for kind, number, count in client.query(statement, {"first": FIRST_PAGE})}
        wanted = {key: 1 for key in others if key[0] in KINDS_OF.get(table, (key[0],))}
        assert found == wanted, table
