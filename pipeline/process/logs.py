"""How every process writes its log: to standard error, each line with its time and the offset from UTC."""

import logging
from datetime import datetime

from pipeline.periods import ZONE

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class Zoned(logging.Formatter):
    """Times as ISO 8601 with milliseconds in Asia/Ho_Chi_Minh, not in the zone of the machine or of Django."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802, ARG002 - logging's
        return datetime.fromtimestamp(record.created, ZONE).isoformat(timespec="milliseconds")


def configure(level: int) -> None:
    """Log from ``level`` up; does nothing where the log is configured already, as in tests."""
    handler = logging.StreamHandler()
    handler.setFormatter(Zoned(FORMAT))
    logging.basicConfig(level=level, handlers=[handler])
