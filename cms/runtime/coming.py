"""How an answer that takes minutes is sent (``cms/core/coming.py``).

The event loop asks it for lines, so that no thread of Django waits; only the rest is made in one. A reader who closes
the connection ends the work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from django.db import close_old_connections

from cms.core.coming import LINE_SECONDS, Coming, ComingResponse
from pipeline.process.http import Receive, Send, disconnected

LOOK_SECONDS = 0.2  # from the end of the work to the rest


async def send_coming(
    response: ComingResponse, send: Send, receive: Receive, *, run: Callable[..., Awaitable[Any]]
) -> None:
    """Send the body; ``run`` calls something in a thread of Django."""
    coming = response.coming
    gone = asyncio.create_task(disconnected(receive))
    try:
        await _part(coming.head + coming.line(), send)
        while not await _is_over(coming, gone):
            await _part(coming.line(), send)
        if not gone.done():
            await _part(await run(_rest, coming), send)
    finally:
        coming.give_up()
        gone.cancel()
        await run(response.close)
    await send({"type": "http.response.body", "body": b""})


async def _is_over(coming: Coming, gone: asyncio.Task[None]) -> bool:
    """Whether there is nothing more to wait for; False after LINE_SECONDS."""
    for _ in range(round(LINE_SECONDS / LOOK_SECONDS)):
        if coming.is_over or gone.done():
            return True
        await asyncio.wait((gone,), timeout=LOOK_SECONDS)
    return coming.is_over or gone.done()


async def _part(body: bytes, send: Send) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


def _rest(coming: Coming) -> bytes:
    """Outside of a request, which would look after the thread's connections."""
    close_old_connections()
    try:
        return coming.rest()
    finally:
        close_old_connections()
