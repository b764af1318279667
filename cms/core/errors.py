"""The answers to a visitor when something fails.

Django's own views of 400, 403 and 404 make a token for forms, so that they read the request again, and fail again where
it can't be read.
"""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import DisallowedHost
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from cms.core.full_disk import is_refused_by_disk
from cms.core.models import DepartmentSettings
from cms.core.sites import known_settings
from cms.core.templatetags.navigation_tags import department, main_menu

RETRY_SECONDS = 30


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    return HttpResponse(render_to_string("400.html", _known(request)), status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return HttpResponse(render_to_string("403.html", _asked(request)), status=403)


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    """For CSRF_FAILURE_VIEW; Django's own speaks English."""
    return HttpResponse(render_to_string("403_form.html", _known(request)), status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return HttpResponse(render_to_string("404.html", {"request": request, **_asked(request)}), status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """503 while the database is away or a disk is full, which passes, else 500; called while it is handled."""
    error = sys.exception()
    if is_refused_by_disk(error):
        return _later("503_full_disk.html", request)
    if isinstance(error, OperationalError | InterfaceError):
        return _later("503.html", request)
    return HttpResponse(render_to_string("500.html", _known(request)), status=500)


def _asked(request: HttpRequest) -> dict[str, Any]:
    """The department and the menu, as pages have them; without them if they can't be had."""
    try:
        return {"department": department({"request": request}), "menu": main_menu({"request": request})}
    except (DatabaseError, DisallowedHost):
        return {}


def _known(request: HttpRequest) -> dict[str, Any]:
    """The department's name, if it was read before something failed: nothing is asked for here."""
    found = known_settings(request, DepartmentSettings)
    return {"department": {"name": found.name, "parent_body": found.parent_body}} if found else {}


def _later(template: str, request: HttpRequest) -> HttpResponse:
    response = HttpResponse(render_to_string(template, _known(request)), status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    response["Cache-Control"] = "no-store"
    return response
