"""Django behind an ASGI server."""

import time
from collections.abc import Callable
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from django.core.handlers.wsgi import WSGIHandler

SITE_THREADS = 8
STUCK_SECONDS = 120.0


class Pages:
    """Django in a pool of threads; stuck if all of them are busy and none has finished for a while."""

    def __init__(self, application: WSGIHandler, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._answer = WSGIMiddleware(cast(Any, application), workers=SITE_THREADS)
        self._clock = clock
        self._under_way = 0
        self._moved_at = clock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._under_way < SITE_THREADS:
            self._moved_at = self._clock()
        self._under_way += 1
        try:
            await self._answer(scope, receive, send)
        finally:
            self._under_way -= 1
            self._moved_at = self._clock()

    def check(self) -> str | None:
        still = self._clock() - self._moved_at
        if self._under_way >= SITE_THREADS and still > STUCK_SECONDS:
            return f"{self._under_way} pages under way, none answered for {still:.0f} s"
        return None
