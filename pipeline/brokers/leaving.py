"""Takes leave of a log within a bound: nothing depends on it any more."""

import threading
from collections.abc import Callable

LEAVE_SECONDS = 2.0


def let_go(close: Callable[[], None]) -> None:
    """Call ``close``; go on without it after LEAVE_SECONDS."""
    thread = threading.Thread(target=close, name="leave", daemon=True)
    thread.start()
    thread.join(LEAVE_SECONDS)
