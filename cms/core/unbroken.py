"""Numbers of documents, years and hours stay in one line: `08/QĐ-SCT`, `2021–2025`, `7:30–11:30`.

Browsers break lines after hyphens, dashes and slashes, and no property of CSS says otherwise for some words only. Other
characters (U+2011) would be copied and searched for in vain. So the words get an element, wherever editors wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponse, HttpResponseBase

LONGEST = 32  # letters; a longer one must break on a phone

_DIGITS = r"\d+(?:[/.:,h]\d+)*"
_NUMBER = rf"(?<![\w/.#-]){_DIGITS}(?:[/–-](?:[A-ZĐ]\w*|{_DIGITS}))+(?![\w-])"
# Words of a page, but for what is no text or must stay without elements.
_WORDS = re.compile(
    rf"<!--.*?-->|<(script|style|title|textarea|option|svg)\b.*?</\1\s*>|<[^>]*>|(?P<number>{_NUMBER})",
    re.DOTALL | re.IGNORECASE,
)
_BREAKS = re.compile(r"[–-]|/[A-ZĐ]")


def keep_numbers_whole(html: str) -> str:
    return _WORDS.sub(_wrapped, html)


def _wrapped(found: re.Match[str]) -> str:
    number = found["number"]
    if number is None or len(number) > LONGEST or not _BREAKS.search(number):
        return found[0]
    return f'<span class="unbroken">{number}</span>'


class UnbrokenNumbers:
    """Middleware, for the pages of the site."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        # An answer that something within compressed went by here when it was made.
        is_page = response.get("Content-Type", "").startswith("text/html") and "Content-Encoding" not in response
        if is_page and isinstance(response, HttpResponse) and not request.path.startswith(settings.ADMIN_PATH):
            response.content = keep_numbers_whole(response.content.decode(response.charset)).encode(response.charset)
        return response
