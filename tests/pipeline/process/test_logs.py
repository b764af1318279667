"""The time of a log line can be compared between processes."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest
from part import ROOT

from pipeline.process.logs import FORMAT, Zoned

WARN = "import logging; from pipeline.process import logs; logs.configure(logging.WARNING); logging.warning('away')"


def test_a_line_has_its_time_with_the_offset_of_vietnam() -> None:
    record = logging.makeLogRecord({"created": 1795372800.25, "levelname": "WARNING", "name": "nhip", "msg": "away"})
    assert Zoned(FORMAT).format(record) == "2026-11-23T01:40:00.250+07:00 WARNING nhip: away"


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Ho_Chi_Minh"])
def test_the_zone_of_the_machine_does_not_matter(zone: str) -> None:
    written = subprocess.run(
        [sys.executable, "-c", WARN], cwd=ROOT, env={"TZ": zone}, capture_output=True, text=True, check=True
    ).stderr
    time, _, rest = written.partition(" ")
    assert time.endswith("+07:00")
    assert rest == "WARNING root: away\n"
