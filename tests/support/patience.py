"""Waiting for what another thread or process brings about."""

import time
from collections.abc import Callable

PATIENCE = 60.0


def wait_until(holds: Callable[[], bool], *, seconds: float = PATIENCE, what: Callable[[], str] = lambda: "") -> None:
    """Ask again and again. Raises AssertionError, with ``what`` was waited for, after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what()}"
        time.sleep(0.01)
