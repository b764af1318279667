"""What a visitor sees when a page fails: apart from a bug, that the database is away, which passes by itself."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

RETRY_SECONDS = 30


def server_error(_request: HttpRequest) -> HttpResponse:
    """Django's handler500, called while the exception is handled: 503 when the database does not answer, else 500."""
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        response = HttpResponse(render_to_string("503.html"), status=503)
        response["Retry-After"] = str(RETRY_SECONDS)
        response["Cache-Control"] = "no-store"
        return response
    return HttpResponse(render_to_string("500.html"), status=500)
