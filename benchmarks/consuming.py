"""Events a second through the consumer, beside its parts alone: reading, decoding, inserting, decoding and inserting.

``python -m benchmarks.consuming DIRECTORY`` has the log and the engine embedded. With ``--kafka SERVERS`` the log is a
broker that ``fill`` has filled, with ``--clickhouse URL`` the engine is a server, with ``--one-core`` the process keeps
to one core. Each turn has a database of its own, so that no turn finds another's rows; the median of the turns counts.
"""

import argparse
import itertools
import secrets
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from benchmarks.child import print_answer
from benchmarks.costs import Stopwatch, keep_to_one_core
from benchmarks.views import make_records
from consumers.runner import Runner
from pipeline.brokers import Broker, Record, TopicPartition
from pipeline.brokers.kafka.broker import KafkaBroker
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.brokers.topics import TOPICS
from pipeline.clickhouse.client import ClickHouse, open_embedded, open_server
from pipeline.clickhouse.columns import EVENT_COLUMNS, Rows
from pipeline.clickhouse.migrations import migrate
from pipeline.clickhouse.recovery import write_batch
from pipeline.clickhouse.rows import rows_of
from pipeline.clickhouse.writer import write_events, write_rows
from pipeline.events import EVENTS_TOPIC
from pipeline.settings import ClickHouseSettings, KafkaSettings

BATCH = 50_000
TURNS = 3
PARTITIONS = 4
SESSION_SECONDS = 30.0
IN_FLIGHT = 200

Place = tuple[TopicPartition, int, int]
Open = Callable[[str], ClickHouse]


class Speed(msgspec.Struct, frozen=True):
    """Events a second, and processor seconds of this process per million of them."""

    rate: float
    cpu: float


class Speeds(NamedTuple):
    """The whole consumer, then its parts alone, each over the batches that the consumer made."""

    consumer: Speed
    reading: Speed
    decoding: Speed
    inserting: Speed
    inserting_without_roll_ups: Speed
    decoding_and_inserting: Speed


def measure(broker: Broker, opened: Open) -> Speeds:
    records = {
        partition: list(broker.scan(partition, first=0, end=end))
        for partition, end in broker.end_offsets(EVENTS_TOPIC).items()
    }
    _warm_up(opened, next(iter(records.values()))[:10])
    turns = [_turn(broker, opened, records, number) for number in range(TURNS)]
    return Speeds(*(_median(speeds) for speeds in zip(*turns, strict=True)))


def _turn(broker: Broker, opened: Open, records: dict[TopicPartition, list[Record]], number: int) -> Speeds:
    consumer, places = _consume(broker, opened(f"turn_{number}"), group=_own_group("turn"))
    batches = [records[partition][first : last + 1] for partition, first, last in places]
    events = sum(record.value.count(b"\n") for batch in batches for record in batch)
    reading = _read(broker, group=_own_group("reading"))
    both = _decode_and_insert(batches, events, opened(f"both_{number}"))
    with Stopwatch() as decoding:
        rows = [rows_of(batch) for batch in batches]
    inserting = _insert(rows, events, opened(f"inserting_{number}"), table="events")
    plain = _insert(rows, events, opened(f"inserting_{number}"), table="plain")
    return Speeds(consumer, reading, _speed(decoding, events), inserting, plain, both)


def _own_group(name: str) -> str:
    """The name of a group that has read nothing yet: several processes read the log, one after the other."""
    return f"{name}-{secrets.token_hex(4)}"


def _consume(broker: Broker, client: ClickHouse, *, group: str) -> tuple[Speed, list[Place]]:
    """The time from the assignment of the partitions until every row is in; and the batches that were made."""
    places: list[Place] = []

    def write(rows: Rows, token: str, **how: Any) -> None:
        write_batch(client, rows, token, **how)
        partitions, offsets = rows.events["partition"], rows.events["offset"]
        places.append((TopicPartition(EVENTS_TOPIC, partitions[0]), offsets[0], offsets[-1]))

    consumer = broker.consumer(group=group, topic=EVENTS_TOPIC, member="bench")
    runner = Runner(consumer, write, batch_rows=BATCH, batch_seconds=0.2)
    ends = broker.end_offsets(EVENTS_TOPIC)
    while not runner.next_offsets:
        runner.step()
    with Stopwatch() as watch:
        while any(runner.next_offsets.get(partition, 0) < end for partition, end in ends.items()):
            runner.step()
    consumer.close()
    ((events,),) = client.query("SELECT count() FROM events")
    return _speed(watch, events), places


