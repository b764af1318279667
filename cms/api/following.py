"""Which redirects a front end may follow or even know: it might set its location to whatever it reads, and a path may
tell what is behind a password.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from django.db.models import Q
from django.http import HttpRequest
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from cms.api.reading import around_of
from cms.core.sites import find_site
from cms.found.addresses import root_url

# A path of the site, or an address of the web; as a browser reads it, two slashes or a backslash lead to another host.
_FOLLOWED = re.compile(r"(?:https?://[^\s\\\x00-\x1f/]|/(?![/\\]))[^\s\x00-\x1f]*\Z", re.IGNORECASE)


def may_be_followed(link: str) -> bool:
    return bool(_FOLLOWED.match(link))


def redirects_of(request: HttpRequest) -> Q:
    """Those of the request's site, and of every site."""
    return Q(site=find_site(request)) | Q(site=None)


def private_addresses(request: HttpRequest) -> Callable[[str], bool]:
    """Whether an address of this site lies in a private section, where that is now or where it once was."""
    around = around_of(request)
    if not around.private:
        return lambda _link: False
    here = Page.objects.filter(path__in=around.private, path__startswith=around.root.path)
    now = [f"/{url_path[len(around.root.url_path) :]}" for url_path in here.values_list("url_path", flat=True)]
    led = Redirect.objects.filter(redirects_of(request)).exclude(redirect_page=None)
    once = [old for old, to in led.values_list("old_path", "redirect_page__path") if to.startswith(around.private)]
    private = tuple(parts for parts in map(_plain, (*now, *once)) if parts != "/")

    def is_private(link: str) -> bool:
        below = below_here(request, link)
        return below is not None and _plain(below).startswith(private)

    return is_private


def below_here(request: HttpRequest, link: str) -> str | None:
    """The path of a link to this site; None for one that leads elsewhere."""
    if link.startswith("/") and not link.startswith("//"):
        return link
    here = root_url(request)
    try:
        parts, own = urlsplit(link), urlsplit(here)
        is_here = (parts.scheme, parts.netloc.lower()) == (own.scheme, own.netloc.lower())
    except ValueError:
        return None
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "") if is_here else None


def parts_of(path: str) -> list[str]:
    decoded = unicodedata.normalize("NFC", unquote(path.partition("?")[0].partition("#")[0]))
    return [part for part in decoded.split("/") if part]


def _plain(path: str) -> str:
    """However it is written: `/a/b/`."""
    return "/" + "".join(f"{part}/" for part in parts_of(path)).lower()
