"""Runs the product under a system clock that a test sets: ``python with_set_clock.py FILE MODULE``.

FILE has the seconds by which the clock is ahead, or behind if negative. Every reading of the time goes through
``time.time`` and ``time.time_ns``, except those of Django's ``timezone.now`` and of SQL, which no counter depends on.
"""

import runpy
import sys
import time
from pathlib import Path

_file, _module = Path(sys.argv[1]), sys.argv[2]
_time, _time_ns = time.time, time.time_ns


def _offset() -> float:
    try:
        return float(_file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0.0


time.time = lambda: _time() + _offset()
time.time_ns = lambda: _time_ns() + int(_offset() * 1_000_000_000)
sys.argv = [_module]
sys.path[0] = ""
runpy.run_module(_module, run_name="__main__")
