"""What Django answers has the headers of its kind; the table is `pipeline/process/headers.py`."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from pipeline.process.headers import ADMIN, DATA, PAGE, Headers, with_frames


class SafeAnswers:
    """Middleware. An answer keeps what it says itself, such as a file."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._page = with_frames(PAGE, settings.FRAME_SOURCES)
        self._admin = with_frames(ADMIN, settings.FRAME_SOURCES)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        for name, value in self._kind_of(request, response).items():
            response.headers.setdefault(name, value)
        return response

    def _kind_of(self, request: HttpRequest, response: HttpResponseBase) -> Headers:
        """A page in the admin's frame is the admin's; so is what its scripts fetch."""
        if not response.get("Content-Type", "").startswith("text/html"):
            return DATA
        return self._admin if request.path.startswith(settings.ADMIN_PATH) else self._page
