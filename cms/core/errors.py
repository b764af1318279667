"""The answers to a visitor when something fails.

Django's own views of 400, 403 and 404 make a token for forms, so that they read the request again, and fail again where
it can't be read.
"""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from cms.core.full_disk import is_refused_by_disk

RETRY_SECONDS = 30


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    return HttpResponse(render_to_string("400.html"), status=400)


def permission_denied(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return HttpResponse(render_to_string("403.html"), status=403)


def form_refused(_request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    """For CSRF_FAILURE_VIEW; Django's own speaks English."""
    return HttpResponse(render_to_string("403_form.html"), status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return HttpResponse(render_to_string("404.html", {"request": request}), status=404)


def server_error(_request: HttpRequest) -> HttpResponse:
    """503 while the database is away or a disk is full, which passes, else 500; called while it is handled."""
    error = sys.exception()
    if is_refused_by_disk(error):
        return _later("503_full_disk.html")
    if isinstance(error, OperationalError | InterfaceError):
        return _later("503.html")
    return HttpResponse(render_to_string("500.html"), status=500)


def _later(template: str) -> HttpResponse:
    response = HttpResponse(render_to_string(template), status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    response["Cache-Control"] = "no-store"
    return response
