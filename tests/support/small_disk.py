"""A disk of a few megabytes that a test fills to the last byte."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

FILLER = "filler"
STEPS = (1 << 20, 4_096, 1)


@contextmanager
def small_disk(directory: Path, *, megabytes: int) -> Iterator[Path]:
    """Mount a file system of its own at ``directory``; the test is skipped where nobody may."""
    directory.mkdir(parents=True, exist_ok=True)
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", str(directory)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root, and a machine that lets it")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def fill(directory: Path) -> None:
    """Take every free byte."""
    with (directory / FILLER).open("ab", buffering=0) as filler:
        for size in STEPS:
            with suppress(OSError):
                while filler.write(bytes(size)):
                    pass


def make_room(directory: Path) -> None:
    (directory / FILLER).unlink()


def remount(directory: Path, mode: str) -> None:
    """``mode`` is ``ro`` or ``rw``; nobody may have a file open for writing."""
    subprocess.run(["mount", "-o", f"remount,{mode}", str(directory)], check=True)
