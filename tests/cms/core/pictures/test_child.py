from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pictures import cut_short, draw, write_flat_png

from cms.core.pictures import child
from cms.core.pictures.child import render_in_child
from cms.core.pictures.errors import TooHeavy, Unreadable
from cms.core.pictures.limits import CHILD_CPU_SECONDS, CHILD_MEMORY_BYTES
from cms.core.pictures.rendering import Recipe, render

SMALLER = Recipe(box=(0, 0, 1200, 800), size=(120, 80), format="webp", options={"quality": 80})


def test_a_child_makes_the_very_picture_that_this_process_would_make(tmp_path: Path) -> None:
    here = BytesIO()
    with draw(tmp_path / "photo.jpg", 1200, 800, noisy=True).open("rb") as file:
        render(file, SMALLER, here)

        assert render_in_child(file, SMALLER) == here.getvalue()


def test_a_broken_picture_is_said_to_be_unreadable(tmp_path: Path) -> None:
    with (
        cut_short(draw(tmp_path / "photo.jpg", 1200, 800, noisy=True)).open("rb") as file,
        pytest.raises(Unreadable, match="truncated"),
    ):
        render_in_child(file, SMALLER)


def test_a_child_stops_at_its_limit_of_memory(tmp_path: Path) -> None:
    side = 11_600  # 4 bytes for each of 134 million pixels
    assert side * side * 4 > CHILD_MEMORY_BYTES

    with write_flat_png(tmp_path / "bomb.png", side, side).open("rb") as file, pytest.raises(TooHeavy, match="memory"):
        render_in_child(file, replace(SMALLER, box=(0, 0, side, side)))


def test_a_child_is_ended_after_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "CHILD_SECONDS", 0.001)

    with draw(tmp_path / "photo.jpg", 1200, 800).open("rb") as file, pytest.raises(TooHeavy, match="not done within"):
        render_in_child(file, SMALLER)


def test_a_machine_without_room_for_a_child_makes_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "away"))

    with pytest.raises(TooHeavy, match="no child process"):
        render_in_child(BytesIO(b"picture"), SMALLER)


@pytest.mark.parametrize("number", [signal.SIGXCPU, signal.SIGKILL], ids=lambda number: number.name)
def test_a_child_that_the_kernel_ended_was_too_heavy(number: signal.Signals) -> None:
    assert isinstance(child._failure_of(-number, b""), TooHeavy)


def test_a_decoder_that_crashed_leaves_an_unreadable_picture() -> None:
    assert isinstance(child._failure_of(-signal.SIGSEGV, b""), Unreadable)


def test_a_child_gives_way_and_has_limits() -> None:
    program = (
        "import os, resource\n"
        "from cms.core.pictures.__main__ import _make_way, _set_limits\n"
        "_make_way(); _set_limits()\n"
        "limits = (resource.RLIMIT_DATA, resource.RLIMIT_CPU)\n"
        "print(os.nice(0) >= 10, *(resource.getrlimit(limit)[0] for limit in limits))"
    )

    output = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True, cwd=child.ROOT)

    assert output.stdout.split() == ["True", str(CHILD_MEMORY_BYTES), str(CHILD_CPU_SECONDS)]


def test_one_child_works_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0
    lock = threading.Lock()
    first_runs = threading.Event()

    def run(*_arguments: Any) -> bytes:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        first_runs.wait(0.05)
        with lock:
            running -= 1
        return b"picture"

    monkeypatch.setattr(child, "_run", run)
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: render_in_child(BytesIO(), SMALLER), range(8)))

    assert made == [b"picture"] * 8
    assert most == 1


def test_who_waits_too_long_for_other_pictures_goes_on_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "WAIT_SECONDS", 0.01)

    with child._ONE_AT_A_TIME, pytest.raises(TooHeavy, match="other pictures"):
        render_in_child(BytesIO(), SMALLER)
