"""The checks of a consumer: alive while its loop comes round, ready while its inserts succeed."""

import time
from collections.abc import Callable

from consumers.runner import Runner
from pipeline.process.health import Check

GRACE_SECONDS = 30.0


def check_loop(runner: Runner, *, insert_seconds: float, clock: Callable[[], float] = time.monotonic) -> Check:
    """Alive: the loop came round, or tried an insert, no longer ago than one insert may take."""
    patience = 2 * insert_seconds + GRACE_SECONDS

    def check() -> str | None:
        if runner.failure:
            return str(runner.failure)
        silent = clock() - runner.progressed_at
        return f"stuck for {silent:.0f} s" if silent > patience else None

    return check


def check_inserts(runner: Runner) -> Check:
    def check() -> str | None:
        return runner.trouble or ("ClickHouse takes no inserts; the log keeps what comes" if runner.blocked else None)

    return check
