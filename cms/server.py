"""The embedded mode's one server: ``/_nhip/`` goes to the collector, everything else to Django in a pool of threads."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, cast

import uvicorn
from a2wsgi import WSGIMiddleware
from django.core.handlers.wsgi import WSGIHandler

from pipeline.acknowledger import Acknowledger
from pipeline.collector import PREFIX, Collector
from pipeline.errors import ConfigurationError
from pipeline.settings import Settings

SITE_THREADS = 8


@contextmanager
def listen(settings: Settings) -> Iterator[socket.socket]:
    """Bind before anything slow happens. Raises ConfigurationError when the address can't be had."""
    try:
        listener = socket.create_server((settings.host, settings.port), backlog=2048)
    except OSError as error:
        raise ConfigurationError(
            f"PORT, NHIP_HOST: {settings.host}:{settings.port} can't be had ({os.strerror(error.errno or 0)}); "
            f"stop what uses it, or choose another, such as: PORT={max(settings.port, 8000) % 65_535 + 1} make run"
        ) from error
    with listener:
        yield listener


class Site:
    """Sends ``/_nhip/`` to the collector, the rest to Django, and lets the acknowledger finish on shutdown."""

    def __init__(self, collector: Collector, pages: WSGIHandler, *, acknowledger: Acknowledger) -> None:
        self._collector = collector
        self._pages = WSGIMiddleware(cast(Any, pages), workers=SITE_THREADS)
        self._acknowledger = acknowledger

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live_and_stop(receive, send)
        elif scope["path"].startswith(PREFIX):
            await self._collector(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    async def _live_and_stop(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._acknowledger.stop()
        await send({"type": "lifespan.shutdown.complete"})


def serve(site: Site, listener: socket.socket, *, settings: Settings, on_exit: Callable[[], None]) -> None:
    """Answer on ``listener`` until SIGINT or SIGTERM; then call ``on_exit`` at once and drain what is under way."""
    config = uvicorn.Config(
        site,
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=5,
    )
    _Server(config, on_exit=on_exit).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Ends the live streams when told to stop; uvicorn would wait for them."""

    def __init__(self, config: uvicorn.Config, *, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_exit = on_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_exit()
        super().handle_exit(sig, frame)
