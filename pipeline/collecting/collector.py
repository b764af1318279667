"""The endpoints that take views, ``POST e`` and the pixel of browsers without script; ``POST doc``, which takes what
readers do on a page; and the scripts that send them.

A view is answered once it is durable, with 202 or the pixel; else with a 4xx or 503 whose ``X-Nhip`` names the reason.
A view that is stored already gets the same answer, with ``X-Nhip: repeated``.
"""

import gzip
import re
import time
from base64 import b64decode
from collections.abc import Callable
from typing import Any, get_args

from pipeline.collecting.acknowledger import Acknowledger
from pipeline.collecting.beacon import (
    MAX_BODY_BYTES,
    Dropped,
    Envelope,
    Knowledge,
    Reason,
    Told,
    parse_act,
    parse_beacon,
    parse_pixel,
)
from pipeline.collecting.displays import Displays
from pipeline.collecting.recent_answers import ACKNOWLEDGED, recent_answers
from pipeline.collecting.script import BEACON, ELEMENT, ENGAGEMENT, version_of
from pipeline.events import RATE, READERS, PageView, ReaderEvent
from pipeline.metrics import ACKNOWLEDGED_EVENTS, REFUSED_BEACONS, REPEATED_BEACONS, SUSPECT_EVENTS
from pipeline.process.headers import SHARED_FIELDS
from pipeline.process.http import (
    NO_STORE,
    Messages,
    Receive,
    Response,
    Scope,
    Send,
    cacheable,
    messages_of,
    read_body,
    respond,
    send_all,
)

PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
PIXEL_FIELDS = ((b"content-type", b"image/gif"), NO_STORE, *SHARED_FIELDS)
OF_BEFORE = (b"x-nhip", b"repeated")
ACCEPTED = messages_of(Response(202, headers=(NO_STORE,)))
REPEATED = messages_of(Response(202, headers=(NO_STORE, OF_BEFORE)))

# For how long a request is known again. A pixel has no id: what its reader asks for later is another display.
SCRIPTED_SECONDS = 300.0
UNSCRIPTED_SECONDS = 5.0

_GZIP = re.compile(rb"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")

Parse = Callable[[bytes, Envelope, Knowledge], Told]

_REFUSED = {reason: REFUSED_BEACONS.labels(reason=reason.value) for reason in Reason}
_SUSPECT = {reason: SUSPECT_EVENTS.labels(reason=reason) for reason in (RATE, READERS)}
_ACKNOWLEDGED = {kind.__name__: ACKNOWLEDGED_EVENTS.labels(kind=kind.__name__) for kind in get_args(ReaderEvent)}


