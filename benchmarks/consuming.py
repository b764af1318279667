"""Events a second through the consumer, beside ``client.insert`` of the same columns.

A process of its own, since the engine belongs to one process: ``python -m benchmarks.consuming DIRECTORY`` prints JSON.
"""

import random
import sys
import time
from pathlib import Path

import msgspec

from consumers.page_views import Rows, rows_of
from consumers.runner import Runner
from pipeline.brokers.sqlite import SqliteBroker
from pipeline.clickhouse.client import ClickHouse, open_embedded
from pipeline.clickhouse.migrations import migrate
from pipeline.clickhouse.writer import EVENT_COLUMNS, write_events
from pipeline.events import EVENTS_TOPIC, PageView, encode_lines
from pipeline.topics import TOPICS

EVENTS = 400_000
RECORD = 100
BATCH = 50_000


class Speeds(msgspec.Struct, frozen=True):
    """Events a second: the whole consumer, its insert alone, the insert without roll-ups, decoding alone."""

    consumer: float
    insert: float
    insert_without_roll_ups: float
    decode: float
    bytes_on_disk: float


def measure(directory: Path) -> Speeds:
    broker = SqliteBroker(directory / "log")
    broker.create_topics(TOPICS)
    _fill(broker)
    client = open_embedded(directory / "clickhouse")
    migrate(client)
    write_events(client, rows_of(broker.read(EVENTS_TOPIC)[:10]).events, token="warm-up")

    decode, batches = _decode_all(broker)
    plain = _insert_all(client, batches, table="plain")
    bare = _insert_all(client, batches, table="events")
    consumer = _consume_all(client, broker)
    return Speeds(consumer, bare, plain, decode, _bytes_per_event(client))


def _fill(broker: SqliteBroker) -> None:
    chance = random.Random(1)
    producer = broker.producer()
    at = time.time_ns() // 1_000_000 - EVENTS
    for first in range(0, EVENTS, RECORD):
        views = [_view(at + first + row, chance) for row in range(RECORD)]
        producer.send(EVENTS_TOPIC, encode_lines(views))
    producer.close()


def _view(at: int, chance: random.Random) -> PageView:
    page = int(chance.paretovariate(1.1)) % 500
    return PageView(
        at=at,
        site=1,
        page_id=page,
        locale="vi",
        path=f"/tin-tuc/bai-viet-so-{page}/",
        audience="public" if chance.random() < 0.9 else "bot",
        visitor=chance.getrandbits(64),
        visit=chance.random() < 0.4,
        source=chance.choice(("", "", "google.com", "facebook.com", "zalo.me")),
        browser=chance.choice(("Chrome", "Safari", "Edge", "Coc Coc")),
        os=chance.choice(("Windows", "Android", "iOS")),
        device=chance.choice(("desktop", "phone")),
    )


def _decode_all(broker: SqliteBroker) -> tuple[float, list[Rows]]:
    records = broker.read(EVENTS_TOPIC)
    step = BATCH // RECORD
    started = time.perf_counter()
    batches = [rows_of(records[first : first + step]) for first in range(0, len(records), step)]
    return EVENTS / (time.perf_counter() - started), batches


def _insert_all(client: ClickHouse, batches: list[Rows], *, table: str) -> float:
    if table == "plain":
        client.command("CREATE TABLE plain AS events")
    started = time.perf_counter()
    for turn, rows in enumerate(batches):
        columns = dict(zip(EVENT_COLUMNS, rows.events, strict=True))
        client.insert(table, columns, types=list(EVENT_COLUMNS.values()), token=f"bench/{table}/{turn}")
    return EVENTS / (time.perf_counter() - started)


def _consume_all(client: ClickHouse, broker: SqliteBroker) -> float:
    consumer = broker.consumer(group="bench", topic=EVENTS_TOPIC, member="bench")
    runner = Runner(
        consumer,
        lambda rows, token: write_events(client, rows.events, token=token),
        batch_rows=BATCH,
        batch_seconds=0.2,
    )
    ends = broker.end_offsets(EVENTS_TOPIC)
    started = time.perf_counter()
    while any(runner.next_offsets.get(partition, 0) < end for partition, end in ends.items()):
        runner.step()
    return EVENTS / (time.perf_counter() - started)


def _bytes_per_event(client: ClickHouse) -> float:
    client.command("OPTIMIZE TABLE events FINAL")
    ((size, rows),) = client.query(
        "SELECT sum(bytes_on_disk), sum(rows) FROM system.parts WHERE active AND table = 'events' AND database = 'nhip'"
    )
    return float(size / rows)


if __name__ == "__main__":
    print(msgspec.json.encode(measure(Path(sys.argv[1]))).decode())
