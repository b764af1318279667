"""The data directory belongs to one running process at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import DataDirectoryBusy, DataDirectoryError


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Keep ``path`` for this process while the block runs; the lock goes with the process, however it ends.

    Raises DataDirectoryError if the directory can't be written, DataDirectoryBusy if another process holds it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / "lock").open("w")
    except OSError as error:
        raise DataDirectoryError(
            f"NHIP_DATA_DIR: {path} can't be written ({error.strerror}); "
            "change its permissions or set NHIP_DATA_DIR to a directory of yours",
            variable="NHIP_DATA_DIR",
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DataDirectoryBusy(
                f"NHIP_DATA_DIR: another process runs on {path}; stop it, or set NHIP_DATA_DIR to another directory",
                variable="NHIP_DATA_DIR",
            ) from error
        yield
