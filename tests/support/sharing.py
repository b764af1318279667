"""How the workers of one run share a machine: a range of ports each, things made once for all workers, and servers that
end with the last test that needs them."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PORTS = (15_000, 32_000)
MOST_WORKERS = 8
WORKER_VARIABLE = "PYTEST_XDIST_WORKER"


def ports_of_this_worker() -> tuple[int, int]:
    """This worker's own range: no other worker takes a port from it, even a free one."""
    worker = os.environ.get(WORKER_VARIABLE, "gw0")
    size = (PORTS[1] - PORTS[0]) // MOST_WORKERS
    first = PORTS[0] + size * (int(worker.removeprefix("gw")) % MOST_WORKERS)
    return first, first + size


def make_once(directories: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The path of something that ``make`` made; the first worker that asks calls it, the others wait."""
    base = directories.getbasetemp()
    root = base.parent if WORKER_VARIABLE in os.environ else base
    made = root / f"shared-{name}"
    with locked(root / f"shared-{name}.lock"):
        if not made.exists():
            aside = root / f"unfinished-{name}"
            shutil.rmtree(aside, ignore_errors=True)
            make(aside)
            aside.rename(made)
    return made


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


_ends: dict[str, Callable[[], None]] = {}


@contextmanager
def until_its_last_test(server: str, end: Callable[[], None]) -> Iterator[None]:
    """Calls ``end`` at ``end_unused``, or after the block if that comes first. A server that idles until its worker's
    last test takes processor time from the others."""
    _ends[server] = end
    try:
        yield
    finally:
        end_unused(server)


def end_unused(server: str) -> None:
    """No test of this worker needs the server any more."""
    if end := _ends.pop(server, None):
        end()
