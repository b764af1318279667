"""The data directory belongs to one running process at a time, and nobody but its owner may read it.

It has keys, drafts, sessions, the day's salt and readers' views. Processes make files that are their owner's alone
(``keep_to_owner``); what an earlier release or a copy left open is mended at the start.
"""

import fcntl
import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import DataDirectoryBusy, DataDirectoryError

log = logging.getLogger("nhip")

OTHERS = stat.S_IRWXG | stat.S_IRWXO


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Keep ``path`` for this process while the block runs; the lock goes with the process, however it ends.

    Raises DataDirectoryError if the directory can't be written, DataDirectoryBusy if another process holds it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=stat.S_IRWXU)
        lock = open(path / "lock", "w", opener=_for_owner)  # noqa: SIM115 - Path.open takes no opener
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
        close_to_others(path)
        yield


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, stat.S_IRUSR | stat.S_IWUSR)


def keep_to_owner() -> None:
    """Call this at the start: files that the process makes are its owner's alone."""
    os.umask(OTHERS)


def close_to_others(path: Path) -> None:
    """Take from everybody but the owner what ``path`` and all below it grant them, and log that it was so.

    Where neither the directory nor anything right in it is open, nobody can have got further, and nothing is looked at.
    """
    if not path.is_dir() or not any(map(_is_open, (path, *path.iterdir()))):
        return
    mended = sum(_close(Path(found)) for found in _everything_in(path))
    log.warning(
        "NHIP_DATA_DIR: %d files of %s were open to other users; now they are their owner's alone", mended, path
    )


def _everything_in(path: Path) -> Iterator[str]:
    yield str(path)
    for folder, folders, files in os.walk(path):
        yield from (f"{folder}/{name}" for name in (*folders, *files))


def _is_open(path: Path) -> bool:
    found = path.lstat()
    return not stat.S_ISLNK(found.st_mode) and bool(found.st_mode & OTHERS)


def _close(path: Path) -> bool:
    """Whether it was open and is not any more."""
    try:
        if not _is_open(path):
            return False
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OTHERS)
    except FileNotFoundError:
        return False
    except PermissionError as error:
        log.warning("NHIP_DATA_DIR: %s is open to other users and another's (%s)", path, error.strerror)
        return False
    return True
