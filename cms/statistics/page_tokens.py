"""The page token: signed here, handed by the browser to the collector, it says that this site published the page.

It has the hour of its signing, so a page that is kept for many readers gets it when it is sent: as *letters* it passes
through the page's HTML until then.
"""

from __future__ import annotations

import time
from contextlib import suppress
from functools import cache, lru_cache
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.http import HttpRequest
from wagtail.models import Page, Site

from pipeline.collecting.enrich.targets import search_of
from pipeline.events import PREVIEW, PUBLIC, STAFF
from pipeline.settings import Settings
from pipeline.tokens import NOT_FOUND, SEARCH, AnswerToken, PageToken, from_json, hour_of, sign, to_json


def token_of(page: Page, request: HttpRequest) -> PageToken | None:
    """The token of `page` in the answer to `request`; None if the page has no address, or one too long to count."""
    parts = page.get_url_parts(request) if page.pk else None
    if parts is None:
        return None
    site_id, root_url, page_path = parts
    token = PageToken(
        site=site_id,
        page_id=page.pk,
        locale=page.locale.language_code,
        path=urlsplit(page_path).path,
        audience=audience(request),
        host=urlsplit(root_url).hostname or "",
    )
    return _if_short(token)


def token_of_answer(request: HttpRequest, *, words: str | None = None) -> PageToken | None:
    """Of an answer that is no page: that there is none at the address, or what a search for `words` found there.

    None if no site answers to the request's host, or the address is too long to count.
    """
    site = Site.find_for_request(request)
    if site is None:
        return None
    token = AnswerToken(
        site=site.pk,
        page_id=0,
        locale=settings.LANGUAGE_CODE,
        path=request.path,
        audience=audience(request),
        host=site.hostname,
        answer=NOT_FOUND if words is None else SEARCH,
        words=search_of(words or ""),
    )
    return _if_short(token)


def _if_short(token: PageToken) -> PageToken | None:
    with suppress(ValueError):
        sign_in(hour_of(time.time()), token)
        return token
    return None


def sign_in(hour: int, token: PageToken) -> str:
    """`token` as of that hour. Raises ValueError if it is too long."""
    return sign(msgspec.structs.replace(token, hour=hour), key=beacon_key())


def to_letters(token: PageToken) -> str:
    """In letters and digits alone."""
    return to_json(token).hex()


@lru_cache(maxsize=4096)
def sign_letters(letters: str, hour: int) -> str:
    """The token in `letters`, as of that hour."""
    return sign_in(hour, from_json(bytes.fromhex(letters)))


def audience(request: HttpRequest) -> str:
    """Who reads the page: "preview" before publication, "staff" when signed in, "public" otherwise.

    Asking for the user reads the session, so Django answers with `Vary: Cookie`, and no shared cache gives the public a
    page rendered for staff.
    """
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    if getattr(request, "is_preview", False):
        return PREVIEW
    return STAFF if signed_in else PUBLIC


@cache
def beacon_key() -> bytes:
    """The key shared by CMS and collector; read once in a process."""
    return Settings.from_env().beacon_key
