"""Durable acknowledgements a second, in turns with the same server's no-op handler."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from load import Tally, beacon_requests, reader_requests, run_load
from part import free_port

from benchmarks.costs import cpu_of, cpu_seconds
from benchmarks.limits import noop_server
from benchmarks.report import Figure

TURN_SECONDS = 4.0
WARM_UP_SECONDS = 3.0


@dataclass(frozen=True)
class Found:
    """Tallies whose ``rate`` is the median of the turns. ``cpu`` by process and ``noop_cpu`` are processor seconds per
    1,000 views; ``everything`` counts all views, also those of the warm-up."""

    noop: Tally
    acknowledged: Tally
    cpu: dict[str, float]
    noop_cpu: float
    everything: int


def take_turns(port: int, *, key: bytes, pids: Mapping[str, int], turns: int, connections: int = 64) -> Found:
    """The no-op and the product in turns, since a shared machine changes from one moment to the next."""

    def load(port: int, seconds: float = TURN_SECONDS) -> Tally:
        return run_load(beacon_requests(key=key), port=port, seconds=seconds, connections=connections)

    warm_up = load(port, WARM_UP_SECONDS)
    noops, acknowledged = [], []
    cpu = dict.fromkeys(pids, 0.0)
    noop_port = free_port()
    noop_cpu = 0.0
    with noop_server(noop_port) as noop_pid:
        for _ in range(turns):
            before_noop = cpu_seconds(noop_pid)
            noops.append(load(noop_port))
            noop_cpu += cpu_seconds(noop_pid) - before_noop
            before = cpu_of(pids)
            acknowledged.append(load(port))
            cpu = {name: cpu[name] + seconds - before[name] for name, seconds in cpu_of(pids).items()}
    if refused := sum(tally.refused for tally in acknowledged):
        raise RuntimeError(f"{refused} views were refused")
    views = sum(tally.acknowledged for tally in acknowledged)
    per_thousand = {name: seconds / views * 1000 for name, seconds in cpu.items()}
    per_noop = noop_cpu / sum(tally.acknowledged for tally in noops) * 1000
    return Found(median_of(noops), median_of(acknowledged), per_thousand, per_noop, views + warm_up.acknowledged)


def compare_turns(servers: Mapping[str, tuple[int, int]], *, key: bytes, turns: int) -> dict[str, float]:
    """Processor seconds per 1,000 views of each server (its port and process id), under the same load by turns.

    Raises RuntimeError if a view is refused.
    """
    cpu, answered = dict.fromkeys(servers, 0.0), dict.fromkeys(servers, 0)
    views = reader_requests(key=key)
    for turn in range(turns + 1):
        for name, (port, pid) in servers.items():
            before = cpu_seconds(pid)
            tally = run_load(views, port=port, seconds=TURN_SECONDS if turn else WARM_UP_SECONDS)
            if tally.refused:
                raise RuntimeError(f"{tally.refused} views were refused")
            if turn:
                cpu[name] += cpu_seconds(pid) - before
                answered[name] += tally.acknowledged
    return {name: cpu[name] / answered[name] * 1000 for name in servers}


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1].partition("/")[0])


def acknowledging(found: Found, name: str, *, goal: float, fsyncs: float | None = None) -> list[Figure]:
    """``goal`` is the share of the no-op's rate to reach."""
    noop, tally = found.noop, found.acknowledged
    p99 = tally.percentile(99) * 1000
    figures = [
        Figure(
            name=name,
            value=tally.rate,
            unit="/s",
            limit=noop.rate,
            limit_name="no-op/s, same server",
            goal=f"ratio ≥ {goal:g}",
            met=tally.rate >= noop.rate * goal,
        ),
        Figure(
            name=f"{name}, p50",
            value=tally.percentile(50) * 1000,
            unit="ms",
            limit=noop.percentile(50) * 1000,
            limit_name="ms, no-op",
        ),
        Figure(
            name=f"{name}, p99",
            value=p99,
            unit="ms",
            limit=noop.percentile(99) * 1000,
            limit_name="ms, no-op",
            goal="< 50",
            met=p99 < 50,
        ),
    ]
    if fsyncs:
        figures.append(Figure(name=name, value=tally.rate, unit="/s", limit=fsyncs, limit_name="bare INSERT + fsync/s"))
    return figures


def median_of(turns: list[Tally]) -> Tally:
    """All of their latencies, at the median of their rates."""
    latencies = [latency for tally in turns for latency in tally.latencies]
    rate = statistics.median(tally.rate for tally in turns)
    return Tally(seconds=len(latencies) / rate, latencies=latencies)
