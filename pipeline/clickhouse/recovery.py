"""Inserting a batch once more, when an insert before may have left it whole, in part or not at all.

A token alone does not make that safe on one server. ClickHouse appends it to a table's log of tokens and then, some
tens of microseconds later, moves the new part into place. Killed between the two, it remembers rows that it has not
got, and the token keeps them out for good: of the raw table, or of any one roll-up. (Over a cluster, ClickHouse Keeper
takes both in one transaction.) Hence three steps:

1. The whole batch under its token. From then on no other insert under that token changes anything, for as long as the
   table remembers it: 10,000 inserts.
2. The rows that the raw table still has not, under tokens of their own. They are marked ``restored``, and the roll-ups,
   which took them in the first step, pass over them.
3. The whole batch into ``events_again``, from which each roll-up takes what lies behind its own mark. A mark is in one
   part with the sums that it speaks of, since a batch is one block, and the batches of a partition come in order.

Dead letters come last: whoever sees one may have its event read anew and inserted, which moves the marks on.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, compress

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import Columns, Rows, count
from pipeline.clickhouse.queries import find_places
from pipeline.clickhouse.writer import restore_rows, roll_up_rows, write_rows
from pipeline.errors import Rejected

MAX_TOKENS = 20


def write_batch(
    client: ClickHouse, rows: Rows, token: str, *, again: bool, between: Callable[[], None] = lambda: None
) -> None:
    """Insert a batch of one partition, once per ``token``; ``again`` when it may have been tried before.

    ``between`` is called between statements, each of which may take as long as the server's time-out, and may raise.
    Raises Unavailable, Rejected.
    """
    events = Rows(rows.events, {})
    write_rows(client, events, token)
    if again and rows.events and not client.cluster:
        between()
        insert_missing(client, events, f"{token}/again", partial(restore_rows, client), between=between)
        between()
        roll_up_rows(client, events)
    if rows.dead_letters:
        between()
        write_rows(client, Rows({}, rows.dead_letters), token)


def insert_missing(
    reader: ClickHouse,
    rows: Rows,
    token: str,
    insert: Callable[[Rows, str], None],
    *,
    between: Callable[[], None] = lambda: None,
) -> int:
    """Call ``insert`` with those of the rows, all of one partition, that are not stored, until all are.

    Each time it is given a token of its own, since ClickHouse may remember one for rows that are gone. Returns how many
    rows were missing. Raises Rejected when ClickHouse drops every insert, and whatever ``insert`` raises.
    """
    wanted = missing = _without_stored(reader, rows)
    for own in tokens(token):
        if not _count_all(missing):
            return _count_all(wanted)
        insert(missing, own)
        between()
        missing = _without_stored(reader, missing)
    if _count_all(missing):
        raise Rejected(f"ClickHouse drops every insert of {token}; its rows are still missing")
    return _count_all(wanted)


def tokens(token: str) -> Iterator[str]:
    """``token``, and those to try after it."""
    yield token
    yield from (f"{token}/{number}" for number in range(2, MAX_TOKENS + 1))


def _count_all(rows: Rows) -> int:
    return count(rows.events) + count(rows.dead_letters)


def _without_stored(reader: ClickHouse, rows: Rows) -> Rows:
    partitions, offsets = ({*chain(*(columns.get(name, ()) for columns in rows))} for name in ("partition", "offset"))
    if not partitions:
        return rows
    (partition,) = partitions
    stored = find_places(reader, partition=partition, first=min(offsets), end=max(offsets) + 1)
    return Rows(_absent(rows.events, stored), _absent(rows.dead_letters, stored))


def _absent(columns: Columns, stored: set[tuple[int, int]]) -> Columns:
    if not columns:
        return columns
    missing = [place not in stored for place in zip(columns["offset"], columns["row"], strict=True)]
    return {name: list(compress(column, missing)) for name, column in columns.items()} if any(missing) else {}
