"""Waiting for another thread or process."""

import time
from collections.abc import Callable

# Longer than the product itself may wait for one answer: a member of a group waits 65 s for that to its join.
PATIENCE = 120.0
MOST_BETWEEN = 0.1


def wait_until(holds: Callable[[], bool], *, seconds: float = PATIENCE, what: Callable[[], str] = lambda: "") -> None:
    """Ask until it ``holds``, the less often the longer it takes, since some questions start a process. After
    ``seconds`` raises AssertionError that says ``what`` was missing."""
    began = time.monotonic()
    while not holds():
        waited = time.monotonic() - began
        assert waited < seconds, f"not within {seconds:g} s: {what()}"
        time.sleep(min(MOST_BETWEEN, 0.01 + waited / 20))
