"""A file as an answer: conditions and a range (RFC 9110), sent at the reader's speed by the event loop.

A file on disk is read a chunk at a time in threads of its own, so that neither a slow reader nor a slow disk holds
anything up.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from io import FileIO
from typing import NamedTuple, Protocol

from pipeline.process.http import NOT_MODIFIED, Receive, Scope, Send, disconnected, has_tag

CHUNK_BYTES = 128 * 1024

Headers = list[tuple[bytes, bytes]]

READERS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="files")


class Source(Protocol):
    """What can be sent; ``read`` gives ``count`` bytes from ``first`` on, or fewer where it ends."""

    size: int

    async def read(self, first: int, count: int) -> bytes: ...


class File:
    """The bytes from ``start`` to ``end`` of an open file; owns ``descriptor``."""

    def __init__(self, descriptor: int, *, start: int, end: int) -> None:
        self._file = FileIO(descriptor)  # closes itself if nobody gets to it
        self.start = start
        self.size = max(0, end - start)

    async def read(self, first: int, count: int) -> bytes:
        """``first`` is counted from ``start``."""
        return await asyncio.get_running_loop().run_in_executor(READERS, self._read, first, count)

    def close(self) -> None:
        self._file.close()

    def _read(self, first: int, count: int) -> bytes:
        return os.pread(self._file.fileno(), count, self.start + first)


class Bytes:
    """A file in memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size = len(content)

    async def read(self, first: int, count: int) -> bytes:
        return self._content[first : first + count]


class _Part(NamedTuple):
    """What of a file is sent, and how."""

    status: int
    headers: Headers
    first: int = 0
    size: int = 0


async def send_file(
    file: Source, headers: Headers, *, scope: Scope, receive: Receive, send: Send, status: int = 200
) -> None:
    """Answer with ``file``, with what the request asks of it, or with 304 if the reader has it; it stays open.

    ``headers`` may have ``etag`` and ``last-modified`` to judge by.
    """
    headers = [(name, value) for name, value in headers if name not in (b"content-length", b"accept-ranges")]
    part = _Part(status, headers, size=file.size)
    if status == 200 and scope["method"] in ("GET", "HEAD"):
        headers.append((b"accept-ranges", b"bytes"))
        part = _choose(dict(scope["headers"]), headers, file.size)
    if part.status != 304:
        part.headers.append((b"content-length", b"%d" % part.size))
    await send({"type": "http.response.start", "status": part.status, "headers": part.headers})
    if scope["method"] != "HEAD" and part.size:
        await _send_bytes(file, part, receive, send)
    else:
        await send({"type": "http.response.body", "body": b""})


async def _send_bytes(file: Source, part: _Part, receive: Receive, send: Send) -> None:
    gone = asyncio.create_task(disconnected(receive))
    at, end = part.first, part.first + part.size
    try:
        while at < end and not gone.done():
            chunk = await file.read(at, min(CHUNK_BYTES, end - at))
            if not chunk:
                raise EOFError("a file became shorter while it was sent")
            at += len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": at < end})
    finally:
        gone.cancel()


def _choose(asked: dict[bytes, bytes], headers: Headers, size: int) -> _Part:
    known = dict(headers)
    if _has_it(asked, known):
        return _Part(304, [header for header in headers if header[0] in NOT_MODIFIED])
    span = _range_of(asked[b"range"], size) if b"range" in asked and _is_same(asked, known) else None
    if span is None:
        return _Part(200, headers, size=size)
    first, last = span
    if first > last:
        nothing = [header for header in headers if header[0] not in (b"content-type", b"content-encoding")]
        return _Part(416, [*nothing, (b"content-range", b"bytes */%d" % size)])
    headers.append((b"content-range", b"bytes %d-%d/%d" % (first, last, size)))
    return _Part(206, headers, first, last - first + 1)


def _has_it(asked: dict[bytes, bytes], known: dict[bytes, bytes]) -> bool:
    """RFC 9110, 13.1.2 and 13.1.3."""
    if b"if-none-match" in asked:
        return b"etag" in known and has_tag(asked[b"if-none-match"], known[b"etag"])
    since, changed = _time(asked.get(b"if-modified-since")), _time(known.get(b"last-modified"))
    return since is not None and changed is not None and changed <= since


def _is_same(asked: dict[bytes, bytes], known: dict[bytes, bytes]) -> bool:
    """Whether a range of the file that the reader has a part of may be sent (13.1.5)."""
    if b"if-range" not in asked:
        return True
    tag = known.get(b"etag", b"")
    return asked[b"if-range"] in {known.get(b"last-modified")} | ({tag} if tag.startswith(b'"') else set())


def _range_of(asked: bytes, size: int) -> tuple[int, int] | None:
    """The first and the last byte of a single range, the first after the last if it is none of the file's.

    None for everything else: it is answered with the whole file (14.2).
    """
    unit, _, span = asked.partition(b"=")
    first, dash, last = span.strip().partition(b"-")
    if unit.strip().lower() != b"bytes" or not dash or not (first + last).isdigit() or len(span) > 40:
        return None
    if not first:
        return (size - min(int(last), size), size - 1) if size else (0, -1)
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last), size - 1) if last else size - 1


def _time(header: bytes | None) -> float | None:
    try:
        return parsedate_to_datetime(header.decode("latin-1")).timestamp() if header else None
    except (ValueError, OverflowError):
        return None