class Collector:
    """``beacon``, ``act`` and ``pixel`` are ASGI endpoints, the scripts are answered at once."""

    def __init__(self, known: Knowledge, acknowledger: Acknowledger) -> None:
        self._known = known
        self._acknowledger = acknowledger
        self._scripted = Displays(seconds=SCRIPTED_SECONDS)
        self._acts = Displays(seconds=SCRIPTED_SECONDS)
        self._unscripted = Displays(seconds=UNSCRIPTED_SECONDS)
        self._script = BEACON.read_bytes()
        self._second_script = ENGAGEMENT.read_bytes()
        self._element = ELEMENT.read_bytes()
        self._packed_element = gzip.compress(self._element, mtime=0)
        self._second_version = b"v=" + version_of(ENGAGEMENT).encode()

    async def beacon(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_all(await self._take_posted(scope, receive, parse_beacon, self._scripted), send)

    async def act(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_all(await self._take_posted(scope, receive, parse_act, self._acts), send)

    async def pixel(self, scope: Scope, _receive: Receive, send: Send) -> None:
        await respond(await self._take_pixel(scope), send)

    def script(self, scope: Scope) -> Response:
        return cacheable(
            scope,
            self._script,
            content_type=b"text/javascript; charset=utf-8",
            cache_control=b"public, max-age=3600",
            kind=SHARED_FIELDS,
        )

    def second_script(self, scope: Scope) -> Response:
        """Kept for ever under its own version, which a page of another version does not name."""
        is_named = scope["query_string"] == self._second_version
        return cacheable(
            scope,
            self._second_script,
            content_type=b"text/javascript; charset=utf-8",
            cache_control=b"public, max-age=31536000, immutable" if is_named else b"public, max-age=3600",
            kind=SHARED_FIELDS,
        )

    def element(self, scope: Scope) -> Response:
        """Under one address for all versions, since front ends write it down; browsers look hourly for another."""
        packed = _takes_gzip(scope)
        response = cacheable(
            scope,
            self._packed_element if packed else self._element,
            content_type=b"text/javascript; charset=utf-8",
            cache_control=b"public, max-age=3600",
            kind=SHARED_FIELDS,
        )
        encoded = [(b"content-encoding", b"gzip")] if packed and response.status == 200 else []
        return response._replace(headers=[*response.headers, (b"vary", b"Accept-Encoding"), *encoded])

    async def stop(self) -> None:
        """Refuse new views and wait for those at hand."""
        await self._acknowledger.stop()

    async def _take_posted(self, scope: Scope, receive: Receive, parse: Parse, known: Displays) -> Messages:
        try:
            if scope["method"] != "POST":
                raise Dropped(Reason.WRONG_METHOD)
            body = await read_body(receive, limit=MAX_BODY_BYTES)
            if body is None:
                raise Dropped(Reason.MALFORMED)
            told = parse(body, _envelope(scope), self._known)
            is_new = await known.store_once(told, self._acknowledger.append)
        except Dropped as refusal:
            return messages_of(_refuse(refusal, allow=b"POST"))
        if not is_new:
            REPEATED_BEACONS.inc()
            return REPEATED
        _acknowledge(told.event)
        return ACCEPTED

    async def _take_pixel(self, scope: Scope) -> Response:
        try:
            if scope["method"] != "GET":
                raise Dropped(Reason.WRONG_METHOD)
            told = parse_pixel(scope["query_string"], _envelope(scope), self._known)
            is_new = await self._unscripted.store_once(told, self._acknowledger.append)
        except Dropped as refusal:
            return _refuse(refusal, allow=b"GET")
        if not is_new:
            REPEATED_BEACONS.inc()
            return Response(200, PIXEL, [*PIXEL_FIELDS, OF_BEFORE])
        _acknowledge(told.event)
        return Response(200, PIXEL, PIXEL_FIELDS)


_TEXT_HEADERS = {
    b"host": "host",
    b"x-forwarded-host": "forwarded_host",  # no page of another site can make a browser send it
    b"sec-fetch-site": "fetched_from",
    b"origin": "origin",
    b"referer": "referer",
    b"user-agent": "user_agent",
    b"accept-language": "accept_language",
    b"sec-purpose": "purpose",
    b"purpose": "purpose",
    b"cookie": "cookie",
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


def _takes_gzip(scope: Scope) -> bool:
    accepted = b",".join(value for name, value in scope["headers"] if name == b"accept-encoding")
    return _GZIP.search(accepted) is not None


def _acknowledge(event: ReaderEvent) -> None:
    _ACKNOWLEDGED[type(event).__name__].inc()
    recent_answers.count(ACKNOWLEDGED)
    if isinstance(event, PageView) and event.suspect:
        _SUSPECT[event.suspect].inc()


def _refuse(refusal: Dropped, *, allow: bytes) -> Response:
    reason = refusal.reason
    _REFUSED[reason].inc()
    recent_answers.count(reason.value, refusal.page_id)
    headers = [(b"x-nhip", reason.value.encode()), NO_STORE]
    if reason is Reason.WRONG_METHOD:
        headers.append((b"allow", allow))
    if reason is Reason.TOO_MANY:
        headers.append((b"retry-after", b"10"))
    if reason.retriable:
        headers.append((b"retry-after", b"1"))
    return Response(reason.status, headers=headers)
