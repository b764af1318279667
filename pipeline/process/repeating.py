"""Something small done again and again beside the work, in a thread of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def repeating(step: Callable[[], float], name: str, *, leave_seconds: float | None = None) -> Iterator[None]:
    """While the block runs call ``step``, which returns the seconds until its next turn and raises nothing.

    At the end a step under way is waited for, at most ``leave_seconds`` where given.
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
