"""Whether a failure came of a disk that takes no writes, which passes when somebody makes room."""

import errno
import sqlite3

PRIMARY = 0xFF  # of SQLite's extended error codes
BY_SYSTEM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
BY_SQLITE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY})


def is_refused_by_disk(error: BaseException | None) -> bool:
    """Whether ``error``, or what caused it, is of a full or read-only disk."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in BY_SYSTEM:
            return True
        if getattr(error, "sqlite_errorcode", 0) & PRIMARY in BY_SQLITE:
            return True
        error = error.__cause__
    return False
