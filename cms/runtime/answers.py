"""Django's answers, taken whole in its thread and sent by the event loop at the reader's speed.

One that takes minutes is not: ``coming``.
"""

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, NamedTuple, cast

from django.db import close_old_connections

from cms.core.coming import ComingResponse
from cms.runtime.coming import send_coming
from cms.runtime.files import File, send_file
from pipeline.process.headers import EVERY, HSTS
from pipeline.process.http import Receive, Scope, Send

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Run = Callable[..., Awaitable[Any]]
Headers = list[tuple[bytes, bytes]]

MEMORY_BYTES = 1024 * 1024  # of one answer; the rest goes to a temporary file
ANSWER_BYTES = 128_000_000
CHUNK_BYTES = 64 * 1024
BODILESS = (204, 304)
SAID_BY_THE_SERVER = {*EVERY, HSTS}


class AnswerTooLarge(Exception):
    """A page gave more than ``ANSWER_BYTES`` that are not a file's."""


class Answer(NamedTuple):
    status: int
    headers: Headers
    body: bytes | File | ComingResponse


def ask(application: WSGIApplication, environ: dict[str, Any]) -> Answer:
    """The whole answer of a WSGI application; nothing of it is left open but a file, or what is still coming.

    Raises AnswerTooLarge.
    """
    start = _Start()
    environ["wsgi.file_wrapper"] = _FileWrapper
    answer = application(environ, start)
    if isinstance(answer, ComingResponse):
        close_old_connections()  # its request ends in another thread
        return Answer(start.status, start.headers, answer)
    try:
        body = _file_of(answer) if isinstance(answer, _FileWrapper) else None
        return Answer(start.status, start.headers, _collect(start.written, answer) if body is None else body)
    finally:
        if close := getattr(answer, "close", None):
            close()


async def send_answer(
    answer: Answer, scope: Scope, receive: Receive, send: Send, *, run: Run = asyncio.to_thread
) -> None:
    """Send it, a file with ranges and conditions; a file is closed then. ``run`` calls something in a thread."""
    if isinstance(answer.body, ComingResponse):
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send_coming(answer.body, send, receive, run=run)
        return
    if isinstance(answer.body, File):
        with closing(answer.body):
            await send_file(answer.body, answer.headers, status=answer.status, scope=scope, receive=receive, send=send)
        return
    headers = answer.headers
    if answer.status not in BODILESS and not any(name == b"content-length" for name, _ in headers):
        headers = [*headers, (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


class _Start:
    """WSGI's ``start_response``."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Headers = []
        self.written: list[bytes] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], None]:
        self.status = int(status.split(" ", 1)[0])
        told = [(name.strip().lower(), value.strip()) for name, value in headers]
        self.headers = [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in told if name not in SAID_BY_THE_SERVER
        ]
        return self.written.append


class _FileWrapper:
    """WSGI's ``wsgi.file_wrapper``: says that an answer is a file. Django gives its FileResponse like this."""

    def __init__(self, file: BinaryIO, block_bytes: int = CHUNK_BYTES) -> None:
        self.file = file
        self.close = file.close
        self._block_bytes = block_bytes

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.file.read(self._block_bytes), b"")


def _file_of(answer: _FileWrapper) -> File | None:
    """The file with a descriptor of its own, so that its request can end; None if it is no file of the system."""
    try:
        descriptor = answer.file.fileno()
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return None
        return File(os.dup(descriptor), start=answer.file.tell(), end=found.st_size)
    except (AttributeError, OSError):  # io.UnsupportedOperation is an OSError
        return None


def _collect(written: list[bytes], answer: Iterable[bytes]) -> bytes | File:
    with SpooledTemporaryFile(max_size=MEMORY_BYTES) as spool:
        size = 0
        for chunk in chain(written, answer):
            size += len(chunk)
            if size > ANSWER_BYTES:
                raise AnswerTooLarge(f"an answer of more than {ANSWER_BYTES} bytes")
            spool.write(chunk)
        if size <= MEMORY_BYTES:
            spool.seek(0)
            return spool.read()
        spool.flush()
        return File(os.dup(cast(BinaryIO, spool).fileno()), start=0, end=size)
