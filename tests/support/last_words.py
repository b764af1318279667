"""What the processes of a test that failed wrote last; their logs end with the test's directory."""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path

from product import everything_in

LOG = ".log"
LINES = 30
TAIL = 8_192  # bytes


def last_words(directory: Path) -> list[tuple[str, str]]:
    """The logs under ``directory`` that are not empty, by name, each with its last lines; the latest is the last one.

    What is gone by now, or can't be read, is left out: it must not take the failure's place. Kafka keeps its records in
    files of the same ending: their names are numbers.
    """
    logs = {
        path: status
        for path, status in everything_in(directory).items()
        if path.suffix == LOG and not path.stem.isdigit() and stat.S_ISREG(status.st_mode) and status.st_size
    }
    shown = []
    for log in sorted(logs, key=lambda path: logs[path].st_mtime_ns):
        with suppress(OSError):
            shown.append((str(log.relative_to(directory)), _tail(log, logs[log].st_size)))
    return shown


def _tail(log: Path, size: int) -> str:
    with log.open("rb") as file:
        file.seek(max(0, size - TAIL))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-LINES:])
