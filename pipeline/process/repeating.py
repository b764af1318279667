"""Repeats a small step in a thread of its own, beside the work."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def repeating(
    step: Callable[[], float], name: str, *, leave_seconds: float | None = None
) -> Iterator[Callable[[], None]]:
    """Call ``step`` while the block runs; it returns the seconds until its next turn and raises nothing.

    Yields a call that brings the next turn forward to now. At the end wait for a step under way, at most
    ``leave_seconds`` where given.
    """
    stopping, woken = threading.Event(), threading.Event()

    def keep_on() -> None:
        while True:
            woken.clear()  # before the step, so that a stop or a call during it ends the wait
            if stopping.is_set():
                return
            woken.wait(step())

    thread = threading.Thread(target=keep_on, name=name, daemon=True)
    thread.start()
    try:
        yield woken.set
    finally:
        stopping.set()
        woken.set()
        thread.join(leave_seconds)
