"""Everything below ``/api/`` on its way to the memory of answers, as an ASGI application.

Whoever asks gets the same answer: cookies and tokens are taken off, since nothing here is for some people alone. So a
request is refused for its form, or for how often its network asks, and never for who sends it. Pages of the named front
ends may read every answer (CORS), refusals too.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec

from cms.api.problems import CONTENT_TYPE, Problem, as_json
from pipeline.collecting.enrich.visitors import networks_of
from pipeline.collecting.limits import Limit
from pipeline.process.cross_origin import VARY, FrontEnds, allowed, is_preflight, readable_by
from pipeline.process.headers import DATA_FIELDS
from pipeline.process.http import NO_STORE, Application, Receive, Response, Scope, Send, respond
from pipeline.process.server import saying_instead

METHODS = "GET, HEAD, OPTIONS"
READS = ("GET", "HEAD")
# They say who asks, of which nothing depends.
PERSONAL = frozenset({b"cookie", b"authorization"})
# An address of a draft is a secret, which no other address is told, ours neither.
PREVIEWS = "/api/v2/preview/"
NO_REFERRER = (b"referrer-policy", b"no-referrer")
# RFC 9111 took the field out for caches; 299 is still how an API warns whoever looks at its answers.
MAY_CHANGE = (b"warning", b'299 - "A preview of Wagtail\'s API v3: it may change with any release"')
LONGEST_QUERY = 4_000
KEPT_QUERIES = 512  # in order: a tenth of what an answer from memory takes


class Api:
    """``answers`` to what is asked rightly; ``per_minute`` requests of one network, as many at once after a pause.

    ``unstable``: beginnings of paths of which every answer warns that it may change.
    """

    def __init__(
        self,
        answers: Application,
        *,
        front_ends: FrontEnds,
        per_minute: int,
        unstable: tuple[str, ...] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._answers = answers
        self._front_ends = front_ends
        self._per_minute = per_minute
        self._unstable = unstable
        self._limit = Limit(rate=per_minute / 60, burst=per_minute)
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(PREVIEWS):
            send = saying_instead(send, NO_REFERRER)
        if scope["path"].startswith(self._unstable):
            send = saying_instead(send, MAY_CHANGE)
        origin = self._front_ends.named(scope)
        if origin and is_preflight(scope):
            await respond(allowed(origin, methods=METHODS.encode()), send)
            return
        if origin:
            send = _readable(send, origin)
        problem = self._fault_of(scope)
        if problem is not None:
            await respond(self._with_vary(as_response(problem)), send)
        elif scope["method"] == "OPTIONS":
            await respond(self._with_vary(Response(204, headers=[(b"allow", METHODS.encode()), NO_STORE])), send)
        else:
            await self._answers(_of_nobody(scope), receive, send)

    def _fault_of(self, scope: Scope) -> Problem | None:
        client = scope.get("client")
        network = networks_of(client[0])[1] if client else ""
        if not self._limit.passes(network, int(self._clock() * 1000)):
            return too_many(self._per_minute)
        if scope["method"] not in (*READS, "OPTIONS"):
            return wrong_method(scope["method"])
        if len(scope["query_string"]) > LONGEST_QUERY:
            return TOO_LONG
        accepted = b",".join(value for name, value in scope["headers"] if name == b"accept")
        return None if takes_json(accepted) else NOT_ACCEPTABLE

    def _with_vary(self, response: Response) -> Response:
        return response._replace(headers=[*response.headers, VARY]) if self._front_ends else response


def too_many(per_minute: int) -> Problem:
    seconds = str(math.ceil(60 / per_minute))
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many requests",
        f"Your network may ask {per_minute} times a minute. Wait for the seconds that Retry-After says, ask for lists "
        "of 100 (limit=100) rather than for single pages, and keep answers under their ETag.",
        headers={"Retry-After": seconds},
    )


def wrong_method(method: str) -> Problem:
    return Problem(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "Method not allowed",
        f"This API is for reading: {METHODS}. {method[:20]} is none of them.",
        headers={"Allow": METHODS},
    )


TOO_LONG = Problem(
    HTTPStatus.REQUEST_URI_TOO_LONG, "Address too long", f"Give a query of at most {LONGEST_QUERY} letters."
)
NOT_ACCEPTABLE = Problem(
    HTTPStatus.NOT_ACCEPTABLE,
    "Not acceptable",
    "There is JSON alone. Ask with Accept: application/json, or without that header.",
)


def as_response(problem: Problem) -> Response:
    fields = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    return Response(
        int(problem.status),
        msgspec.json.encode(as_json(problem)),
        [(b"content-type", CONTENT_TYPE.encode()), NO_STORE, *fields, *DATA_FIELDS],
    )


@lru_cache(maxsize=256)
def takes_json(accepted: bytes) -> bool:
    """Whether the header Accept takes JSON (RFC 9110 12.5.1); without one, everything is taken."""
    kinds = [_weigh(kind) for kind in accepted.decode("latin-1").lower().split(",") if kind.strip()]
    return not kinds or any(_is_json(name) and weight > 0 for name, weight in kinds)


def _is_json(kind: str) -> bool:
    return kind in ("*/*", "application/*", "application/json") or kind.endswith("+json")


def _weigh(kind: str) -> tuple[str, float]:
    name, *parameters = kind.replace(" ", "").split(";")
    weight = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
    try:
        return name, float(weight or 1)
    except ValueError:
        return name, 0.0


def _of_nobody(scope: Scope) -> Scope:
    """The request without who sends it, and its query in one order: one answer is kept for all who ask the same."""
    query = scope["query_string"]
    return {
        **scope,
        "headers": [field for field in scope["headers"] if field[0] not in PERSONAL],
        "query_string": in_order(query) if b"&" in query else query,
    }


@lru_cache(maxsize=KEPT_QUERIES)
def in_order(query: bytes) -> bytes:
    """By name; what is given twice stays as it is given, since that is refused in words."""
    fields = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    return urlencode(sorted(fields, key=lambda field: field[0]), encoding="latin-1").encode("ascii")


def _readable(send: Send, origin: bytes) -> Send:
    fields = readable_by(origin)

    async def readable(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *fields]}
        await send(message)

    return readable
