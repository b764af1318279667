"""What the processes of a test that failed wrote last; their logs end with the test's directory."""

from __future__ import annotations

import os
from pathlib import Path

LOG = ".log"
LINES = 30
TAIL = 8_192  # bytes


def last_words(directory: Path) -> list[tuple[str, str]]:
    """The logs under ``directory`` that are not empty, by name, each with its last lines; the latest is the last one.

    Kafka keeps its records in files of the same ending: their names are numbers.
    """
    logs = [
        Path(folder, name)
        for folder, _folders, names in os.walk(directory)
        for name in names
        if name.endswith(LOG) and not name.removesuffix(LOG).isdigit()
    ]
    logs = [log for log in logs if log.is_file() and log.stat().st_size]
    return [
        (str(log.relative_to(directory)), _tail(log)) for log in sorted(logs, key=lambda one: one.stat().st_mtime_ns)
    ]


def _tail(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-LINES:])
