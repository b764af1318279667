"""The child process: ``python -m cms.core.pictures RECIPE < picture > smaller picture``, within limits.

It exits with UNREADABLE, and words for the log, if the input is no whole picture; with TOO_LARGE if the picture needs
more memory than the limit; by a signal if it needs more processor time. It ends by itself, whatever becomes of its
parent.
"""

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from cms.core.pictures.limits import CHILD_CPU_SECONDS, CHILD_MEMORY_BYTES, TOO_LARGE, UNREADABLE


def main() -> int:
    _make_way()
    _set_limits()
    settings.configure()  # Willow asks Django's settings for its optimisers
    from cms.core.pictures.rendering import Recipe, render  # noqa: PLC0415

    try:
        render(sys.stdin.buffer, Recipe.from_json(sys.argv[1]), sys.stdout.buffer)
    except MemoryError:
        return TOO_LARGE
    except Exception as error:  # decoders raise many kinds: OSError, SyntaxError, ValueError, struct.error …
        sys.stderr.write(f"{type(error).__name__}: {error}")
        return UNREADABLE
    return 0


def _make_way() -> None:
    """Readers and the live numbers go first; where memory runs out, this process is the first to end."""
    os.nice(10)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _set_limits() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (CHILD_MEMORY_BYTES, CHILD_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CHILD_CPU_SECONDS, CHILD_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())
