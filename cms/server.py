"""The embedded mode's one server: ``/_nhip/`` goes to the collector, everything else to Django in a pool of threads."""

from typing import Any, cast

from a2wsgi import WSGIMiddleware
from django.core.handlers.wsgi import WSGIHandler

from pipeline.acknowledger import Acknowledger
from pipeline.collector import Collector
from pipeline.health import PREFIX
from pipeline.serving import listen, live_until, serve

__all__ = ["SITE_THREADS", "Site", "listen", "serve"]

SITE_THREADS = 8


class Site:
    """Sends ``/_nhip/`` to the collector, the rest to Django, and lets the acknowledger finish on shutdown."""

    def __init__(self, collector: Collector, pages: WSGIHandler, *, acknowledger: Acknowledger) -> None:
        self._collector = collector
        self._pages = WSGIMiddleware(cast(Any, pages), workers=SITE_THREADS)
        self._acknowledger = acknowledger

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await live_until(self._acknowledger.stop, receive, send)
        elif scope["path"].startswith(PREFIX):
            await self._collector(scope, receive, send)
        else:
            await self._pages(scope, receive, send)
