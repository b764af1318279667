"""How every process writes its log: to standard error, each line with its time and the offset from UTC.

What strangers can make a process log, by asking, is logged once a minute for each kind, with the number of those that
were left out: a request of 57 bytes shall not cost a kilobyte of disk. So is what is tried again and again while a disk
or a server is away.
"""

import logging
import re
import time
from collections.abc import Callable
from datetime import datetime

from pipeline.periods import ZONE

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
QUIET_SECONDS = 60.0
# Loggers that write because of what a request brings.
BY_REQUEST = ("django.request", "django.security", "uvicorn.error", "pipeline.collecting.acknowledger")
# Loggers that write at each try.
BY_TRY = ("consumers.partition", "consumers.runner", "pipeline.serving.snapshot")
# Those of requests that are refused as they should be: which line of Django refused them helps nobody.
REFUSED = "django.security"
LONGEST_MESSAGE = 400  # characters
MOST_KINDS = 200
# Who has the address of a preview may read the draft: a log has no such address, whatever became of the request.
SECRET = re.compile(r"(/preview/)[^/\s]{8,}")
# What ends a line or moves the cursor of a terminal, written as Python writes it; a tab may stay.
CONTROLS = {code: repr(chr(code))[1:-1] for code in (*range(9), *range(10, 32), *range(127, 160), 0x2028, 0x2029)}


class Zoned(logging.Formatter):
    """Times as ISO 8601 with milliseconds in Asia/Ho_Chi_Minh, not in the zone of the machine or of Django.

    A message is one line, whatever a request has put into it. Only a traceback has more.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's
        record.message = record.message.translate(CONTROLS)
        return super().formatMessage(record)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802, ARG002 - logging's
        return datetime.fromtimestamp(record.created, ZONE).isoformat(timespec="milliseconds")


class OnceAMinute(logging.Filter):
    """Lets the first of a kind pass in each minute, and counts the others. A kind is where it was logged, and why."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._passed_at: dict[object, float] = {}
        self._left_out: dict[object, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING or not record.name.startswith(BY_REQUEST + BY_TRY):
            return True
        kind, now = _kind_of(record), self._clock()
        if now - self._passed_at.get(kind, float("-inf")) < QUIET_SECONDS:
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return False
        if len(self._passed_at) >= MOST_KINDS:
            self._passed_at.clear()
            self._left_out.clear()
        self._passed_at[kind] = now
        _shorten(record, left_out=self._left_out.pop(kind, 0))
        return True


def _kind_of(record: logging.LogRecord) -> object:
    """The line that logged it and, where there is an exception, the line that raised it."""
    error = record.exc_info[1] if record.exc_info else None
    trace = error.__traceback__ if error else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    raised = (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace else None
    return record.name, record.pathname, record.lineno, type(error), raised


def _shorten(record: logging.LogRecord, *, left_out: int) -> None:
    message = SECRET.sub(r"\1…", record.getMessage())
    if len(message) > LONGEST_MESSAGE:
        message = message[:LONGEST_MESSAGE] + "…"
    record.msg, record.args = message, None
    if left_out:
        record.msg += f" (and {left_out} more of the kind since the last line)"
    if record.name.startswith(REFUSED):
        record.exc_info = record.exc_text = None


def configure(level: int) -> None:
    """Log from ``level`` up; does nothing where the log is configured already, as in tests."""
    handler = logging.StreamHandler()
    handler.setFormatter(Zoned(FORMAT))
    handler.addFilter(OnceAMinute())
    logging.basicConfig(level=level, handlers=[handler])
