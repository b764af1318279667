"""The time of a log line can be compared between processes, and strangers can't fill the log."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from part import ROOT

from pipeline.process.logs import (
    BY_REQUEST,
    BY_TRY,
    FORMAT,
    LONGEST_MESSAGE,
    MOST_KINDS,
    QUIET_SECONDS,
    OnceAMinute,
    Zoned,
)

WARN = "import logging; from pipeline.process import logs; logs.configure(logging.WARNING); logging.warning('away')"


def test_a_line_has_its_time_with_the_offset_of_vietnam() -> None:
    record = logging.makeLogRecord({"created": 1795372800.25, "levelname": "WARNING", "name": "nhip", "msg": "away"})
    assert Zoned(FORMAT).format(record) == "2026-11-23T01:40:00.250+07:00 WARNING nhip: away"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028", "\x1b[2K"])
def test_no_request_writes_a_line_of_its_own(end: str) -> None:
    forged = f"/a{end}2026-11-23T01:40:00.250+07:00 INFO nhip.sign-in: password: admin"
    record = logging.makeLogRecord({"levelname": "WARNING", "name": "django.request", "msg": forged})
    (line,) = Zoned(FORMAT).format(record).splitlines()
    assert line.endswith("admin")
    assert "\x1b" not in line


def test_a_link_that_opens_a_draft_is_in_no_line(lines: list[str]) -> None:
    logging.getLogger("django.request").warning("Not Found: %s", "/api/v2/preview/20-3b095c0fc90fbc26~1xXciY~VGApmwkj/")

    (line,) = lines
    assert line.endswith("Not Found: /api/v2/preview/…/")


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Ho_Chi_Minh"])
def test_the_zone_of_the_machine_does_not_matter(zone: str) -> None:
    written = subprocess.run(
        [sys.executable, "-c", WARN], cwd=ROOT, env={"TZ": zone}, capture_output=True, text=True, check=True
    ).stderr
    time, _, rest = written.partition(" ")
    assert time.endswith("+07:00")
    assert rest == "WARNING root: away\n"


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What a log with the filter writes; its clock stands in ``now``."""
    written: list[str] = []

    class Writing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    now[0] = 0.0
    handler = Writing()
    handler.addFilter(OnceAMinute(clock=lambda: now[0]))
    loggers = [logging.getLogger(name) for name in (*BY_REQUEST, *BY_TRY, "nhip")]
    for logger in loggers:
        logger.addHandler(handler)
    yield written
    for logger in loggers:
        logger.removeHandler(handler)


now = [0.0]


def refuse_host(host: str) -> None:
    try:
        raise ValueError(host)
    except ValueError:
        logging.getLogger("django.security.DisallowedHost").exception("Invalid HTTP_HOST header: %s", host)


def refuse_bytes(_words: str) -> None:
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")


@pytest.mark.parametrize("refuse", [refuse_host, refuse_bytes])
def test_what_strangers_cause_is_logged_once_a_minute_with_a_count(
    lines: list[str], refuse: Callable[[str], None]
) -> None:
    for number in range(1000):
        refuse(f"evil-{number}.example")
    assert len(lines) == 1

    now[0] += QUIET_SECONDS + 1
    refuse("evil.example")
    assert len(lines) == 2
    assert lines[1].endswith("(and 999 more of the kind since the last line)")

    now[0] += QUIET_SECONDS + 1
    refuse("evil.example")
    assert "more of the kind" not in lines[2]


def test_what_is_tried_again_while_a_disk_is_full_is_logged_once_a_minute(lines: list[str]) -> None:
    for _ in range(600):
        logging.getLogger("pipeline.collecting.acknowledger").error("the log takes no views: %s", "disk is full")
        logging.getLogger("consumers.runner").warning("the log does not answer, trying again: %s", "disk is full")
    assert len(lines) == 2


def test_a_request_that_is_refused_has_no_traceback_and_a_page_that_fails_has(lines: list[str]) -> None:
    refuse_host("x" * 10_000)
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        logging.getLogger("django.request").exception("Internal Server Error: %s", "/")

    assert len(lines[0]) <= LONGEST_MESSAGE + 1
    assert "ZeroDivisionError" in lines[1]


def test_two_faults_are_two_kinds_and_the_pipelines_own_lines_are_all_there(lines: list[str]) -> None:
    request = logging.getLogger("django.request")
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        request.exception("Internal Server Error: %s", "/")
    try:
        int("x")
    except ValueError:
        request.exception("Internal Server Error: %s", "/")
    for partition in range(3):
        logging.getLogger("nhip").warning("partition %d is taken", partition)

    assert len(lines) == 5


def test_kinds_take_no_memory_without_bound() -> None:
    once = OnceAMinute(clock=lambda: 0.0)
    for line in range(10 * MOST_KINDS):
        record = logging.LogRecord("django.request", logging.ERROR, "views.py", line, "failed", None, None)
        assert once.filter(record)
        assert not once.filter(record)
    assert len(once._passed_at) + len(once._left_out) <= 3 * MOST_KINDS
