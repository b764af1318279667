"""Processes of the distributed product on a real Kafka, each alone: the consumer, the collector."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from clickhouse_http import ClickHouseServer
from kafka_server import KafkaServer
from stack import Stack

from benchmarks.acknowledging import acknowledging, compare_turns, port_of, take_turns
from benchmarks.child import measured_by, say
from benchmarks.consuming import PARTITIONS, Speeds, fill, kafka_broker
from benchmarks.costs import bytes_on_disk
from benchmarks.report import Figure

LOG_FILES = "data/page-events-*/*.log"
QUIET_RATE = 100.0


def measure_consumer(directory: Path, *, events: int) -> list[Figure]:
    with KafkaServer(directory / "kafka", options=()) as kafka, ClickHouseServer(directory / "server") as clickhouse:
        say(f"consumer: {events:,} events into Kafka, {PARTITIONS} partitions")
        broker = kafka_broker(kafka.bootstrap)
        fill(broker, events)
        broker.close()
        log_bytes = bytes_on_disk(directory / "kafka", LOG_FILES) / events
        arguments = ("--events", events, "--kafka", kafka.bootstrap, "--one-core")
        say("consumer: into the engine in its own process, on one core, by turns with its parts alone")
        inside = measured_by("consuming", directory / "inside", *arguments, answer=Speeds)
        say("consumer: into the engine in another process, over HTTP")
        over_http = measured_by(
            "consuming", directory / "over", *arguments, "--clickhouse", clickhouse.url(), answer=Speeds
        )
    return [
        Figure(
            name="consumer, Kafka → chDB, one core",
            value=inside.consumer.rate,
            unit="events/s",
            goal="≥ 100,000",
            met=inside.consumer.rate >= 100_000,
        ),
        *_consuming("consumer, Kafka → chDB, one core", inside),
        *_consuming("consumer, Kafka → HTTP, one core", over_http),
        Figure(name="log on Kafka's disk, 100 views a record", value=log_bytes, unit="bytes/event"),
    ]


def _consuming(name: str, speeds: Speeds) -> list[Figure]:
    consumer, both = speeds.consumer, speeds.decoding_and_inserting
    parts = {
        "reading": speeds.reading,
        "decoding": speeds.decoding,
        "inserting": speeds.inserting,
        "inserting without roll-ups": speeds.inserting_without_roll_ups,
    }
    return [
        Figure(
            name=name,
            value=consumer.rate,
            unit="events/s",
            limit=both.rate,
            limit_name="decode + insert alone",
            goal="ratio ≥ 0.6",
            met=consumer.rate >= both.rate * 0.6,
        ),
        Figure(
            name=f"{name}, CPU of the process",
            value=consumer.cpu,
            unit="s per 1 M",
            limit=both.cpu,
            limit_name="decode + insert alone",
            goal="≤ 10: 100,000/s a core",
            met=consumer.cpu <= 10,
        ),
        *(Figure(name=f"{name}: {part} alone", value=speed.rate, unit="events/s") for part, speed in parts.items()),
        *(
            Figure(name=f"{name}: {part} alone, CPU", value=speed.cpu, unit="s per 1 M")
            for part, speed in parts.items()
        ),
    ]


def measure_collector(directory: Path, *, turns: int) -> list[Figure]:
    """One collector and the broker, without a consumer, which is measured alone."""
    with _servers(directory) as stack:
        (collector,) = stack.collectors
        collector.start()
        say("collector: acknowledgements from Kafka, by turns with the no-op")
        port = port_of(collector.health_url)
        pids = {"collector": collector.pid, "Kafka": stack.kafka.pid}
        found = take_turns(port, key=stack.key, pids=pids, turns=turns)
        busier = take_turns(port, key=stack.key, pids=pids, turns=turns, connections=256)
        collector.stop()
        records = stack.records()
        log_bytes = bytes_on_disk(directory / "kafka", LOG_FILES)
    name = "collector, acknowledged by Kafka"
    everything = found.everything + busier.everything
    return [
        *acknowledging(found, name, goal=0.6),
        *acknowledging(busier, f"{name}, 256 connections", goal=0.6),
        *(
            Figure(
                name=f"{name}: CPU of {process}",
                value=seconds,
                unit="s per 1,000 views",
                limit=found.noop_cpu,
                limit_name="the no-op's",
            )
            for process, seconds in found.cpu.items()
        ),
        Figure(name=f"{name}: views a record", value=everything / records, unit=""),
        Figure(name=f"{name}: log on disk", value=log_bytes / everything, unit="bytes/event"),
    ]


def measure_enrichment(directory: Path, *, turns: int) -> list[Figure]:
    """A collector with all enrichment and one without any, by turns."""
    with _servers(directory, collectors=2) as stack:
        enriching, _ = stack.collectors
        plain = stack.other_collector(["-m", "benchmarks.plain_collector"])
        stack.collectors[1] = plain
        collectors = {"all": enriching, "none": plain}
        for collector in collectors.values():
            collector.start()
        say("collector: with all enrichment, by turns with none")
        cpu = compare_turns(
            {name: (port_of(one.health_url), one.pid) for name, one in collectors.items()}, key=stack.key, turns=turns
        )
        for collector in collectors.values():
            collector.stop()
    return [
        Figure(
            name="collector with all enrichment: CPU",
            value=cpu["all"],
            unit="s per 1,000 views",
            limit=cpu["none"],
            limit_name="without any",
            goal="ratio ≤ 1.1",
            met=cpu["all"] <= 1.1 * cpu["none"],
        )
    ]


@contextmanager
def _servers(directory: Path, *, collectors: int = 1) -> Iterator[Stack]:
    """A stack in which only Kafka and ClickHouse run, both migrated by ``nhip migrate``."""
    directory.mkdir()
    stack = Stack(directory, collectors=collectors, consumers=1)
    with ExitStack() as cleaning:
        cleaning.callback(stack.__exit__)
        stack.kafka.start()
        stack.clickhouse.start()
        stack.migrate()
        yield stack
