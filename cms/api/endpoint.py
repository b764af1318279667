"""What all endpoints share: they know nobody, speak JSON alone, and answer a `Problem` as one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve
from django.utils.functional import Promise
from rest_framework.exceptions import APIException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from cms.api.problems import Problem, not_found, render
from cms.api.reading import INCOMPLETE

JSON = "application/json"
DOCUMENTS = {"/api/v2/": "/api/v2/schema/openapi.json", "/api/v3/": "/api/v3/openapi.json"}


def _plain(value: Any) -> Any:
    """A text that Django made more of: one that is translated late, is safe in HTML, or is a choice."""
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"no JSON for a {type(value).__name__}")


_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain)


class AlwaysJson(BaseContentNegotiation):
    """Whatever the sender prefers: there is one form, and its type says so."""

    def select_parser(self, request: Any, parsers: Any) -> Any:  # noqa: ARG002 - the library's signature
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:  # noqa: ARG002
        return renderers[0], JSON


class Endpoint:
    """Mix it in before Wagtail's endpoint."""

    authentication_classes: list[type] = []
    permission_classes: list[type] = []
    content_negotiation_class = AlwaysJson

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        say_if_incomplete(django_request(request), response)
        return super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]

    def handle_exception(self, error: Exception) -> HttpResponse:
        """Raises what is none of the sender's doing."""
        return render(as_problem(error))


def as_problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, Http404):
        return not_found("There is nothing at this address.")
    if isinstance(error, APIException):
        title = HTTPStatus(error.status_code).phrase
        allowed = getattr(error, "auth_header", None)
        return Problem(
            error.status_code, title, str(error.detail), headers={"WWW-Authenticate": allowed} if allowed else {}
        )
    raise error


def say_if_incomplete(request: HttpRequest, response: Any) -> None:
    """An answer that lacks something is kept by nobody: that it is made is no change of the site's content."""
    if getattr(request, INCOMPLETE, False):
        response["Cache-Control"] = "no-store"


def encode(data: Any) -> bytes:
    """``data``: what the encoder knows; a `msgspec.Raw` is put in as it is."""
    return _encoder.encode(data)


def respond(data: Any, *, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(encode(data), content_type=JSON, headers=headers)


def django_request(request: Request | HttpRequest) -> HttpRequest:
    """The request that the rest of the site keeps its facts on."""
    found: HttpRequest = getattr(request, "_request", request)
    return found


def answer_nothing(request: HttpRequest) -> HttpResponse:
    """At an address below the API that leads nowhere."""
    path = request.path_info
    if not path.endswith("/") and resolve(path + "/").func is not answer_nothing:
        return render(not_found(f"There is nothing at this address. Did you mean {path}/, with a slash at the end?"))
    document = next((one for beginning, one in DOCUMENTS.items() if path.startswith(beginning)), "The document")
    return render(not_found(f"There is nothing at this address. {document} lists what there is."))
