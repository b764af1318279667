"""The collector, an ASGI application: takes beacons, serves counters, live streams, health and metrics.

========================  ============================================================================================
``POST /_nhip/e``         a beacon; 202 when durable, else a 4xx or 503 whose ``X-Nhip`` names the reason
``GET /_nhip/p.gif``      the same for browsers without script
``GET /_nhip/b.js``       the beacon script
``GET /_nhip/summary.json``, ``pages.json``, ``live``   the counters, from memory
``GET /_nhip/healthz``, ``readyz``, ``metrics``         for operations
========================  ============================================================================================
"""

import asyncio
import time
from base64 import b64decode
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from hashlib import blake2b
from importlib.resources import files
from typing import Any, NamedTuple, get_args
from urllib.parse import parse_qs

import msgspec

from pipeline.collecting.acknowledger import Acknowledger
from pipeline.collecting.beacon import (
    MAX_BODY_BYTES,
    RETRIABLE,
    STATUS,
    Dropped,
    Envelope,
    Reason,
    SaltFor,
    parse_beacon,
    parse_pixel,
)
from pipeline.metrics import ACKNOWLEDGED_EVENTS, COUNTERS_AS_OF, REFUSED_BEACONS
from pipeline.process.health import PREFIX, Answer, Check, Health
from pipeline.serving.counters import Counters
from pipeline.serving.live import LiveStreams, pages_json, summary_json
from pipeline.serving.snapshot import Unit

MAX_PAGE_IDS = 100

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
NO_STORE = (b"cache-control", b"no-store")

_REFUSED = {reason: REFUSED_BEACONS.labels(reason=reason.value) for reason in Reason}
_ACKNOWLEDGED = {kind: ACKNOWLEDGED_EVENTS.labels(kind=kind) for kind in ("PageView", "Heartbeat")}


class Response(NamedTuple):
    status: int
    body: bytes = b""
    headers: Sequence[tuple[bytes, bytes]] = ()


Messages = tuple[Mapping[str, Any], Mapping[str, Any]]


def _messages(response: Response) -> Messages:
    headers = list(response.headers)
    if response.status != 304:  # it would have to be the length of what is not sent
        headers.append((b"content-length", b"%d" % len(response.body)))
    return (
        {"type": "http.response.start", "status": response.status, "headers": headers},
        # The server leaves the body out for HEAD; the length above is that of the GET, as RFC 9110 8.6 asks.
        {"type": "http.response.body", "body": response.body},
    )


NOTHING: Mapping[str, Check] = {}
ACCEPTED = _messages(Response(202, headers=(NO_STORE,)))


