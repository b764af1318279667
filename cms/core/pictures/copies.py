"""Smaller copies of the large pictures that were read last.

A page needs a picture in a dozen sizes and formats. A child process reads a large one once, for a copy without loss
that this process can read itself; the sizes are made of the copy.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from io import BytesIO
from math import sqrt
from tempfile import TemporaryFile
from typing import IO
from weakref import finalize

from cms.core.pictures.child import render_in_child
from cms.core.pictures.limits import MAX_PIXELS_IN_PROCESS
from cms.core.pictures.rendering import COPY, Header, Recipe, Size

MOST_COPIES = 3  # files without a name, of ten megabytes at most
TOLD_APART_BY = 64 * 1024  # bytes of a picture's beginning and of its end


def size_of_copy(header: Header) -> Size:
    factor = sqrt(header.pixels / MAX_PIXELS_IN_PROCESS)
    return max(int(header.size[0] / factor), 1), max(int(header.size[1] / factor), 1)


def has_enough(header: Header, recipe: Recipe) -> bool:
    """Whether a copy has at least the pixels that the recipe asks for."""
    return recipe.scale >= max(*_factors(header))


def of_the_copy(header: Header, recipe: Recipe) -> Recipe:
    """The recipe that makes the same picture of the copy."""
    across, down = _factors(header)
    left, top, right, bottom = recipe.box
    return recipe.with_box((left / across, top / down, right / across, bottom / down))


def _factors(header: Header) -> tuple[float, float]:
    width, height = size_of_copy(header)
    return header.size[0] / width, header.size[1] / height


class Copies:
    """The last few; whoever needs one that is being made waits for it. Raises what ``render_in_child`` does."""

    def __init__(self) -> None:
        self._files: OrderedDict[bytes, IO[bytes]] = OrderedDict()
        self._lock = threading.Lock()
        finalize(self, _close, self._files)

    def get(self, source: IO[bytes], header: Header) -> IO[bytes]:
        key = _key(source)
        with self._lock:
            if key in self._files:
                self._files.move_to_end(key)
                file = self._files[key]
                file.seek(0)
                return BytesIO(file.read())
            width, height = header.size
            whole = Recipe(box=(0, 0, width, height), size=size_of_copy(header), format=COPY)
            copy = render_in_child(source, whole)
            self._keep(key, copy)
        return BytesIO(copy)

    def _keep(self, key: bytes, copy: bytes) -> None:
        try:
            file = TemporaryFile()  # noqa: SIM115 - closed when it is the oldest
            file.write(copy)
        except OSError:  # no room: it is made again
            return
        self._files[key] = file
        if len(self._files) > MOST_COPIES:
            self._files.popitem(last=False)[1].close()


def _key(source: IO[bytes]) -> bytes:
    length = source.seek(0, 2)
    source.seek(0)
    told = hashlib.blake2b(source.read(TOLD_APART_BY), digest_size=16)
    source.seek(max(length - TOLD_APART_BY, 0))
    told.update(source.read(TOLD_APART_BY))
    return told.digest() + length.to_bytes(8, "big")


def _close(files: OrderedDict[bytes, IO[bytes]]) -> None:
    for file in files.values():
        file.close()
