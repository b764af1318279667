"""The whole distributed product at work: the time from beacon to pushed counter, and the cost of each part by rate.

Through the proxy, over two collectors, Kafka, two consumers and ClickHouse's fixture, back to a live stream.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from load import beacon_requests, run_load
from part import Part
from stack import Stack

from benchmarks.child import say
from benchmarks.costs import bytes_on_disk, cpu_seconds, resident_mb
from benchmarks.pushing import LOADED_RATE, push_delays, push_delays_under_load, pushing
from benchmarks.report import Figure

RATES = (0, 100, 1_000)
WARM_UP_SECONDS = 5.0
LOG_FILES = "kafka/data/page-events-*/*.log"
INSERTS = re.compile(r"^nhip_consumer_insert_seconds_count (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Done:
    """The work so far: processor seconds by part, inserts, records of the log and their bytes on disk."""

    at: float
    cpu: Mapping[str, float]
    inserts: float
    records: int
    log_bytes: int


def measure_running(directory: Path, *, pushes: int, seconds: float) -> list[Figure]:
    """Watch the costs at each rate for ``seconds``. Raises RuntimeError unless every view is stored once."""
    say("stack: Kafka, PostgreSQL, ClickHouse, two collectors, two consumers, web, proxy")
    with Stack(directory) as stack:
        run_load(beacon_requests(key=stack.key), port=stack.port, seconds=WARM_UP_SECONDS, rate=LOADED_RATE)
        say("stack: from a beacon to the pushed counter")
        quiet = push_delays(stack.base_url, key=stack.key, samples=pushes // 2)
        loaded = push_delays_under_load(stack, samples=pushes)
        costs = [figure for rate in RATES for figure in _costs_at(stack, directory, rate, seconds)]
        memory = [
            Figure(name=f"stack: resident, a {name}", value=resident_mb(part.pid), unit="MB")
            for name, part in {
                "collector": stack.collectors[0],
                "consumer": stack.consumers[0],
                "web": stack.web,
            }.items()
        ]
        say("stack: nhip verify")
        found = stack.verify()
        stack.stop()
    if found["missing"] or found["repeated"] or any(found["differing"].values()):
        raise RuntimeError(f"not every view is there once: {found}")
    return [
        *pushing("stack alone", quiet),
        *pushing(f"stack at {LOADED_RATE:,.0f} views/s", loaded),
        *costs,
        *memory,
    ]


def _costs_at(stack: Stack, directory: Path, rate: int, seconds: float) -> list[Figure]:
    """While ``rate`` views a second come and one reader's live stream is open."""
    say(f"stack: what each part costs at {rate:,} views/s")
    views = 0
    with urlopen(f"{stack.base_url}/_nhip/live", timeout=30):
        before = _done(stack, directory)
        if rate:
            views = run_load(beacon_requests(key=stack.key), port=stack.port, seconds=seconds, rate=rate).acknowledged
        else:
            time.sleep(seconds)
        after = _done(stack, directory)
    took = after.at - before.at
    name = f"stack at {rate:,} views/s"
    figures = [
        Figure(name=f"{name}: {part}", value=(cpu - before.cpu[part]) / took, unit="cores")
        for part, cpu in after.cpu.items()
    ]
    if views:
        records = after.records - before.records
        figures += [
            Figure(name=f"{name}: inserts", value=(after.inserts - before.inserts) / took, unit="/s"),
            Figure(name=f"{name}: views a record", value=views / records, unit=""),
            Figure(name=f"{name}: log on disk", value=(after.log_bytes - before.log_bytes) / views, unit="bytes/event"),
        ]
    return figures


def _done(stack: Stack, directory: Path) -> Done:
    pids = {
        "collectors": [one.pid for one in stack.collectors],
        "consumers": [one.pid for one in stack.consumers],
        "Kafka": [stack.kafka.pid],
        "ClickHouse's fixture": [stack.clickhouse.pid],
        "proxy": [stack.proxy.pid],
    }
    return Done(
        at=time.monotonic(),
        cpu={name: sum(map(cpu_seconds, group)) for name, group in pids.items()},
        inserts=sum(map(_inserts, stack.consumers)),
        records=stack.records(),
        log_bytes=bytes_on_disk(directory, LOG_FILES),
    )


def _inserts(consumer: Part) -> float:
    with urlopen(f"{consumer.health_url}metrics", timeout=10) as response:
        (count,) = INSERTS.findall(response.read().decode())
    return float(count)
