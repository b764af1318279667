"""Answers that are sent again and again, composed once and sent in one piece.

uvicorn composes the head of each answer anew, checks every field of it, and sends head and body apart, which takes more
time than finding a page in memory. ASGI has no message for an answer in bytes, so this depends on uvicorn's inside,
which a test names: ``send`` is a method of the request's ``RequestResponseCycle``. Anywhere else the same answer goes
by ASGI's messages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from pipeline.process.http import Messages, Response, Send, messages_of, send_all

_NO_FIELD = re.compile(rb"[\r\n\0]")


class Composed(NamedTuple):
    """A server's own fields, such as the date, come after the ``status`` line and before the other ``fields``."""

    status: bytes
    fields: bytes
    body: bytes
    messages: Messages


def compose(response: Response) -> Composed:
    """Raises ValueError if a field of the head has an end of line in it."""
    messages = messages_of(response)
    fields: Sequence[tuple[bytes, bytes]] = messages[0]["headers"]
    if any(_NO_FIELD.search(name + value) for name, value in fields):
        raise ValueError(f"no field of a head: {fields}")
    status = HTTPStatus(response.status)
    return Composed(
        status=b"HTTP/1.1 %d %s\r\n" % (status, status.phrase.encode()),
        fields=b"".join(b"%s: %s\r\n" % field for field in fields) + b"\r\n",
        body=response.body,
        messages=messages,
    )


async def send_composed(answer: Composed, send: Send) -> None:
    cycle = getattr(send, "__self__", None)
    if not (isinstance(cycle, RequestResponseCycle) and _write(cycle, answer)):
        await send_all(answer.messages, send)


def _write(cycle: RequestResponseCycle, answer: Composed) -> bool:
    """Whether it is sent; not if uvicorn has to wait for the client or must end the connection after the answer."""
    if cycle.flow.write_paused or cycle.disconnected or cycle.response_started or not cycle.keep_alive:
        return False
    cycle.waiting_for_100_continue = False
    cycle.response_started = cycle.response_complete = True
    parts = [answer.status]
    for name, value in cycle.default_headers:
        parts += (name, b": ", value, b"\r\n")
    parts.append(answer.fields)
    if cycle.scope["method"] != "HEAD":
        parts.append(answer.body)
    cycle.transport.write(b"".join(parts))
    cycle.message_event.set()
    cycle.on_response()
    return True
