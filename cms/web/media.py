"""Uploaded files, sent by the event loop: Django has no part in it."""

import asyncio
import os
from contextlib import closing

from django.conf import settings

from cms.core.media import find_upload, headers_of
from cms.runtime.files import READERS, File, Headers, send_file
from pipeline.process.http import Application, Receive, Scope, Send


class Media:
    """``/media/`` from MEDIA_ROOT; what is no public file there is ``elsewhere``'s, as is every other path."""

    def __init__(self, elsewhere: Application) -> None:
        self._elsewhere = elsewhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        upload = await _find(scope)
        if upload is None:
            return await self._elsewhere(scope, receive, send)
        file, headers = upload
        with closing(file):
            await send_file(file, headers, scope=scope, receive=receive, send=send)
        return None


async def _find(scope: Scope) -> tuple[File, Headers] | None:
    path: str = scope["path"]
    if not path.startswith(settings.MEDIA_URL) or scope["method"] not in ("GET", "HEAD"):
        return None
    below = path.removeprefix(settings.MEDIA_URL)
    return await asyncio.get_running_loop().run_in_executor(READERS, _open, below)


def _open(path: str) -> tuple[File, Headers] | None:
    try:
        found = find_upload(path)
        descriptor = os.open(found, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    state = os.fstat(descriptor)
    file = File(descriptor, start=0, end=state.st_size)
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers_of(found, state).items()]
    return file, headers
