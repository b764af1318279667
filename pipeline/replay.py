"""Puts into ClickHouse what the log has and ClickHouse lost, row by row, in the order of the log.

Only records below the group's committed place are taken: those above are the consumers' own work. Missing rows of
neighbouring records go in under the token ``topic/partition/first-last``, as a consumer's batch would, so that two
replays at once count once. Where ClickHouse remembers that token although the rows are gone, it drops the insert;
then the rows still missing go in under the next token in line.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from pipeline.brokers import Broker, Record, TopicPartition
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import find_places
from pipeline.clickhouse.writer import write_rows
from pipeline.errors import Rejected
from pipeline.events import EVENTS_TOPIC
from pipeline.plans import Plan
from pipeline.rows import Rows, count_rows, rows_of
from pipeline.verify import Advance, Gap, Steps, compare_settled_roll_ups, compare_with_log

MAX_TOKENS = 20

EVENT_PLACE = slice(-2, None)  # offset and row end a row of events
LETTER_PLACE = slice(2, 4)


class Replayed(msgspec.Struct, frozen=True):
    """``rows`` that were put in; ``lost`` are gaps whose records the log does not have any more.

    ``differing``: per roll-up the keys that differ from the rows afterwards, as in ``verify``. Rows that a roll-up
    still had are then in it twice, and rows from before its last rebuild are not in it.
    """

    rows: int
    lost: list[Gap]
    differing: dict[str, int]


def replay(
    reader: ClickHouse,
    writer: ClickHouse,
    broker: Broker,
    *,
    since: int,
    batch_rows: int,
    steps: Steps,
    inserting: Advance,
) -> Replayed:
    """Fill the holes of what the log took since Unix milliseconds ``since``, in inserts of about ``batch_rows``."""
    found = compare_with_log(reader, broker, since=since, advance=steps.comparing, settle=steps.settle)
    total = sum(gap.last - gap.first + 1 for gap in found.gaps)
    rows = done = 0
    lost: list[Gap] = []
    for gap in found.gaps:
        filled = 0
        for records in _batches(broker, gap, batch_rows):
            filled += _insert(reader, writer, records)
            done += len(records)
            inserting(done, total)
        rows += filled
        if not filled:
            lost.append(gap)
    return Replayed(rows, lost, compare_settled_roll_ups(reader, advance=steps.summing))


def _batches(broker: Broker, gap: Gap, batch_rows: int) -> Iterator[list[Record]]:
    records: list[Record] = []
    rows = 0
    for record in broker.scan(TopicPartition(EVENTS_TOPIC, gap.partition), first=gap.first, end=gap.last + 1):
        records.append(record)
        rows += count_rows(record.value)
        if rows >= batch_rows:
            yield records
            records, rows = [], 0
    if records:
        yield records


def _insert(reader: ClickHouse, writer: ClickHouse, records: Sequence[Record]) -> int:
    """Returns how many rows were missing and are in now. Raises Rejected when ClickHouse drops every insert."""
    partition = TopicPartition(records[0].topic, records[0].partition)
    plan = Plan(records[0].offset, records[-1].offset)
    rows = rows_of(records)
    wanted = missing = _without_stored(reader, partition, plan, rows)
    for token in _tokens(plan.token(partition)):
        if not _count(missing):
            return _count(wanted)
        write_rows(writer, missing, token)
        missing = _without_stored(reader, partition, plan, missing)
    if _count(missing):
        raise Rejected(f"ClickHouse drops every insert of {plan.token(partition)}; its rows are still missing")
    return _count(wanted)


def _tokens(token: str) -> Iterable[str]:
    return (token, *(f"{token}/replay-{number}" for number in range(1, MAX_TOKENS)))


def _without_stored(reader: ClickHouse, partition: TopicPartition, plan: Plan, rows: Rows) -> Rows:
    stored = find_places(reader, partition=partition.partition, first=plan.first, end=plan.last + 1)
    return Rows(_absent(rows.events, EVENT_PLACE, stored), _absent(rows.dead_letters, LETTER_PLACE, stored))


def _absent(columns: Sequence[Sequence[Any]], place: slice, stored: set[tuple[int, int]]) -> Sequence[Sequence[Any]]:
    kept = [row for row in zip(*columns, strict=True) if row[place] not in stored]
    return list(zip(*kept, strict=True))


def _count(rows: Rows) -> int:
    return sum(len(columns[0]) for columns in rows if columns)
