"""A directory whose files are in memory, where the machine has room for that.

The engine makes and removes thousands of small files a test, which on a disk takes a fifth of its processor time. Only
for files that are gone with the test: what survives a crash of the machine is tested nowhere by these.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 * 2**30


@contextmanager
def in_memory(otherwise: Path) -> Iterator[Path]:
    """A new directory, which is removed at the end, or ``otherwise`` if there is not enough memory for one."""
    if not _has_room():
        yield otherwise
        return
    with tempfile.TemporaryDirectory(prefix="nhip-", dir=SHARED_MEMORY, ignore_cleanup_errors=True) as directory:
        yield Path(directory)


def _has_room() -> bool:
    try:
        space = os.statvfs(SHARED_MEMORY)
    except OSError:
        return False
    return os.access(SHARED_MEMORY, os.W_OK) and space.f_bavail * space.f_frsize > ROOM_BYTES
