"""The product in processes of its own on a real Kafka: the consumer, the collector, the whole of it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import urlopen

from clickhouse_http import ClickHouseServer
from kafka_server import KafkaServer
from load import beacon_requests, run_load
from stack import Stack

from benchmarks.acknowledging import WARM_UP_SECONDS, acknowledging, take_turns
from benchmarks.child import measured_by, say
from benchmarks.consuming import PARTITIONS, Speeds, fill, kafka_broker
from benchmarks.costs import Stopwatch, bytes_on_disk, cpu_seconds
from benchmarks.pushing import LOADED_RATE, push_delays, push_delays_under_load, pushing
from benchmarks.report import Figure
from pipeline.events import EVENTS_TOPIC

LOG_FILES = "data/page-events-*/*.log"
QUIET_RATE = 100.0
RATES = (0, 100, 1_000)


def measure_consumer(directory: Path, *, events: int) -> list[Figure]:
    with KafkaServer(directory / "kafka") as kafka, ClickHouseServer(directory / "server") as clickhouse:
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
    """One collector and the broker; no consumer runs meanwhile, whose work is measured by itself."""
    with _servers(directory) as stack:
        (collector,) = stack.collectors
        collector.start()
        say("collector: acknowledgements from Kafka, by turns with the no-op")
        port = int(collector.health_url.rsplit(":", 1)[1].partition("/")[0])
        pids = {"collector": collector.pid, "Kafka": stack.kafka.pid}
        found = take_turns(port, key=stack.key, pids=pids, turns=turns)
        collector.stop()
        broker = kafka_broker(stack.kafka.bootstrap)
        records = sum(broker.end_offsets(EVENTS_TOPIC).values())
        broker.close()
        log_bytes = bytes_on_disk(directory / "kafka", LOG_FILES)
    name = "collector, acknowledged by Kafka"
    return [
        *acknowledging(found, name, goal=0.6),
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
        Figure(name=f"{name}: views a record", value=found.everything / records, unit=""),
        Figure(name=f"{name}: log on disk", value=log_bytes / found.everything, unit="bytes/event"),
    ]


def measure_pushing(directory: Path, *, pushes: int, seconds: float) -> list[Figure]:
    """Through the proxy, over two collectors, Kafka, two consumers and ClickHouse's fixture, back to a live stream."""
    say("stack: Kafka, PostgreSQL, ClickHouse, two collectors, two consumers, web, proxy")
    with Stack(directory) as stack:
        run_load(beacon_requests(key=stack.key), port=stack.port, seconds=WARM_UP_SECONDS, rate=LOADED_RATE)
        say("stack: from a beacon to the pushed counter")
        quiet = push_delays(stack.base_url, key=stack.key, samples=pushes)
        loaded = push_delays_under_load(stack, samples=pushes)
        costs = {rate: _cores_at(stack, rate, seconds) for rate in RATES}
        say("stack: nhip verify")
        found = stack.verify()
        stack.stop()
    if found["missing"] or found["repeated"]:
        raise RuntimeError(f"not every view is there once: {found}")
    return [
        *pushing("stack alone", quiet),
        *pushing(f"stack at {LOADED_RATE:,.0f} views/s", loaded),
        *(
            Figure(name=f"stack at {rate:,} views/s, {process}", value=cores, unit="cores")
            for rate, processes in costs.items()
            for process, cores in processes.items()
        ),
    ]


def _cores_at(stack: Stack, rate: int, seconds: float) -> dict[str, float]:
    """How many cores each part is busy with while ``rate`` views a second come and one reader's live stream is open."""
    say(f"stack: what each part costs at {rate:,} views/s")
    pids = {
        "collectors": [one.pid for one in stack.collectors],
        "consumers": [one.pid for one in stack.consumers],
        "Kafka": [stack.kafka.pid],
        "ClickHouse's fixture": [stack.clickhouse.pid],
        "web": [stack.web.pid],
        "proxy": [stack.proxy.pid],
    }
    with urlopen(f"{stack.base_url}/_nhip/live", timeout=30):
        before = {name: sum(map(cpu_seconds, group)) for name, group in pids.items()}
        with Stopwatch() as watch:
            if rate:
                run_load(beacon_requests(key=stack.key), port=stack.port, seconds=seconds, rate=rate)
            else:
                time.sleep(seconds)
        return {name: (sum(map(cpu_seconds, group)) - before[name]) / watch.seconds for name, group in pids.items()}


@contextmanager
def _servers(directory: Path) -> Iterator[Stack]:
    """A stack of which only Kafka and ClickHouse run, both made ready by ``nhip migrate``."""
    directory.mkdir()
    stack = Stack(directory, collectors=1, consumers=1)
    with ExitStack() as cleaning:
        cleaning.callback(stack.__exit__)
        stack.kafka.start()
        stack.clickhouse.start()
        done = stack.command("migrate")
        if done.returncode:
            raise RuntimeError(f"nhip migrate failed: {done.stderr}")
        yield stack
