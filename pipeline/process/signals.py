"""How a process is told to stop: by SIGTERM or SIGINT, which interrupt its start or ask its loop to end."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def ended_by_signals() -> Iterator[threading.Event]:
    """A signal ends the block in order, as Ctrl-C does: KeyboardInterrupt is raised in it and goes no further.

    The event yielded is set by then: code that is interrupted may swallow the exception.
    """
    asked = threading.Event()

    def interrupt() -> None:
        asked.set()
        raise KeyboardInterrupt

    with stopped_by_signals(interrupt), suppress(KeyboardInterrupt):
        yield asked


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """A signal calls ``stop`` while the block runs; then the handlers before it are back."""

    def handle(_signal: int, _frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, handle) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
