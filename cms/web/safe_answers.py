"""What Django answers has the headers of its kind; the table is `pipeline/process/headers.py`."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from cms.core.models import DepartmentSettings
from cms.core.sites import known_settings
from pipeline.process.headers import ADMIN, DATA, PAGE, Headers, widened


class SafeAnswers:
    """Middleware. An answer keeps what it says itself, such as a file."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._page = widened(PAGE, frame_src=settings.FRAME_SOURCES)
        self._admin = widened(ADMIN, frame_src=settings.FRAME_SOURCES)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        for name, value in self._kind_of(request, response).items():
            response.headers.setdefault(name, value)
        return response

    def _kind_of(self, request: HttpRequest, response: HttpResponseBase) -> Headers:
        """A page in the admin's frame is the admin's; so is what its scripts fetch."""
        if not response.get("Content-Type", "").startswith("text/html"):
            return DATA
        if request.path.startswith(settings.ADMIN_PATH):
            return self._admin
        department = known_settings(request, DepartmentSettings)
        if department is None or department.measuring is None:
            return self._page
        # The one host beside our own, while the setting is on: script, what it sends, its pixel.
        host = department.measuring.host
        return widened(self._page, script_src=host, connect_src=host, img_src=host)
