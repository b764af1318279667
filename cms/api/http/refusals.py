"""What goes wrong below ``/api/`` is said as a problem (RFC 9457), whoever says it first: Django or the server's parts.

`as_problems` is around Django in the event loop; the views of errors, which `cms/urls.py` names, spare Django a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cms.api.http.shell import as_response
from cms.api.problems import CONTENT_TYPE, Problem, not_found, render
from cms.core import errors
from pipeline.process.cross_origin import VARY
from pipeline.process.http import Application, Receive, Scope, Send, messages_of

# What of a refusal is true in another form, too.
STAYS = frozenset({b"allow", b"retry-after", b"vary", b"cache-control", b"connection"})
DETAILS: Mapping[int, str] = {
    400: "The request can't be understood. Is the host one of the site's names, and are there under 1,000 parameters?",
    404: "There is nothing at this address. /api/v2/schema/openapi.json lists what there is.",
    408: "The request came too slowly.",
    413: "A request to this API has no body.",
    500: "The site has failed to answer, and has written down why. Ask again; if it stays, tell its operators.",
    503: "The site is away for a moment. Ask again after the seconds that Retry-After says.",
}


def problem_of(status: int) -> Problem:
    title = HTTPStatus(status).phrase
    return Problem(status, title, DETAILS.get(status, f"{title}."))


def as_problems(django: Application) -> Application:
    """``django``, whose refusals in any other form are said as problems."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        replaced = False

        async def send_problem(message: Mapping[str, Any]) -> None:
            nonlocal replaced
            if replaced:
                return
            replaced = message["type"] == "http.response.start" and _is_another(message)
            if not replaced:
                await send(message)
                return
            said = as_response(problem_of(message["status"]))
            stays = [field for field in message["headers"] if field[0].lower() in STAYS]
            if settings.FRONT_ENDS and not any(name.lower() == b"vary" for name, _value in stays):
                stays.append(VARY)
            fields = [
                *stays,
                *(field for field in said.headers if field[0] not in {name.lower() for name, _value in stays}),
            ]
            for part in messages_of(said._replace(headers=fields)):
                await send(part)

        await django(scope, receive, send_problem)

    return answered


def _is_another(start: Mapping[str, Any]) -> bool:
    types = [value for name, value in start["headers"] if name.lower() == b"content-type"]
    return start["status"] >= 400 and not any(kind.startswith(CONTENT_TYPE.encode()) for kind in types)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(settings.API_PATH)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(problem_of(400)) if _is_api(request) else errors.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(problem_of(403)) if _is_api(request) else errors.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(not_found(DETAILS[404])) if _is_api(request) else errors.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """503 for what passes, as on pages."""
    response = errors.server_error(request)
    if not _is_api(request):
        return response
    said = render(problem_of(response.status_code))
    for name in ("Retry-After", "Cache-Control"):
        if name in response:
            said[name] = response[name]
    return said