class Collector:
    """Give it to an ASGI server. ``checks`` name what readiness depends on, ``alive`` what must run."""

    def __init__(
        self,
        *,
        key: bytes,
        acknowledger: Acknowledger,
        counters: Counters,
        salt_for: SaltFor,
        live: LiveStreams,
        checks: Mapping[str, Check],
        alive: Mapping[str, Check] = NOTHING,
    ) -> None:
        self._key = key
        self._acknowledger = acknowledger
        self._counters = counters
        self._salt_for = salt_for
        self._live = live
        self._health = Health(alive=alive, ready=checks)
        self._script = files("pipeline.collecting.script").joinpath("beacon.min.js").read_bytes()
        self._readers: dict[str, Callable[[Scope], Response]] = {
            "summary.json": self._summary,
            "pages.json": self._pages,
            "b.js": self._beacon_script,
            "healthz": lambda _scope: _probed(self._health.healthz()),
            "readyz": lambda _scope: _probed(self._health.readyz()),
            "metrics": self._metrics,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        name = scope["path"].removeprefix(PREFIX)
        if name == "e":
            await _send_all(await self._beacon(scope, receive), send)
        elif name == "p.gif":
            await self._respond(await self._pixel(scope), send)
        elif name == "live":
            await self._stream(scope, receive, send)
        else:
            await self._respond(self._read(name, scope), send)

    # views in

    async def _beacon(self, scope: Scope, receive: Receive) -> Messages:
        try:
            if scope["method"] != "POST":
                raise Dropped(Reason.WRONG_METHOD)
            body = await _body(receive)
            event = parse_beacon(body, _envelope(scope), key=self._key, salt_for=self._salt_for)
            await self._acknowledger.append(event)
        except Dropped as refusal:
            return _messages(_refuse(refusal.reason, allow=b"POST"))
        _ACKNOWLEDGED[type(event).__name__].inc()
        return ACCEPTED

    async def _pixel(self, scope: Scope) -> Response:
        try:
            if scope["method"] != "GET":
                raise Dropped(Reason.WRONG_METHOD)
            view = parse_pixel(scope["query_string"], _envelope(scope), key=self._key, salt_for=self._salt_for)
            await self._acknowledger.append(view)
        except Dropped as refusal:
            return _refuse(refusal.reason, allow=b"GET")
        _ACKNOWLEDGED["PageView"].inc()
        return Response(200, PIXEL, [(b"content-type", b"image/gif"), NO_STORE])

    # numbers out

    def _read(self, name: str, scope: Scope) -> Response:
        reader = self._readers.get(name)
        if reader is None:
            return _text(404, "no such endpoint")
        if scope["method"] not in ("GET", "HEAD"):
            return Response(405, headers=[(b"allow", b"GET, HEAD")])
        return reader(scope)

    def _summary(self, scope: Scope) -> Response:
        try:
            site, unit = _site_and_unit(scope)
        except ValueError as error:
            return _text(400, str(error))
        return _json(scope, summary_json(self._counters.snapshot(), site=site, unit=unit))

    def _pages(self, scope: Scope) -> Response:
        try:
            page_ids = _page_ids(scope, "ids")
        except ValueError as error:
            return _text(400, str(error))
        snapshot = self._counters.snapshot()
        return _json(scope, {"pages": pages_json(snapshot, page_ids), "as_of": snapshot.as_of})

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            (site, unit), page_ids = _site_and_unit(scope), _page_ids(scope, "pages")
        except ValueError as error:
            return await self._respond(_text(400, str(error)), send)
        if scope["method"] != "GET":
            return await self._respond(Response(405, headers=[(b"allow", b"GET")]), send)
        if self._live.full:
            return await self._respond(_text(503, "too many live readers; poll summary.json instead"), send)
        await _send_stream(self._live.messages(site=site, unit=unit, page_ids=page_ids), receive, send)
        return None

    def _beacon_script(self, scope: Scope) -> Response:
        return _cacheable(scope, self._script, b"text/javascript; charset=utf-8", b"public, max-age=3600")

    # operations

    def _metrics(self, _scope: Scope) -> Response:
        COUNTERS_AS_OF.set(self._counters.snapshot().as_of or 0)
        return _probed(self._health.metrics())

    async def _respond(self, response: Response, send: Send) -> None:
        await _send_all(_messages(response), send)


async def _send_all(messages: Messages, send: Send) -> None:
    for message in messages:
        await send(message)


async def _body(receive: Receive) -> bytes:
    """The whole body, as long as it is small enough to be a beacon. Raises Dropped."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) <= MAX_BODY_BYTES:
        message = await receive()
        body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise Dropped(Reason.MALFORMED)
    return body


_TEXT_HEADERS = {
    b"host": "host",
    b"origin": "origin",
    b"referer": "referer",
    b"user-agent": "user_agent",
    b"sec-purpose": "purpose",
    b"purpose": "purpose",
}


def _envelope(scope: Scope) -> Envelope:
    known: dict[str, Any] = {}
    for name, value in scope["headers"]:
        if field := _TEXT_HEADERS.get(name):
            known[field] = value.decode("latin-1")
        elif name == b"content-type":
            known["content_type"] = value
        elif name in (b"dnt", b"sec-gpc") and value.strip() == b"1":
            known["unidentified"] = True
    client = scope.get("client")
    return Envelope(now=time.time_ns() // 1_000_000, ip=client[0] if client else "", **known)


def _refuse(reason: Reason, *, allow: bytes) -> Response:
    _REFUSED[reason].inc()
    headers = [(b"x-nhip", reason.value.encode()), NO_STORE]
    if reason is Reason.WRONG_METHOD:
        headers.append((b"allow", allow))
    if reason in RETRIABLE:
        headers.append((b"retry-after", b"1"))
    return Response(STATUS[reason], headers=headers)


def _query(scope: Scope) -> dict[str, str]:
    text = scope["query_string"].decode("latin-1")
    return {name: values[-1] for name, values in parse_qs(text, max_num_fields=20).items()}


def _site_and_unit(scope: Scope) -> tuple[int, Unit]:
    query = _query(scope)
    unit = query.get("unit", "visits")
    if unit not in get_args(Unit):
        raise ValueError("unit is visits or views")
    site = query.get("site", "1")
    if not _is_number(site):
        raise ValueError("site takes one whole number")
    return int(site), unit  # type: ignore[return-value]


def _page_ids(scope: Scope, name: str) -> tuple[int, ...]:
    text = _query(scope).get(name, "")
    page_ids = tuple(_numbers(text, name)) if text else ()
    if len(page_ids) > MAX_PAGE_IDS:
        raise ValueError(f"{name} takes at most {MAX_PAGE_IDS} page ids")
    return page_ids


def _numbers(text: str, name: str) -> Sequence[int]:
    parts = text.split(",")
    if not all(map(_is_number, parts)):
        raise ValueError(f"{name} takes whole numbers, separated by commas")
    return [int(part) for part in parts]


def _text(status: int, text: str) -> Response:
    return Response(status, text.encode(), [(b"content-type", b"text/plain; charset=utf-8"), NO_STORE])


def _probed(answer: Answer) -> Response:
    return Response(answer.status, answer.body, [(b"content-type", answer.content_type.encode()), NO_STORE])


def _json(scope: Scope, content: Any) -> Response:
    return _cacheable(scope, msgspec.json.encode(content), b"application/json", b"no-cache")


def _cacheable(scope: Scope, body: bytes, content_type: bytes, cache_control: bytes) -> Response:
    """A body under its ETag; 304 for a reader that has it already."""
    etag = b'"' + blake2b(body, digest_size=8).hexdigest().encode() + b'"'
    headers = [(b"content-type", content_type), (b"etag", etag), (b"cache-control", cache_control)]
    known = [value for name, value in scope["headers"] if name == b"if-none-match"]
    if any(etag in value for value in known):
        return Response(304, headers=headers[1:])
    return Response(200, body, headers)


async def _send_stream(messages: AsyncGenerator[bytes], receive: Receive, send: Send) -> None:
    """Send until the messages end or the reader has gone."""
    headers = [(b"content-type", b"text/event-stream"), NO_STORE, (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    gone = asyncio.create_task(_disconnected(receive))
    try:
        async with aclosing(messages):
            async for message in messages:
                await send({"type": "http.response.body", "body": message, "more_body": True})
                if gone.done():
                    return
    finally:
        gone.cancel()
    await send({"type": "http.response.body", "body": b""})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10