def _read(broker: Broker, *, group: str) -> Speed:
    consumer = broker.consumer(group=group, topic=EVENTS_TOPIC, member="bench")
    left = sum(broker.end_offsets(EVENTS_TOPIC).values())
    while not consumer.assignment():
        consumer.poll(timeout=0.05, max_records=0)
    events = 0
    with Stopwatch() as watch:
        while left > 0:
            found = consumer.poll(timeout=0.05, max_records=1_000)
            left -= len(found)
            events += sum(record.value.count(b"\n") for record in found)
    consumer.close()
    return _speed(watch, events)


def _decode_and_insert(batches: list[list[Record]], events: int, client: ClickHouse) -> Speed:
    with Stopwatch() as watch:
        for turn, batch in enumerate(batches):
            write_rows(client, rows_of(batch), f"both/{turn}")
    return _speed(watch, events)


def _insert(batches: list[Rows], events: int, client: ClickHouse, *, table: str) -> Speed:
    if table != "events":
        client.command(f"CREATE TABLE {table} AS events")
    with Stopwatch() as watch:
        for turn, rows in enumerate(batches):
            types = [EVENT_COLUMNS[name] for name in rows.events]
            client.insert(table, rows.events, types=types, token=f"{table}/{turn}")
    return _speed(watch, events)


def _warm_up(opened: Open, records: list[Record]) -> None:
    """Make one insert: the first one of a process loads the modules that all of them need."""
    write_events(opened("warm_up"), rows_of(records).events, token="warm-up")


def _speed(watch: Stopwatch, events: int) -> Speed:
    return Speed(rate=events / watch.seconds, cpu=watch.cpu / events * 1_000_000)


def _median(speeds: Iterable[Speed]) -> Speed:
    rates, cpus = zip(*((speed.rate, speed.cpu) for speed in speeds), strict=True)
    return Speed(rate=statistics.median(rates), cpu=statistics.median(cpus))


def kafka_broker(servers: str) -> KafkaBroker:
    return KafkaBroker(
        KafkaSettings(
            bootstrap_servers=(servers,), partitions=PARTITIONS, timeout_seconds=10, session_seconds=SESSION_SECONDS
        )
    )


def fill(broker: KafkaBroker, events: int) -> None:
    """Make the topics and put ``events`` views into their partitions in turns."""
    broker.create_topics(tuple(topic._replace(partitions=PARTITIONS) for topic in TOPICS))
    producer = broker.producer()
    appended: list[Future[Record]] = []
    for record, partition in zip(_records(events), itertools.cycle(range(PARTITIONS))):
        appended.append(producer.begin(EVENTS_TOPIC, record, partition=partition))
        if len(appended) == IN_FLIGHT:
            appended.pop(0).result(10)
    for one in appended:
        one.result(10)
    producer.close()


def _sqlite_broker(directory: Path, events: int) -> SqliteBroker:
    broker = SqliteBroker(directory / "log")
    broker.create_topics(TOPICS)
    producer = broker.producer()
    for record in _records(events):
        producer.send(EVENTS_TOPIC, record)
    producer.close()
    return broker


def _records(events: int) -> Iterator[bytes]:
    """Records whose last is of now."""
    return make_records(events, at=time.time_ns() // 1_000_000 - events)


def _open(directory: Path, url: str | None) -> Open:
    """A function that opens a database of the engine by name, created and migrated."""

    def opened(database: str) -> ClickHouse:
        if url is None:
            client = open_embedded(directory / "clickhouse", database=database)
        else:
            place = f"{url.rpartition('/')[0]}/{database}"
            server = ClickHouseSettings(url=place, reader_url=place, migrator_url=place)
            client = open_server(server, account="migrator")
        migrate(client)
        return client

    return opened


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--kafka")
    parser.add_argument("--clickhouse")
    parser.add_argument("--one-core", action="store_true")
    options = parser.parse_args()
    if options.one_core:
        keep_to_one_core()
    broker: Broker = kafka_broker(options.kafka) if options.kafka else _sqlite_broker(options.directory, options.events)
    print_answer(measure(broker, _open(options.directory, options.clickhouse)))


if __name__ == "__main__":
    main()
