"""The signed statement "this page was published here", which the browser hands to the collector."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from django.http import HttpRequest
from wagtail.models import Page

from pipeline.settings import Settings
from pipeline.tokens import PageToken, sign


def sign_page(page: Page, request: HttpRequest) -> str | None:
    """The token of `page` for whoever asked for it; None where there is nothing a visitor could have opened."""
    parts = page.get_url_parts(request) if page.pk else None
    if parts is None:
        return None
    site_id, _root_url, page_path = parts
    token = PageToken(
        site=site_id,
        page_id=page.pk,
        locale=page.locale.language_code,
        path=urlsplit(page_path).path,
        audience=audience(request),
    )
    return sign(token, key=beacon_key())


def audience(request: HttpRequest) -> str:
    """Who looks: "preview" before publication, "staff" when signed in, "public" otherwise.

    Asking for the user reads the session, which makes Django answer with `Vary: Cookie`: a page rendered for staff is
    not served to the public from a shared cache.
    """
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    if getattr(request, "is_preview", False):
        return "preview"
    return "staff" if signed_in else "public"


@cache
def beacon_key() -> bytes:
    """The key shared by CMS and collector; read once in a process."""
    return Settings.from_env().beacon_key
