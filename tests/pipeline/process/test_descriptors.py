"""A process takes the descriptors that it may have, and derives the number of its live streams from them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from part import ROOT

from pipeline.process import descriptors
from pipeline.process.descriptors import ENOUGH, RESERVED, count_open, streams_at_most

TAKE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
from pipeline.process.descriptors import limit, raise_limit, streams_at_most
raise_limit()
print(limit(), streams_at_most(2000))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "limit", "streams"),
    [
        pytest.param(1024, 4096, 4096, 2000, id="as systemd gives"),
        pytest.param(1024, 1024, 1024, 1024 - RESERVED, id="a hard limit"),
        pytest.param(256, 256, 256, 1, id="far too few"),
    ],
)
def test_a_process_takes_what_it_may_have(soft: int, hard: int, limit: int, streams: int) -> None:
    command = [sys.executable, "-c", TAKE, str(soft), str(hard)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(limit), str(streams)]


def test_no_more_streams_than_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptors, "limit", lambda: ENOUGH)
    assert streams_at_most(5) == 5


@pytest.mark.parametrize(("descriptors_at_most", "waiting"), [(1024, 51), (20_000, 1000), (ENOUGH, 2048)])
def test_no_more_connections_are_accepted_at_once_than_there_is_room_for(
    descriptors_at_most: int, waiting: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(descriptors, "limit", lambda: descriptors_at_most)
    assert descriptors.backlog() == waiting


def test_open_files_are_counted() -> None:
    before = count_open()
    with Path(__file__).open("rb"):
        assert count_open() == (before or 0) + 1
