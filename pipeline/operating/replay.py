"""Inserts the rows that the log has and ClickHouse lost, in the order of the log.

Only records below the group's committed offsets are replayed: the consumers insert those above. Missing rows of
neighbouring records are inserted under the token ``topic/partition/first-last``, as in a consumer's batch, so that two
replays at once count once. Where ClickHouse remembers that token although the rows are gone, it drops the insert; the
rows still missing are then inserted under the next token.
"""

from collections.abc import Iterator
from functools import partial

import msgspec

from pipeline.brokers import Broker, Record, TopicPartition
from pipeline.brokers.plans import Plan
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.recovery import insert_missing
from pipeline.clickhouse.rows import count_rows, rows_of
from pipeline.clickhouse.writer import write_rows
from pipeline.events import EVENTS_TOPIC
from pipeline.operating.verify import Advance, Gap, Steps, compare_settled_roll_ups, compare_with_log


class Replayed(msgspec.Struct, frozen=True):
    """``rows`` that were inserted; ``lost`` are gaps whose records the log no longer has.

    ``differing``: per roll-up the number of keys that differ from the rows afterwards, as in ``verify``. A roll-up that
    still had a replayed row now counts it twice; one whose last rebuild is later than the row does not count it.
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
    """Fill the gaps in what the log took since Unix milliseconds ``since``, in inserts of about ``batch_rows``."""
    found = compare_with_log(reader, broker, since=since, advance=steps.comparing, settle=steps.settle)
    total = sum(gap.last - gap.first + 1 for gap in found.gaps)
    rows = done = 0
    lost: list[Gap] = []
    for gap in found.gaps:
        filled = 0
        partition = TopicPartition(EVENTS_TOPIC, gap.partition)
        for records in _batches(broker, partition, gap, batch_rows):
            token = Plan(records[0].offset, records[-1].offset).token(partition)
            filled += insert_missing(reader, rows_of(records), token, partial(write_rows, writer))
            done += len(records)
            inserting(done, total)
        rows += filled
        if not filled:
            lost.append(gap)
    return Replayed(rows, lost, compare_settled_roll_ups(reader, broker, advance=steps.summing))


def _batches(broker: Broker, partition: TopicPartition, gap: Gap, batch_rows: int) -> Iterator[list[Record]]:
    records: list[Record] = []
    rows = 0
    for record in broker.scan(partition, first=gap.first, end=gap.last + 1):
        records.append(record)
        rows += count_rows(record.value)
        if rows >= batch_rows:
            yield records
            records, rows = [], 0
    if records:
        yield records
