"""The uvicorn server that the product's processes share: bound early, trusting only its proxies, ended in order."""

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from pipeline.errors import ConfigurationError
from pipeline.process.connections import IDLE_SECONDS, LOOK_SECONDS, Connection
from pipeline.process.descriptors import backlog
from pipeline.process.headers import EVERY, HSTS, strict_transport
from pipeline.process.http import Application, Receive, Scope, Send
from pipeline.settings import Settings

DRAIN_SECONDS = 5
# For requests to notice that their clients were dropped; uvicorn then ends them with a traceback each.
LEAVE_SECONDS = 2


@contextmanager
def listen(settings: Settings) -> Iterator[socket.socket]:
    """Bind before anything slow happens. Raises ConfigurationError if the address can't be had."""
    try:
        listener = socket.create_server((settings.host, settings.port), backlog=backlog())
    except OSError as error:
        raise ConfigurationError(
            f"PORT, NHIP_HOST: {settings.host}:{settings.port} can't be had ({os.strerror(error.errno or 0)}); "
            f"stop what uses it, or choose another, such as: PORT={max(settings.port, 8000) % 65_535 + 1} make run",
            variable="PORT",
        ) from error
    with listener:
        yield listener


def serve(
    application: Application, listener: socket.socket, *, settings: Settings, on_exit: Callable[[], None]
) -> None:
    """Answer on ``listener`` until a signal; then call ``on_exit`` at once and answer the requests under way.

    ``application`` must answer ASGI's lifespan, as ``live_until`` does. At the end the signal goes to the handler that
    was there before, too.
    """
    config = uvicorn.Config(
        over_tls(application, strict_transport(settings.names)),
        http=Connection,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        backlog=backlog(),
        server_header=False,
        headers=list(EVERY.items()),
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS + LEAVE_SECONDS,
    )
    _Server(config, on_exit=on_exit).run(sockets=[listener])


def over_tls(application: Application, strict: str) -> Application:
    """``application``, whose answers say HSTS if the request came by https; over http none may (RFC 6797 7.2).

    It goes where uvicorn keeps the headers of every answer, so that answers in one piece have it too (``composed``).
    """
    if not strict:
        return application
    added = (HSTS.encode(), strict.encode())

    async def strictly(scope: Scope, receive: Receive, send: Send) -> None:
        cycle = getattr(send, "__self__", None)
        if isinstance(cycle, RequestResponseCycle) and scope["scheme"] == "https":
            cycle.default_headers = [*cycle.default_headers, added]
        await application(scope, receive, send)

    return strictly


def saying_instead(send: Send, field: tuple[bytes, bytes]) -> Send:
    """``send`` for one answer that has ``field`` in place of what every answer says; ``send`` is the server's own."""
    cycle = getattr(send, "__self__", None)
    if isinstance(cycle, RequestResponseCycle):
        cycle.default_headers = [*(usual for usual in cycle.default_headers if usual[0] != field[0]), field]
        return send

    async def send_with_field(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            others = [other for other in message["headers"] if other[0].lower() != field[0]]
            message = {**message, "headers": [*others, field]}
        await send(message)

    return send_with_field


async def live_until(stopped: Callable[[], Awaitable[None]], receive: Receive, send: Send) -> None:
    """ASGI's lifespan: nothing to start; once the last request is answered, wait for ``stopped``."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await stopped()
    await send({"type": "lifespan.shutdown.complete"})


class _Server(uvicorn.Server):
    """Ends the live streams when told to stop, and drops slow clients a while later; uvicorn would wait for them.

    Cuts off clients that take nothing.
    """

    def __init__(self, config: uvicorn.Config, *, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_exit = on_exit
        self._looked_at = 0.0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_exit()
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second, as uvicorn calls it."""
        now = time.monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.end_if_stuck(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().call_later(DRAIN_SECONDS, self._drop_clients)
        await super().shutdown(sockets)

    def _drop_clients(self) -> None:
        for connection in list(self.server_state.connections):
            if isinstance(connection, Connection):
                connection.transport.abort()
