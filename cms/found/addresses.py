"""Whole addresses, for those who read outside of the site: feeds, sitemaps, other sites' previews."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from wagtail.models import Page

from cms.core.sites import find_site

NEVER_NAMED = "localhost"  # the host of the site that Wagtail's migration makes


def root_url(request: HttpRequest) -> str:
    """`https://sct.example.gov.vn`: as NHIP_BASE_URL or the site's settings have it, whoever asked by which name.

    Where neither says it, the name that was asked for.
    """
    site = find_site(request)
    if site is None or (site.is_default_site and settings.PUBLIC_URL):
        return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
    if site.hostname == NEVER_NAMED:
        return f"{request.scheme}://{request.get_host()}"
    url: str = site.root_url
    return url


def absolute(path: str, request: HttpRequest) -> str:
    return path if "://" in path else root_url(request) + path


def address_of(page: Page, request: HttpRequest) -> str:
    """Empty if the page has none, such as one that is not saved yet."""
    parts = page.get_url_parts(request) if page.pk and page.url_path else None
    if parts is None:
        return ""
    site_id, site_url, path = parts
    here = find_site(request)
    return absolute(path, request) if here is not None and here.pk == site_id else f"{site_url}{path}"
