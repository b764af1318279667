"""``/static/`` from memory, sent by the event loop: Django has no part in it."""

from __future__ import annotations

import asyncio

from django.conf import settings

from cms.core.hashed_files import Found, hashed_files, headers_of, type_of
from cms.runtime.files import Bytes, Headers, send_file
from cms.web.encodings import BEST, Encoding, choose, compress
from pipeline.process.http import Application, Receive, Response, Scope, Send, respond, text

COMPRESSED_TYPES = ("text/", "image/svg+xml", "application/json")
# The best takes a second for half a megabyte of the editors' scripts, which saves them 8 % of it.
BEST_UP_TO_BYTES = 100_000
GOOD = BEST._replace(br=9)


class StaticFiles:
    """The files of all apps; every other path is ``elsewhere``'s.

    A file is compressed when it is first asked for, in a thread, and kept so: with it all, memory has some six
    megabytes. Django must be set up.
    """

    def __init__(self, elsewhere: Application) -> None:
        self._elsewhere = elsewhere
        self._files = hashed_files()
        self._files.collect()
        self._compressed: dict[tuple[str, Encoding], asyncio.Task[bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if not path.startswith(settings.STATIC_URL):
            await self._elsewhere(scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await respond(Response(405, headers=[(b"allow", b"GET, HEAD")]), send)
        elif found := self._files.find(path.removeprefix(settings.STATIC_URL)):
            content, headers = await self._choose(found, scope)
            await send_file(Bytes(content), headers, scope=scope, receive=receive, send=send)
        else:
            await respond(text(404, "no such file"), send)

    async def _choose(self, found: Found, scope: Scope) -> tuple[bytes, Headers]:
        """The content as the reader takes it."""
        headers = [(name.lower().encode(), value.encode()) for name, value in headers_of(found).items()]
        encoding: Encoding = "identity"
        if type_of(found.name).startswith(COMPRESSED_TYPES):
            encoding = choose(b",".join(value for name, value in scope["headers"] if name == b"accept-encoding"))
            headers.append((b"vary", b"Accept-Encoding"))
        if encoding != "identity":
            headers.append((b"content-encoding", encoding.encode()))
        headers.append((b"etag", f'"{found.name.rsplit("/", 1)[-1]}-{encoding}"'.encode()))
        return await self._read(found, encoding), headers

    async def _read(self, found: Found, encoding: Encoding) -> bytes:
        """The content so encoded; readers who ask at once wait for one compression, which none of them can end."""
        asked = found.name, encoding
        if encoding == "identity":
            return self._files.content(found)
        if asked not in self._compressed:
            content = self._files.content(found)
            levels = BEST if len(content) <= BEST_UP_TO_BYTES else GOOD
            compressing = asyncio.to_thread(compress, content, encoding, levels)
            self._compressed[asked] = asyncio.create_task(compressing)
        return await asyncio.shield(self._compressed[asked])
