"""The parts of `make bench` that need no server measure something, at sizes that take seconds."""

import subprocess
import sys
from pathlib import Path

from benchmarks.child import ROOT, measured_by
from benchmarks.consuming import Speeds
from benchmarks.history import History
from benchmarks.reports import REPORTS, Reports
from benchmarks.roll_ups import Cost
from benchmarks.views import RECORD, make_lines, make_records
from pipeline.clickhouse.roll_ups import ROLL_UPS, SUMS


def test_the_consumer_and_each_of_its_parts_have_a_speed(tmp_path: Path) -> None:
    speeds = measured_by("consuming", tmp_path, "--events", 2_000, answer=Speeds)

    assert all(speed.rate > 0 and speed.cpu > 0 for speed in speeds)


def test_made_histories_are_stored_whole_and_pass_the_checks_of_verify(tmp_path: Path) -> None:
    histories = measured_by("history", tmp_path, 2_000, 20_000, "--check", 20_000, answer=list[History])

    assert [history.views for history in histories] == [2_000, 20_000]
    assert [sorted(history.checks) for history in histories] == [
        [],
        ["lineage", "roll-ups against raw"],
    ]


def test_reports_are_compared_with_naive_queries_and_have_a_size_on_disk(tmp_path: Path) -> None:
    (small,) = measured_by("reports", tmp_path, 2_000, answer=list[Reports])

    assert {one.name for one in small.timed} == {report.name for report in REPORTS}
    assert all(one.report > 0 and one.naive > 0 for one in small.timed)
    assert [one.name for one in small.timed if not one.rolled_up] == ["sources of a page, raw"]
    assert small.disk["events"] > small.archived["events"] > 0
    assert small.disk.keys() >= {*SUMS}


def test_each_roll_up_has_a_price(tmp_path: Path) -> None:
    costs = measured_by("roll_ups", tmp_path, 200, 1, answer=dict[str, Cost])

    assert costs.keys() == {"none", *ROLL_UPS, "all"}
    assert all(cost.bulk > 0 and cost.single > 0 for cost in costs.values())


def test_a_collector_without_enrichment_still_counts() -> None:
    """It leaves out steps that there are, and the rest make a view."""
    code = (
        "from benchmarks import plain_collector as plain; from pipeline.collecting import beacon;"
        "before = beacon.BEACON_STEPS; assert {*plain.ENRICHING} < {*before}; plain.leave_out_enrichment();"
        "assert len(beacon.BEACON_STEPS) == len(before) - len(plain.ENRICHING) + 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=ROOT)


def test_made_views_are_always_the_same_and_of_the_size_of_the_figures() -> None:
    records = list(make_records(1_000, at=1_764_036_000_000))

    assert records == list(make_records(1_000, at=1_764_036_000_000))
    assert [record.count(b"\n") for record in records] == [RECORD] * 10
    assert 250 < sum(map(len, records)) / 1_000 < 320
    assert list(make_lines(1_000, at=1_764_036_000_000)) == [line for record in records for line in record.splitlines()]
