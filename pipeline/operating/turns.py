"""What changes all that is stored runs one at a time in a process, be it a command or the product's own work."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import Unavailable

_changing = threading.Lock()


@contextmanager
def alone() -> Iterator[None]:
    """Run the block while no other of its kind runs. Raises Unavailable if one does."""
    if not _changing.acquire(blocking=False):
        raise Unavailable("another command that changes what is stored is under way; wait for its end")
    try:
        yield
    finally:
        _changing.release()
