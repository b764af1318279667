"""The C library's memory: what a process has freed goes back to the machine."""

import ctypes

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
