"""What changes stored rows as a whole runs one at a time in a process: commands, and what the product does by itself."""

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
