"""``make bench``: measures the real product beside its limits, prints a table, writes JSON.

``make bench ARGS="--only consumer --only peers"`` measures parts of it, ``--quick`` a tenth of everything, as
a trial whose figures mean nothing.
"""

import argparse
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kafka_server import require_kafka
from postgres_server import require_postgres
from stack import require_stack

from benchmarks.api import measure_api
from benchmarks.child import ROOT, say
from benchmarks.distributed import measure_collector, measure_consumer, measure_enrichment
from benchmarks.embedded import measure_embedded
from benchmarks.history import measure_history
from benchmarks.pages.measure import measure_pages
from benchmarks.peers import measure_peers
from benchmarks.report import Figure, show, store
from benchmarks.reports import measure_reports
from benchmarks.roll_ups import measure_roll_ups
from benchmarks.running import measure_running
from benchmarks.searching import measure_search

log = logging.getLogger("bench")

RESULTS = ROOT / "test-artifacts" / "bench.json"

Measure = Callable[[Path, bool], list[Figure]]

PARTS: dict[str, tuple[Measure, Callable[[], None]]] = {
    "consumer": (lambda at, quick: measure_consumer(at, events=50_000 if quick else 500_000), require_kafka),
    "peers": (lambda at, quick: measure_peers(at, messages=10_000 if quick else 100_000), require_kafka),
    "collector": (lambda at, quick: measure_collector(at, turns=1 if quick else 5), require_kafka),
    "enrichment": (lambda at, quick: measure_enrichment(at, turns=1 if quick else 5), require_kafka),
    "stack": (
        lambda at, quick: measure_running(at, pushes=10 if quick else 100, seconds=3.0 if quick else 15.0),
        require_stack,
    ),
    "history": (
        lambda at, quick: measure_history(
            at,
            [100_000, 1_000_000, 5_000_000] if quick else [1_000_000, 10_000_000, 50_000_000],
            checked=1_000_000 if quick else 10_000_000,
        ),
        lambda: None,
    ),
    "reports": (
        lambda at, quick: measure_reports(
            at, [100_000, 1_000_000, 5_000_000] if quick else [1_000_000, 10_000_000, 50_000_000]
        ),
        lambda: None,
    ),
    "roll-ups": (lambda at, quick: measure_roll_ups(at, events=50_000 if quick else 500_000), lambda: None),
    "embedded": (
        lambda at, quick: measure_embedded(
            at, events=40_000 if quick else 400_000, turns=1 if quick else 3, pushes=10 if quick else 60
        ),
        lambda: None,
    ),
    "api": (lambda at, quick: measure_api(at, turns=1 if quick else 3), lambda: None),
    "search": (lambda at, quick: measure_search(at, articles=2_000 if quick else 20_000), require_postgres),
    "pages": (
        lambda at, quick: measure_pages(
            at, turns=1 if quick else 3, pushes=10 if quick else 40, changes=5 if quick else 50
        ),
        lambda: None,
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; may be given more than once")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, to see that it works")
    options = parser.parse_args()
    figures: list[Figure] = []
    failed: list[str] = []
    for name in options.only or PARTS:
        try:
            figures += _measure(name, quick=options.quick)
        except Exception:  # the figures of the other parts shall be seen
            log.exception("%s can't be measured", name)
            failed.append(name)
    show(figures)
    store(figures, RESULTS)
    print(f"written to {RESULTS.relative_to(ROOT)}" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


def _measure(name: str, *, quick: bool) -> list[Figure]:
    """The figures of a part; none, with a word on it, where the part needs something that is not installed."""
    measure, require = PARTS[name]
    say(f"{name} …")
    try:
        require()
    except (pytest.skip.Exception, pytest.fail.Exception) as missing:
        say(f"{name} is left out: {missing}")
        return []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nhip-bench-") as scratch:
        figures = measure(Path(scratch) / name, quick)
    say(f"{name}: {time.monotonic() - began:.0f} s, the machine's load now {os.getloadavg()[0]:.1f}")
    return figures


if __name__ == "__main__":
    sys.exit(main())
