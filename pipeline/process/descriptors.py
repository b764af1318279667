"""How many files and connections a process may have open.

systemd gives 1,024 at first and allows far more. A process takes what it may have, and holds fewer live streams where
that is little: every connection over the limit would be reset, pages and views among them.
"""

import resource
from pathlib import Path

ENOUGH = 65_536
RESERVED = 400  # for files, servers, and the connections of pages and views
MOST_WAITING = 2048  # to be accepted, where descriptors are plenty


def raise_limit() -> None:
    """Call this at the start. Take what the machine allows, up to ENOUGH."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def limit() -> int:
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return ENOUGH if soft == resource.RLIM_INFINITY else soft


def streams_at_most(wanted: int) -> int:
    """``wanted``, or as many as leave RESERVED for everything else, one at least."""
    return max(1, min(wanted, limit() - RESERVED))


def backlog() -> int:
    """Connections that may wait to be accepted: all of them are, at once, before any of them can be closed."""
    return max(10, min(MOST_WAITING, limit() // 20))


def count_open() -> int | None:
    """None where the system does not say."""
    here = Path("/proc/self/fd")
    return sum(1 for _ in here.iterdir()) if here.is_dir() else None
