"""``make bench``: starts the real product, measures it beside its limits, prints a table, writes JSON."""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import msgspec
from load import Tally, beacon_requests, get_requests, run_load
from product import ROOT, Product, free_port

from benchmarks.consuming import Speeds
from benchmarks.limits import insert_and_fsync, noop_server
from benchmarks.pushing import push_delays
from benchmarks.report import Figure, show, store

SECONDS = 4.0
TURNS = 5
PUSHES = 60
LOADED_RATE = 1_000.0
RESULTS = ROOT / "test-artifacts" / "bench.json"


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        figures = [*_consuming(directory / "consumer"), *_serving(directory)]
    show(figures)
    store(figures, RESULTS)
    print(f"written to {RESULTS.relative_to(ROOT)}")


def _serving(directory: Path) -> list[Figure]:
    fsyncs = insert_and_fsync(directory, seconds=3.0)
    product = Product(directory / "nhip").start()
    try:
        idle = _resident_mb(product)
        run_load(beacon_requests(key=product.key), port=product.port, seconds=3.0)  # warm caches
        noop, acknowledged, cpu = _in_turns(product)
        reads = run_load(get_requests("/_nhip/summary.json"), port=product.port, seconds=SECONDS)
        quiet = push_delays(product.base_url, key=product.key, samples=PUSHES)
        loaded = _push_delays_under_load(product)
        peak = _resident_mb(product)
    finally:
        product.stop()
    return [
        *_acknowledging(acknowledged, noop, fsyncs),
        Figure(name="CPU of the whole process", value=cpu, unit="s per 1,000 views"),
        *_pushing("alone", quiet),
        *_pushing(f"at {LOADED_RATE:,.0f} views/s", loaded),
        Figure(name="summary.json reads", value=reads.rate, unit="/s", limit=noop.rate, limit_name="no-op POST/s"),
        Figure(name="resident, started", value=idle, unit="MB"),
        Figure(name="resident, after the load", value=peak, unit="MB", goal="< 600", met=peak < 600),
    ]


def _in_turns(product: Product) -> tuple[Tally, Tally, float]:
    """The no-op and the product by turns, since a shared machine is not the same from one moment to the next.

    Returns both tallies, their seconds such that the rate is the median of the turns, and the product's CPU seconds per
    1,000 views.
    """
    port = free_port()
    noops, acknowledged, cpu = [], [], 0.0
    with noop_server(port):
        for _ in range(TURNS):
            noops.append(run_load(beacon_requests(key=product.key), port=port, seconds=SECONDS))
            before = _cpu_seconds(product)
            acknowledged.append(run_load(beacon_requests(key=product.key), port=product.port, seconds=SECONDS))
            cpu += _cpu_seconds(product) - before
    views = sum(tally.acknowledged for tally in acknowledged)
    return _median(noops), _median(acknowledged), cpu / views * 1000


def _median(turns: list[Tally]) -> Tally:
    latencies = [latency for tally in turns for latency in tally.latencies]
    rate = statistics.median(tally.rate for tally in turns)
    return Tally(seconds=len(latencies) / rate, latencies=latencies)


def _cpu_seconds(product: Product) -> float:
    fields = Path(f"/proc/{product.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _acknowledging(tally: Tally, noop: Tally, fsyncs: float) -> list[Figure]:
    name = "durable acknowledgements"
    p99 = tally.percentile(99) * 1000
    return [
        Figure(
            name=name,
            value=tally.rate,
            unit="/s",
            limit=noop.rate,
            limit_name="no-op/s, same server",
            goal="ratio ≥ 0.5",
            met=tally.rate >= noop.rate / 2,
        ),
        Figure(name=name, value=tally.rate, unit="/s", limit=fsyncs, limit_name="bare INSERT + fsync/s"),
        Figure(name=f"{name}, p50", value=tally.percentile(50) * 1000, unit="ms", **_limit(noop, 50)),
        Figure(name=f"{name}, p99", value=p99, unit="ms", goal="< 50", met=p99 < 50, **_limit(noop, 99)),
    ]


def _limit(noop: Tally, percent: float) -> dict[str, float | str]:
    return {"limit": noop.percentile(percent) * 1000, "limit_name": "ms, no-op"}


def _pushing(when: str, delays: list[float]) -> list[Figure]:
    ordered = sorted(delays)
    p50, p99 = (ordered[int(len(ordered) * percent / 100)] for percent in (50, 99))
    return [
        Figure(name=f"beacon → pushed counter {when}, p50", value=p50, unit="s"),
        Figure(name=f"beacon → pushed counter {when}, p99", value=p99, unit="s", goal="< 1", met=p99 < 1),
    ]


def _push_delays_under_load(product: Product) -> list[float]:
    requests = beacon_requests(key=product.key)
    load = threading.Thread(
        target=run_load, args=(requests,), kwargs={"port": product.port, "seconds": PUSHES * 0.9, "rate": LOADED_RATE}
    )
    load.start()
    delays = push_delays(product.base_url, key=product.key, samples=PUSHES // 2)
    load.join()
    return delays


def _consuming(directory: Path) -> list[Figure]:
    command = [sys.executable, "-m", "benchmarks.consuming", str(directory)]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    speeds = msgspec.json.decode(answer.stdout, type=Speeds)
    name = "consumer, log → ClickHouse"
    return [
        Figure(name=name, value=speeds.consumer, unit="events/s", limit=speeds.insert, limit_name="bare client.insert"),
        Figure(
            name=name,
            value=speeds.consumer,
            unit="events/s",
            limit=speeds.insert_without_roll_ups,
            limit_name="bare client.insert, no roll-ups",
        ),
        Figure(name="decoding alone", value=speeds.decode, unit="events/s"),
        Figure(name="events table", value=speeds.bytes_on_disk, unit="bytes/event on disk"),
    ]


def _resident_mb(product: Product) -> float:
    status = Path(f"/proc/{product.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
