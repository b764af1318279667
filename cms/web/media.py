"""Uploaded files, sent by the event loop: Django has no part in it, except for pictures that not everybody may have."""

import asyncio
import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections

from cms.core.changes.watch import Changes
from cms.core.media import find_upload, headers_of, name_of
from cms.core.private_pictures import is_original, picture_of, private_pictures
from cms.runtime.files import READERS, File, Headers, send_file
from pipeline.process.http import Application, Receive, Scope, Send

MOST_NAMES = 50_000


class Media:
    """``/media/`` from MEDIA_ROOT; what is no public file there is ``elsewhere``'s, as is every other path."""

    def __init__(self, elsewhere: Application, privacy: "Privacy") -> None:
        self._elsewhere = elsewhere
        self._privacy = privacy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        upload = await _find(scope)
        if upload is None:
            return await self._elsewhere(scope, receive, send)
        with closing(upload.file):
            if await self._privacy.is_for_all(upload.name):
                return await send_file(upload.file, upload.headers, scope=scope, receive=receive, send=send)
        return await self._elsewhere(scope, receive, send)


class Privacy:
    """Which files everybody may have, as of the newest change that was noticed.

    A database that does not answer leaves what was known; where nothing was, a file is not for everybody.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._generation: int | None = None
        self._private: frozenset[int] = frozenset()
        self._pictures: OrderedDict[str, int] = OrderedDict()  # by the names of their files
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="privacy")

    async def is_for_all(self, name: str) -> bool:
        if is_original(name):
            return False
        generation = self._changes.known.generation
        if generation == self._generation:
            if not self._private:
                return True
            if picture := self._pictures.get(name):
                return picture not in self._private
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._ask, name, generation)

    def _ask(self, name: str, generation: int) -> bool:
        close_old_connections()
        try:
            if generation != self._generation:
                self._private = private_pictures()
                self._generation = generation
            return not self._private or self._picture_of(name) not in self._private
        except (DatabaseError, InterfaceError):
            return False  # Django says why
        finally:
            close_old_connections()

    def _picture_of(self, name: str) -> int | None:
        """None is not kept: a rendition is written before its row."""
        picture = self._pictures.get(name) or picture_of(name)
        if picture is not None:
            self._pictures[name] = picture
            if len(self._pictures) > MOST_NAMES:
                self._pictures.popitem(last=False)
        return picture


class _Upload(NamedTuple):
    file: File
    headers: Headers
    name: str


async def _find(scope: Scope) -> _Upload | None:
    path: str = scope["path"]
    if not path.startswith(settings.MEDIA_URL) or scope["method"] not in ("GET", "HEAD"):
        return None
    below = path.removeprefix(settings.MEDIA_URL)
    return await asyncio.get_running_loop().run_in_executor(READERS, _open, below)


def _open(path: str) -> _Upload | None:
    try:
        found = find_upload(path)
        descriptor = os.open(found, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    state = os.fstat(descriptor)
    file = File(descriptor, start=0, end=state.st_size)
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers_of(found, state).items()]
    return _Upload(file, headers, name_of(found))
