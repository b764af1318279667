"""Waiting for another thread or process."""

import time
from collections.abc import Callable

PATIENCE = 60.0


def wait_until(holds: Callable[[], bool], *, seconds: float = PATIENCE, what: Callable[[], str] = lambda: "") -> None:
    """Ask until it ``holds``. After ``seconds`` raises AssertionError that says ``what`` was missing."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what()}"
        time.sleep(0.01)
