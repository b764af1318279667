"""The static files of all apps, under names that have a hash of their content, so that browsers keep them for ever.

The names are made in memory when a process starts. Nothing is collected into a folder beforehand: all files together
are three megabytes and take 0.13 s of processor time, every process of a release has the same names, and no process
depends on what another one writes.
"""

from __future__ import annotations

import re
from functools import cached_property
from mimetypes import MimeTypes
from threading import RLock
from typing import Any, NamedTuple, cast

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import HashedFilesMixin, staticfiles_storage
from django.core.files.storage.memory import InMemoryStorage
from django.http import Http404, HttpRequest, HttpResponse

from pipeline.process.headers import SHARED

IGNORED = ("CVS", ".*", "*~")  # as collectstatic does
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
HASH = re.compile(r"\.[0-9a-f]{12}(?=\.[^./]+$|$)")

# Those of the machine would differ from one machine to the next.
TYPES = MimeTypes()
TYPES.add_type("font/woff2", ".woff2")
TYPES.add_type("text/javascript", ".js")
TYPES.add_type("image/x-icon", ".ico")


class Found(NamedTuple):
    """``name``: the file's own, with its hash. ``by_hash``: it was asked for by this name, and not by another."""

    name: str
    by_hash: bool


class HashedFiles(HashedFilesMixin, InMemoryStorage):  # type: ignore[misc]
    """Django's naming, and its rewriting of the addresses in stylesheets, in memory.

    Both bases have url(); the first calls the second.
    """

    def __init__(self) -> None:
        super().__init__(location="/", base_url=settings.STATIC_URL)
        self._collecting = RLock()

    def collect(self) -> None:
        """Read and name the files now, and not when the first of them is asked for."""
        _ = self._files

    def stored_name(self, name: str) -> str:
        """The name with the hash; ``name`` itself if there is no such file."""
        return self._files.names.get(name, name)

    def find(self, name: str) -> Found | None:
        """The file that ``name`` asks for. A page that a browser kept may know the hash of another release: then it is
        this release's file.
        """
        if name in self._files.contents:
            return Found(name, by_hash=True)
        hashed = self._files.names.get(name) or self._files.names.get(HASH.sub("", name))
        return Found(hashed, by_hash=False) if hashed else None

    def content(self, found: Found) -> bytes:
        return self._files.contents[found.name]

    @property
    def _files(self) -> _Files:
        with self._collecting:
            return self._collected

    @cached_property
    def _collected(self) -> _Files:
        sources: dict[str, tuple[Any, str]] = {}
        for finder in finders.get_finders():
            for path, storage in finder.list(IGNORED):
                sources.setdefault(path, (storage, path))  # of two with one name, the first is meant
        for name, (storage, path) in sources.items():
            with storage.open(path) as file:
                self.save(name, file)
        for _done in self.post_process(sources):
            pass  # a stylesheet that names a file which does not exist keeps that address
        names = dict(self.hashed_files)
        contents = {hashed: self._take(hashed) for hashed in names.values()}
        for name in sources:
            self.delete(name)
        return _Files(names, contents)

    def _take(self, name: str) -> bytes:
        with self.open(name) as file:
            content: bytes = file.read()
        self.delete(name)
        return content


class _Files(NamedTuple):
    """``names``: of each file, the one with its hash. ``contents``: by this name."""

    names: dict[str, str]
    contents: dict[str, bytes]


def hashed_files() -> HashedFiles:
    """The one of this process."""
    return cast(HashedFiles, staticfiles_storage)


def headers_of(found: Found) -> dict[str, str]:
    """What a browser is told about a static file."""
    content_type = type_of(found.name)
    return {
        "Content-Type": f"{content_type}; charset=utf-8" if content_type.startswith("text/") else content_type,
        "Cache-Control": FOR_EVER if found.by_hash else ASK_AGAIN,
        "Access-Control-Allow-Origin": "*",  # a font from a CDN is of another origin than its page
        **SHARED,
    }


def type_of(name: str) -> str:
    return TYPES.guess_type(name)[0] or "application/octet-stream"


def serve_static(_request: HttpRequest, path: str) -> HttpResponse:
    """The same under Django's own server; the product's server sends files itself. Raises Http404."""
    files = hashed_files()
    found = files.find(path)
    if found is None:
        raise Http404(path)
    return HttpResponse(files.content(found), headers=headers_of(found))
