"""Request bodies, read whole by the event loop: a thread never waits for a sender.

A body is refused if it is larger than its sender may send, if it comes too slowly, or if there is no room for it. Small
ones are kept in memory, larger ones in temporary files; there is a bound for all of them together, and where memory
runs out, those that have been coming for longest make room.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from pipeline.process.headers import DATA_FIELDS
from pipeline.process.http import NO_STORE, Receive, Scope, Send

FORM_BYTES = 64 * 1024
UPLOAD_BYTES = 64_000_000  # the proxy's limit too: deploy/caddy/Caddyfile
FORMS_BYTES = 32 * 1024 * 1024  # all that are in memory
UPLOADS_BYTES = 2 * UPLOAD_BYTES  # all that are on disk
UPLOAD_PATHS = "/admin/"

PATIENCE_SECONDS = 20.0
LEAST_BYTES_A_SECOND = 500
LINGER_SECONDS = 2.0

MaySend = Callable[[Scope], Awaitable[bool]]


class Refused(Exception):
    """``words`` are for the sender."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


TOO_SLOW = "Nội dung gửi lên tới quá chậm, mời gửi lại. · The request came too slowly."
TOO_LARGE = f"Tệp quá lớn: tối đa {UPLOAD_BYTES // 1_000_000} MB. · The file is too large."
SIGN_IN_FIRST = (
    f"Nội dung gửi lên quá lớn (hơn {FORM_BYTES // 1024} KB). Nếu đang tải tệp lên, hãy đăng nhập lại rồi thử lại. · "
    "The request is too large for somebody who is not signed in."
)
NO_ROOM = "Máy chủ đang nhận quá nhiều tệp, mời thử lại sau ít phút. · Too many uploads, please try again."


@dataclass(eq=False)
class Body:
    """``file`` is at its beginning once the body is whole."""

    size: int = 0
    _spool: "SpooledTemporaryFile[bytes]" = field(
        default_factory=lambda: SpooledTemporaryFile(max_size=FORM_BYTES)  # noqa: SIM115 - Bodies closes it
    )
    _patience: asyncio.Timeout = field(default_factory=lambda: asyncio.timeout(PATIENCE_SECONDS))

    @property
    def file(self) -> BinaryIO:
        return cast(BinaryIO, self._spool)

    @property
    def on_disk(self) -> bool:
        return self.size > FORM_BYTES

    def wait_longer(self, *, since: float) -> None:
        """Wait for the next bytes, unless all that came ``since`` came too slowly; not after ``give_up``."""
        now = asyncio.get_running_loop().time()
        earned = since + PATIENCE_SECONDS + self.size / LEAST_BYTES_A_SECOND
        self._patience.reschedule(min(earned, now + PATIENCE_SECONDS))

    def give_up(self) -> None:
        if not self._patience.expired():
            self._patience.reschedule(asyncio.get_running_loop().time())


class Bodies:
    """``may_upload`` says whether the sender of a request may send more than a form."""

    def __init__(self, may_upload: MaySend) -> None:
        self._may_upload = may_upload
        self._coming: dict[Body, None] = {}  # the oldest first
        self._in_memory = 0
        self._on_disk = 0
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="uploads")

    @asynccontextmanager
    async def whole(self, scope: Scope, receive: Receive) -> AsyncIterator[Body | None]:
        """The body while the block runs; None if the sender has left. Raises Refused."""
        length = _announced(scope)
        limit = await self._limit(scope, length or 0)
        body = Body()
        try:
            left = length != 0 and not await self._read(body, scope, receive, limit=limit)
            yield None if left else body
        finally:
            self._release(body)

    async def _limit(self, scope: Scope, size: int) -> int:
        """The most that the sender may send, if it is as much as ``size``. Raises Refused."""
        if size <= FORM_BYTES:
            return FORM_BYTES
        if not (scope["path"].startswith(UPLOAD_PATHS) and await self._may_upload(scope)):
            raise Refused(413, SIGN_IN_FIRST)
        if size > UPLOAD_BYTES:
            raise Refused(413, TOO_LARGE)
        return UPLOAD_BYTES

    async def _read(self, body: Body, scope: Scope, receive: Receive, *, limit: int) -> bool:
        """Whether the whole body came; False if the sender has left. Raises Refused."""
        self._coming[body] = None
        try:
            async with body._patience:
                since = asyncio.get_running_loop().time()
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return False
                    more = message.get("more_body", False)
                    if body.size + len(message["body"]) > limit:
                        limit = await self._limit(scope, body.size + len(message["body"]))
                    await self._add(body, message["body"])
                    if body in self._coming:
                        body.wait_longer(since=since)
        except TimeoutError as error:
            raise Refused(408, TOO_SLOW) from error
        finally:
            self._coming.pop(body, None)
        body.file.seek(0)
        return True

    async def _add(self, body: Body, chunk: bytes) -> None:
        self._make_room(body, len(chunk))
        try:
            if body.on_disk:
                await asyncio.get_running_loop().run_in_executor(self._writer, body.file.write, chunk)
            else:
                body.file.write(chunk)
        except OSError as error:
            raise Refused(503, NO_ROOM) from error

    def _make_room(self, body: Body, more: int) -> None:
        """Count ``more`` bytes of ``body``. Raises Refused if there is no room."""
        before = 0 if body.on_disk else body.size
        on_disk_before = body.size - before
        body.size += more
        after = 0 if body.on_disk else body.size
        self._in_memory += after - before
        self._on_disk += body.size - after - on_disk_before
        if self._on_disk > UPLOADS_BYTES or not self._fits_in_memory(body):
            raise Refused(503, NO_ROOM)

    def _fits_in_memory(self, body: Body) -> bool:
        """End the oldest of the bodies that are still coming until the others fit."""
        too_much = self._in_memory - FORMS_BYTES
        for old in list(self._coming) if too_much > 0 else ():
            if too_much <= 0:
                break
            if old is not body and not old.on_disk:
                del self._coming[old]
                old.give_up()
                too_much -= old.size
        return too_much <= 0

    def _release(self, body: Body) -> None:
        if body.on_disk:
            self._on_disk -= body.size
        else:
            self._in_memory -= body.size
        body.file.close()


async def refuse(refusal: Refused, receive: Receive, send: Send) -> None:
    """Answer, and close the connection once the sender has had a moment to read the answer.

    A connection that is closed with unread bytes of a request is reset, and a reset takes the answer away from a sender
    that is still busy (RFC 9112, 9.6).
    """
    words = refusal.words.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(words)),
        (b"connection", b"close"),
        NO_STORE,
        *DATA_FIELDS,
    ]
    if refusal.status == 503:
        headers.append((b"retry-after", b"30"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": words, "more_body": True})
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while (await receive()).get("more_body"):
                pass
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b""})


def _announced(scope: Scope) -> int | None:
    """The length of the body; None if it is not said."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return None
    return int(headers.get(b"content-length", 0))
