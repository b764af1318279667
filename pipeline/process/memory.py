"""What a process has freed goes back to the machine, and what it has loaded is not looked through again and again."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

# The numbers of mallopt(3). Left alone, glibc keeps freed blocks of up to 32 MB once one so large has been freed, in an
# arena for almost every thread: an hour of editing left 160 MB that nobody used.
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8

LARGE_BYTES = 1024 * 1024  # more than a column of a batch, which the engine takes and frees all the time
ARENAS = 2


def give_back_freed_memory() -> None:
    """Call this before threads start. Another C library than glibc goes on as it does."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((TRIM_THRESHOLD, LARGE_BYTES), (MMAP_THRESHOLD, LARGE_BYTES), (ARENA_MAX, ARENAS)):
            mallopt(option, value)


@contextmanager
def loading() -> Iterator[None]:
    """Keep the garbage collector off what is being loaded, then and for good: its looks took a tenth of a start. One
    more at the end would take a fifteenth, and find next to nothing."""
    gc.disable()
    try:
        yield
        _spare_what_is_there()
    finally:
        gc.enable()


def freeze_memory() -> None:
    """Spare the garbage collector what was made to start, which stays for good, and let it look less often.

    A page makes and drops thousands of objects: at Python's own threshold, the looks take a thirtieth of its time.
    """
    gc.collect()
    _spare_what_is_there()


def _spare_what_is_there() -> None:
    gc.freeze()
    gc.set_threshold(10_000)
