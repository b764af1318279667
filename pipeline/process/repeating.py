"""Repeats a small step in a thread of its own, beside the work."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def repeating(step: Callable[[], float], name: str, *, leave_seconds: float | None = None) -> Iterator[None]:
    """Call ``step`` while the block runs; it returns the seconds until its next turn and raises nothing.

    At the end wait for a step under way, at most ``leave_seconds`` where given.
    """
    stopping = threading.Event()

    def keep_on() -> None:
        seconds = 0.0
        while not stopping.wait(seconds):
            seconds = step()

    thread = threading.Thread(target=keep_on, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(leave_seconds)
