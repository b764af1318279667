"""Work that a thread repeats while a test does something else."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

PAUSE_SECONDS = 0.02  # between two calls: work without a pause takes the processor from what the test is about


@contextmanager
def repeating(work: Callable[[], object]) -> Iterator[None]:
    """Call ``work`` again and again until the block ends. If it fails, so does the block, at its end."""
    stopping = Event()

    def repeat() -> None:
        while not stopping.is_set():
            work()
            stopping.wait(PAUSE_SECONDS)

    with ThreadPoolExecutor(1) as threads:
        repeated = threads.submit(repeat)
        try:
            yield
        finally:
            stopping.set()
        repeated.result()
