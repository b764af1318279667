"""What the product's ASGI applications share: responses, bodies within a limit, answers that a reader may keep."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from pipeline.process.headers import DATA_FIELDS, Fields

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFIX = "/_nhip/"
REPORTS_PREFIX = f"{PREFIX}reports/"  # the site answers these, the collectors everything else below PREFIX
NO_STORE = (b"cache-control", b"no-store")
# What 304 says again of the answer that it stands for (RFC 9110 15.4.5).
NOT_MODIFIED = frozenset(
    {b"cache-control", b"content-location", b"date", b"etag", b"expires", b"last-modified", b"vary"}
)


class Response(NamedTuple):
    status: int
    body: bytes = b""
    headers: Sequence[tuple[bytes, bytes]] = ()


Messages = tuple[Mapping[str, Any], Mapping[str, Any]]


def responding(answer: Callable[[Scope], Response]) -> Application:
    """An endpoint whose answer needs no body and no waiting."""

    async def endpoint(scope: Scope, _receive: Receive, send: Send) -> None:
        await respond(answer(scope), send)

    return endpoint


def only_read(endpoint: Application) -> Application:
    """``endpoint`` for GET and HEAD; 405 for every other method."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in ("GET", "HEAD"):
            await endpoint(scope, receive, send)
        else:
            await respond(Response(405, headers=[(b"allow", b"GET, HEAD")]), send)

    return guarded


async def not_found(_scope: Scope, _receive: Receive, send: Send) -> None:
    await respond(Response(404), send)


async def respond(response: Response, send: Send) -> None:
    await send_all(messages_of(response), send)


async def send_all(messages: Messages, send: Send) -> None:
    for message in messages:
        await send(message)


def messages_of(response: Response) -> Messages:
    headers = list(response.headers)
    if response.status != 304:  # it would have to be the length of what is not sent
        headers.append((b"content-length", b"%d" % len(response.body)))
    return (
        {"type": "http.response.start", "status": response.status, "headers": headers},
        # The server leaves the body out for HEAD; the length above is that of the GET, as RFC 9110 8.6 asks.
        {"type": "http.response.body", "body": response.body},
    )


def text(status: int, words: str) -> Response:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), NO_STORE, *DATA_FIELDS]
    return Response(status, words.encode(), headers)


def json(scope: Scope, content: Any) -> Response:
    body = msgspec.json.encode(content)
    return cacheable(scope, body, content_type=b"application/json", cache_control=b"no-cache", kind=DATA_FIELDS)


def cacheable(scope: Scope, body: bytes, *, content_type: bytes, cache_control: bytes, kind: Fields) -> Response:
    """A body under its ETag; 304 for a reader that has it already. ``kind``: those of a row of ``headers``."""
    etag = b'"' + blake2b(body, digest_size=8).hexdigest().encode() + b'"'
    headers = [(b"content-type", content_type), (b"etag", etag), (b"cache-control", cache_control), *kind]
    if has_tag(b",".join(value for name, value in scope["headers"] if name == b"if-none-match"), etag):
        return Response(304, headers=headers[1:])
    return Response(200, body, headers)


def has_tag(known: bytes, etag: bytes) -> bool:
    """Whether If-None-Match, ``known``, names the tag. Compared weakly (RFC 9110 13.1.2): proxies make tags weak."""
    tags = [tag.strip().removeprefix(b"W/") for tag in known.split(b",")]
    return b"*" in tags or etag.removeprefix(b"W/") in tags


async def read_body(receive: Receive, *, limit: int) -> bytes | None:
    """The body, read no further than ``limit`` is passed; None if the client left before it was read."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) <= limit:
        message = await receive()
        body += message.get("body", b"")
    return None if message["type"] == "http.disconnect" else body


async def disconnected(receive: Receive) -> None:
    """Returns when the client has left; what is still to come of its request is dropped."""
    while (await receive())["type"] != "http.disconnect":
        pass
