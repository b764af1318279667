"""Which answers everybody may get, and what caches may do with them; Django's outermost middleware."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers

from cms.api.http import caching
from cms.core.changes.remembered import set_state
from cms.core.changes.watch import content_state
from cms.statistics.slots import stays_open

# The page memory reads and removes it.
KEEP_HEADER = b"x-nhip-keep"
KEEP = b"1"
KEEP_IF_NEEDED = b"mixed"  # something was committed meanwhile: it may be of before and of after

KEPT_STATUSES = frozenset({200, 301, 302, 404, 410})


class PublicPages:
    """An answer to somebody whom the site may know is for nobody else, and is kept nowhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
            del request.COOKIES[name]  # no cookie of ours, and PostgreSQL could not look for it
        is_open = stays_open(request)
        before = content_state() if is_open else None
        set_state(request, before)
        response = self._get_response(request)
        if is_public(request, response):
            if caching.is_of_the_api(request):
                caching.say_how_long(request, response)
            else:
                response["Cache-Control"] = settings.PUBLIC_CACHE_CONTROL
                patch_vary_headers(response, ("Accept-Encoding", "Cookie"))
            if is_open:
                keep = KEEP if content_state() == before else KEEP_IF_NEEDED
                response[KEEP_HEADER.decode()] = keep.decode()
            elif caching.is_of_the_api(request):
                response = caching.under_etag(request, response)
        elif not response.has_header("Cache-Control") or "private" in response["Cache-Control"]:
            patch_cache_control(response, private=True, no_store=True)
        if caching.is_of_the_api(request):
            caching.tell_origins_apart(response)
        return response


def is_public(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether everybody gets this answer to ``request``, so that one may get what was made for another."""
    return (
        request.method in ("GET", "HEAD")
        and response.status_code in KEPT_STATUSES
        and not response.streaming
        and not response.has_header("Cache-Control")
        and not response.cookies
        and not request.path.startswith(settings.PRIVATE_PATHS)
        and not getattr(request, "is_dummy", False)
        and not any(name in request.COOKIES for name in settings.PRIVATE_COOKIES)
        and "Authorization" not in request.headers
    )
