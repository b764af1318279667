"""The whole product in one process: acknowledging after fsync, pushing, consuming from its own log, memory."""

from pathlib import Path

from load import get_requests, run_load
from product import Product

from benchmarks.acknowledging import TURN_SECONDS, acknowledging, take_turns
from benchmarks.child import measured_by, say
from benchmarks.consuming import Speeds
from benchmarks.costs import resident_mb
from benchmarks.limits import insert_and_fsync
from benchmarks.pushing import LOADED_RATE, push_delays, push_delays_under_load, pushing
from benchmarks.report import Figure


def measure_embedded(directory: Path, *, events: int, turns: int, pushes: int) -> list[Figure]:
    return [*_consuming(directory / "consumer", events), *_serving(directory, turns=turns, pushes=pushes)]


def _serving(directory: Path, *, turns: int, pushes: int) -> list[Figure]:
    fsyncs = insert_and_fsync(directory, seconds=3.0)
    with Product(directory / "nhip") as product:
        idle = resident_mb(product.pid)
        say("embedded: acknowledgements, by turns with the no-op")
        found = take_turns(product.port, key=product.key, pids={"product": product.pid}, turns=turns)
        reads = run_load(get_requests("/_nhip/summary.json"), port=product.port, seconds=TURN_SECONDS)
        say("embedded: from a beacon to the pushed counter")
        quiet = push_delays(product.base_url, key=product.key, samples=pushes)
        loaded = push_delays_under_load(product, samples=pushes // 2)
        peak = resident_mb(product.pid)
        product.stop()
    where = "embedded: "
    return [
        *acknowledging(found, f"{where}durable acknowledgements", goal=0.5, fsyncs=fsyncs),
        Figure(
            name=f"{where}CPU of the whole process",
            value=found.cpu["product"],
            unit="s per 1,000 views",
            limit=found.noop_cpu,
            limit_name="the no-op's",
        ),
        *pushing(f"{where}alone", quiet),
        *pushing(f"{where}at {LOADED_RATE:,.0f} views/s", loaded),
        Figure(
            name=f"{where}summary.json reads",
            value=reads.rate,
            unit="/s",
            limit=found.noop.rate,
            limit_name="no-op POST/s",
        ),
        Figure(name=f"{where}resident, started", value=idle, unit="MB"),
        Figure(name=f"{where}resident, after the load", value=peak, unit="MB", goal="< 600", met=peak < 600),
    ]


def _consuming(directory: Path, events: int) -> list[Figure]:
    say(f"embedded: {events:,} events from the log into the engine")
    speeds = measured_by("consuming", directory, "--events", events, answer=Speeds)
    name = "embedded: consumer, log → ClickHouse"
    bare, plain = speeds.inserting.rate, speeds.inserting_without_roll_ups.rate
    return [
        Figure(name=name, value=speeds.consumer.rate, unit="events/s", limit=bare, limit_name="bare client.insert"),
        Figure(
            name=name,
            value=speeds.consumer.rate,
            unit="events/s",
            limit=plain,
            limit_name="bare client.insert, no roll-ups",
        ),
        Figure(name="embedded: decoding alone", value=speeds.decoding.rate, unit="events/s"),
    ]
