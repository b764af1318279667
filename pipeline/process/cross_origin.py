"""Answers for pages of other origins: exactly for those that the settings name (CORS, https://fetch.spec.whatwg.org/).

Cookies never come with such a request: no answer allows credentials. ``Vary: Origin`` is on every answer, so that no
cache gives one origin the answer for another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.process.http import Application, Receive, Response, Scope, Send, respond

VARY = (b"vary", b"Origin")
# What scripts may read of an answer, beside what the specification lets them.
EXPOSED = b"Content-Location, ETag, Link, Retry-After, Warning, X-Nhip, X-Nhip-Age, X-Nhip-Snapshot"
ASKED_WITH = b"Accept, Content-Type, If-None-Match"
TWO_HOURS = b"7200"  # the longest that Chromium believes a preflight


class FrontEnds:
    """``origins`` as in NHIP_FRONT_ENDS; none of them: every endpoint stays as it is."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = frozenset(origin.rstrip("/").lower().encode() for origin in origins)

    def __bool__(self) -> bool:
        return bool(self._origins)

    def named(self, scope: Scope) -> bytes:
        """The request's origin if it is one of these; empty for any other and for none."""
        for name, value in scope["headers"]:
            if name == b"origin":
                return bytes(value) if value.lower() in self._origins else b""
        return b""

    def may_ask(self, endpoint: Application, *, methods: bytes) -> Application:
        """``endpoint``, which pages of these origins may call with ``methods`` ("GET, HEAD"), preflights included."""
        if not self._origins:
            return endpoint

        async def answered(scope: Scope, receive: Receive, send: Send) -> None:
            origin = self.named(scope)
            if origin and is_preflight(scope):
                await respond(allowed(origin, methods=methods), send)
                return
            fields = [*readable_by(origin), VARY]

            async def send_with_fields(message: Mapping[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": [*message["headers"], *fields]}
                await send(message)

            await endpoint(scope, receive, send_with_fields)

        return answered


def is_preflight(scope: Scope) -> bool:
    return scope["method"] == "OPTIONS" and any(
        name == b"access-control-request-method" for name, _value in scope["headers"]
    )


def allowed(origin: bytes, *, methods: bytes) -> Response:
    """The answer to a preflight of ``origin``, which is one of the named."""
    fields = [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-methods", methods),
        (b"access-control-allow-headers", ASKED_WITH),
        (b"access-control-max-age", TWO_HOURS),
        VARY,
    ]
    return Response(204, headers=fields)


def readable_by(origin: bytes) -> list[tuple[bytes, bytes]]:
    """What lets pages of ``origin`` read an answer; nothing if it is empty."""
    if not origin:
        return []
    return [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", EXPOSED)]
