"""The endpoints of the numbers, from memory: the widget, the views of pages, and both live as server-sent events."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, get_args
from urllib.parse import parse_qs

from pipeline.process.headers import DATA_FIELDS
from pipeline.process.http import NO_STORE, Receive, Response, Scope, Send, disconnected, json, respond, text
from pipeline.serving.counters import Counters
from pipeline.serving.live import LiveStreams, age_of, pages_json, summary_json
from pipeline.serving.snapshot import Snapshot, Unit

MAX_PAGE_IDS = 100
# Its connection is closed, since there are as many as there may be.
_FULL = text(503, "too many live readers; poll summary.json instead")
_FULL = _FULL._replace(headers=[*_FULL.headers, (b"connection", b"close")])


class Numbers:
    """``summary`` and ``pages`` answer at once; ``live`` is an ASGI endpoint."""

    def __init__(self, counters: Counters, live: LiveStreams) -> None:
        self._counters = counters
        self._live = live

    def summary(self, scope: Scope) -> Response:
        try:
            site, unit = _site_and_unit(scope)
        except ValueError as error:
            return text(400, str(error))
        snapshot = self._counters.snapshot()
        return _numbers_of(snapshot, scope, summary_json(snapshot, site=site, unit=unit))

    def pages(self, scope: Scope) -> Response:
        try:
            page_ids = _page_ids(scope, "ids")
        except ValueError as error:
            return text(400, str(error))
        snapshot = self._counters.snapshot()
        return _numbers_of(snapshot, scope, {"pages": pages_json(snapshot, page_ids), "as_of": snapshot.as_of})

    async def live(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            (site, unit), page_ids = _site_and_unit(scope), _page_ids(scope, "pages")
        except ValueError as error:
            return await respond(text(400, str(error)), send)
        if scope["method"] != "GET":
            return await respond(Response(405, headers=[(b"allow", b"GET")]), send)
        if self._live.full:
            return await respond(_FULL, send)
        await _send_stream(self._live.messages(site=site, unit=unit, page_ids=page_ids), receive, send)
        return None


def _numbers_of(snapshot: Snapshot, scope: Scope, content: Any) -> Response:
    """``content`` with headers that tell which snapshot it is of and how old that is, so that its ETag does not."""
    response = json(scope, content)
    headers = [*response.headers, (b"x-nhip-snapshot", snapshot.order.encode())]
    age = age_of(snapshot)
    if age is not None:
        headers.append((b"x-nhip-age", b"%.1f" % age))
    return response._replace(headers=headers)


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
    listed = _query(scope).get(name, "")
    page_ids = tuple(_numbers(listed, name)) if listed else ()
    if len(page_ids) > MAX_PAGE_IDS:
        raise ValueError(f"{name} takes at most {MAX_PAGE_IDS} page ids")
    return page_ids


def _numbers(listed: str, name: str) -> Sequence[int]:
    parts = listed.split(",")
    if not all(map(_is_number, parts)):
        raise ValueError(f"{name} takes whole numbers, separated by commas")
    return [int(part) for part in parts]


def _query(scope: Scope) -> dict[str, str]:
    query = scope["query_string"].decode("latin-1")
    return {name: values[-1] for name, values in parse_qs(query, max_num_fields=20).items()}


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) <= 10


async def _send_stream(messages: AsyncGenerator[bytes], receive: Receive, send: Send) -> None:
    """Send until the messages end or the reader has gone."""
    headers = [(b"content-type", b"text/event-stream"), NO_STORE, (b"x-accel-buffering", b"no"), *DATA_FIELDS]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    gone = asyncio.create_task(disconnected(receive))
    try:
        async with aclosing(messages):
            async for message in messages:
                await send({"type": "http.response.body", "body": message, "more_body": True})
                if gone.done():
                    return
    finally:
        gone.cancel()
    await send({"type": "http.response.body", "body": b""})
