"""Inserting a batch again after an insert that may have stored all of it, part of it or nothing.

On one server a token alone does not make that safe. ClickHouse writes the token to the table's deduplication log and,
some tens of microseconds later, moves the new part into place. If it is killed between the two, it remembers a token
whose rows it has lost, and the token keeps those rows out for good: of the raw table, or of any one roll-up. (Over a
cluster, ClickHouse Keeper stores both in one transaction.) Hence three steps:

1. Insert the whole batch under its token. From then on no other insert under that token changes anything, for as long
   as the table remembers the token: 10,000 inserts.
2. Insert the rows that the raw table still lacks, under new tokens. They are marked ``restored``, and the roll-ups'
   views leave marked rows out, since steps 1 and 3 bring the batch to the roll-ups.
3. Insert the whole batch into ``events_again``, from which each roll-up takes the rows past its own mark. A mark is in
   the same part as its sums, since a batch is one block, and the batches of a partition come in order.

Dead letters are inserted last: once visible, one can be replayed, and that insert moves the marks past this batch.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, compress

from pipeline.brokers import Record
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import Columns, Rows, count
from pipeline.clickhouse.queries import find_event_time, find_places, read_events
from pipeline.clickhouse.rows import rows_of
from pipeline.clickhouse.writer import restore_rows, roll_up_rows, write_rows
from pipeline.errors import Rejected

MAX_TOKENS = 20


def write_batch(
    client: ClickHouse, rows: Rows, token: str, *, again: bool, between: Callable[[], None] = lambda: None
) -> None:
    """Insert a batch of one partition, once per ``token``; ``again`` if an insert of it may have been tried before.

    ``between`` is called between statements, since each may take as long as the server's time-out; it may raise. Raises
    Unavailable, Rejected.
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
    """Call ``insert`` with the rows that are not stored, until all are; ``rows`` are of one partition.

    Every call gets a new token, since ClickHouse may remember one whose rows are gone. Returns how many rows were
    missing. Raises Rejected if ClickHouse drops every insert, and any error of ``insert``.
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


def roll_up_stored(client: ClickHouse, *, partition: int, first: int, last: int) -> None:
    """Add to the roll-ups what is stored of the records ``first..last`` and lacks there.

    For a batch whose records the log has lost, so that it can't be inserted again as a whole, and once no other insert
    of these records can come. Raises Unavailable; Rejected if the account may not read events.
    """
    events = {} if client.cluster else read_events(client, partition=partition, first=first, last=last)
    if events:
        roll_up_rows(client, Rows(events, {}))


def is_stored(reader: ClickHouse, record: Record) -> bool:
    """Whether what is stored at a record's place was made of this very record: its first event has the same time.

    True for a record without events, which has nothing that could count. Raises Unavailable; Rejected if the account
    may not look at times.
    """
    events = rows_of([record]).events
    if not events:
        return True
    return bool(find_event_time(reader, partition=record.partition, offset=record.offset) == events["at"][0])


def tokens(token: str) -> Iterator[str]:
    """``token``, then the tokens to try after it."""
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
