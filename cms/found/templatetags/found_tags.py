"""`{% page_metadata %}` in the head of every page, `{% share page as share %}` beside an article."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

from django import template
from wagtail.models import Page

from cms.core.described import Described
from cms.found.addresses import address_of
from cms.found.metadata import describe, picture_of

log = logging.getLogger(__name__)
register = template.Library()


@register.inclusion_tag("found/metadata.html", takes_context=True)
def page_metadata(context: dict[str, Any]) -> dict[str, Any]:
    page, request = context.get("page"), context.get("request")
    if request is None or not isinstance(page, Page | Described):
        return {}
    if getattr(request, "is_preview", False):
        if isinstance(page, Page):
            picture_of(page, request)  # made before its first reader comes (cms/core/pictures/ahead.py)
        return {}
    listing = context.get("articles") or getattr(context.get("listing"), "events", None)
    number = getattr(listing, "number", 1)
    return {"found": describe(page, request, number=number, topic=context.get("topic"))}


@register.simple_tag(takes_context=True)
def share(context: dict[str, Any], page: Page) -> dict[str, str]:
    """Plain links: nothing of another site is on the page, and nobody learns of a reader who follows none of them."""
    request = context.get("request")
    address = address_of(page, request) if request is not None else ""
    if not address:
        return {}
    url, title = quote(address, safe=""), quote(page.title, safe="")
    return {
        "address": address,
        "facebook": f"https://www.facebook.com/sharer/sharer.php?u={url}",
        "zalo": f"https://zalo.me/share?url={url}",
        "mail": f"mailto:?subject={title}&body={url}",
    }
