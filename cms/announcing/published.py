"""What everybody can see: which pages of which site, and where; the same as the API has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from wagtail.models import Page, Site
from wagtail_emulation.sections import outside, private_sections

from cms.found.addresses import NEVER_NAMED

AT_ONCE = 500


class Key(NamedTuple):
    """Several sites may have one root page."""

    page_id: int
    site_id: int


class Place(NamedTuple):
    """``order``: parents before children, sorted. ``path``: of the page's address, from ``/``."""

    site_url: str
    page_type: str
    path: str
    locale: str
    published_at: datetime | None
    order: str


def published(page_ids: Collection[int] | None = None) -> dict[Key, Place]:
    """The places of these pages that are public now; of all pages for None.

    A page below the root pages of two sites is of the site whose root is nearer, as for the API.
    """
    sites = sorted(Site.objects.select_related("root_page"), key=lambda site: len(site.root_page.path), reverse=True)
    return {
        Key(page["pk"], site.pk): Place(
            site_url=_url_of(site),
            page_type=_name_of(page["content_type__app_label"], page["content_type__model"]),
            path="/" + page["url_path"].removeprefix(site.root_page.url_path),
            locale=page["locale__language_code"],
            published_at=page["last_published_at"],
            order=page["path"],
        )
        for page in _pages(page_ids)
        for site in _sites_of(page["path"], sites)
    }


def _sites_of(path: str, sites: Iterable[Site]) -> Iterator[Site]:
    """``sites``: those with the nearest roots first. Several sites may have one root."""
    above = (site for site in sites if path.startswith(site.root_page.path))
    for first in above:
        yield first
        yield from (site for site in above if site.root_page_id == first.root_page_id)
        return


def _url_of(site: Site) -> str:
    """As in addresses that the API gives out, where nobody asked by a name."""
    if site.hostname == NEVER_NAMED or (site.is_default_site and settings.PUBLIC_URL):
        return str(settings.BASE_URL)
    return str(site.root_url)


def existing(page_ids: Collection[int]) -> set[int]:
    """Those of the pages that are not deleted."""
    found: set[int] = set()
    for some in in_parts(page_ids):
        found.update(Page.objects.filter(pk__in=some).values_list("pk", flat=True))
    return found


def in_parts(ids: Collection[int]) -> Iterator[list[int]]:
    """As many as a query may name."""
    ahead = iter(sorted(ids))
    while some := list(islice(ahead, AT_ONCE)):
        yield some


def _pages(page_ids: Collection[int] | None) -> Iterator[dict[str, Any]]:
    """As `cms.core.surroundings.public`."""
    public = outside(Page.objects.filter(live=True, depth__gt=1), private_sections()).order_by().values(
        "pk", "path", "url_path", "last_published_at", "locale__language_code",
        "content_type__app_label", "content_type__model",
    )  # fmt: skip
    if page_ids is None:
        yield from public.iterator()
        return
    for some in in_parts(page_ids):
        yield from public.filter(pk__in=some)


@cache
def _name_of(app: str, model: str) -> str:
    """As ``meta.type`` of the API has it: ``news.NewsPage``."""
    try:
        return str(apps.get_model(app, model)._meta.label)
    except LookupError:  # its app was taken out
        return f"{app}.{model}"
