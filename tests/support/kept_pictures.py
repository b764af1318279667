"""The renditions of the demo's pictures, encoded once for all runs: they are most of what showing the demo takes.

A picture is what its source and its recipe make of it, so a stored one is the very one. Tests of encoding itself
encode.
"""

from __future__ import annotations

import hashlib
import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

import pytest
from part import ROOT

from cms.core.pictures import rendering
from cms.core.pictures.rendering import Recipe

KEPT = ROOT / ".pytest_cache/demo-pictures"

Render = Callable[[IO[bytes], Recipe, IO[bytes]], None]


@contextmanager
def kept_pictures() -> Iterator[None]:
    """For this block what has been rendered before, by this code and these libraries, is read and not encoded."""
    unread = importlib.import_module("cms.core.pictures.unread")  # it needs Django's apps
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unread, "render", keeping(unread.render))
        yield


def keeping(render: Render) -> Render:
    """``render``, which reads what it has rendered before."""
    KEPT.mkdir(parents=True, exist_ok=True)
    code = b"".join(file.read_bytes() for file in (ROOT / "uv.lock", Path(rendering.__file__)))

    def read_or_render(source: IO[bytes], recipe: Recipe, target: IO[bytes]) -> None:
        source.seek(0)
        digest = hashlib.blake2b(code, digest_size=16)
        digest.update(recipe.to_json().encode())
        digest.update(source.read())
        kept = KEPT / digest.hexdigest()
        if not kept.exists():
            made = BytesIO()
            render(source, recipe, made)
            aside = kept.with_suffix(f".{os.getpid()}")
            aside.write_bytes(made.getvalue())
            aside.rename(kept)
        target.write(kept.read_bytes())

    return read_or_render
