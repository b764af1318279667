"""How long a cache in front, such as a CDN, may keep an answer of the API, and which of them it is told to forget.

A page's own answer is forgotten when the page changes, as its HTML is. Nobody can say which lists a page is in, nor in
how many ways its fields were picked: such answers are kept for seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag
from wagtail.models import Page

UNPURGED_SECONDS = 5
_DETAIL = re.compile(r"v2/pages/\d+/")


def is_of_the_api(request: HttpRequest) -> bool:
    return request.path.startswith(settings.API_PATH)


def say_how_long(request: HttpRequest, response: HttpResponseBase) -> None:
    """``response``: one that everybody may get."""
    seconds = settings.PAGES.cdn_seconds
    if not _is_purged(request):
        seconds = min(seconds, UNPURGED_SECONDS)
    response["Cache-Control"] = f"public, max-age=0, s-maxage={seconds}"
    patch_vary_headers(response, ("Accept-Encoding",))
    tell_origins_apart(response)


def tell_origins_apart(response: HttpResponseBase) -> None:
    """Where some origins may read an answer and others not, no cache may give one what another got."""
    if settings.FRONT_ENDS:
        patch_vary_headers(response, ("Origin",))


def under_etag(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """``response``, or 304; for answers that do not come out of the memory, which has tags of its own."""
    if response.status_code != 200 or not isinstance(response, HttpResponse):
        return response
    set_response_etag(response)
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def addresses_of(pages: Iterable[Page]) -> Iterator[str]:
    """Of the pages' answers; `cms.core.purging` has them forgotten with the pages."""
    for page in pages:
        if parts := page.get_url_parts():
            yield f"{parts[1]}{reverse('wagtailapi_v2:pages:detail', args=[page.pk])}"


def _is_purged(request: HttpRequest) -> bool:
    below = request.path.removeprefix(settings.API_PATH)
    return not request.META.get("QUERY_STRING") and _DETAIL.fullmatch(below) is not None
