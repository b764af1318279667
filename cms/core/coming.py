"""An answer that takes minutes: its head at once, lines that say how far it is, then the rest.

A view returns ``ComingResponse``. In our server the event loop asks for lines (``cms/runtime/coming.py``); any other,
and Django's test client, gets the same bytes from the thread that has the request.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from django.http import StreamingHttpResponse
from django.utils.cache import patch_cache_control

LINE_SECONDS = 1.0


class Coming(Protocol):
    """``head``: what is sent first. Only ``rest`` may take long or ask the database."""

    head: bytes

    @property
    def is_over(self) -> bool:
        """Whether ``rest`` can be made without waiting."""

    def wait(self, seconds: float) -> bool:
        """For ``is_over``."""

    def line(self) -> bytes:
        """How far it is."""

    def rest(self) -> bytes:
        """What is sent last."""

    def give_up(self) -> None:
        """Nobody waits any more. Called at the end too."""


class ComingResponse(StreamingHttpResponse):
    def __init__(self, coming: Coming, **more: Any) -> None:
        super().__init__(_in_this_thread(coming), **more)
        self.coming = coming
        patch_cache_control(self, no_transform=True)  # a proxy that compresses keeps what is less than a block back
        self["X-Accel-Buffering"] = "no"  # nginx, which keeps back what it can

    def close(self) -> None:
        self.coming.give_up()
        super().close()


def _in_this_thread(coming: Coming) -> Iterator[bytes]:
    try:
        yield coming.head + coming.line()
        while not coming.wait(LINE_SECONDS):
            yield coming.line()
        yield coming.rest()
    finally:
        coming.give_up()
