"""What the plugin's templates ask for: dates, and what a page tells machines."""

from datetime import date
from typing import Any

from django import template
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from wagtail_emulation.pages.metadata import Metadata, describe

register = template.Library()


@register.simple_tag
def emulation_date(day: date) -> SafeString:
    """A ``<time>`` element: 26/01/2021 in Vietnamese, 26 January 2021 in English."""
    shown = format_date(day, pgettext("date format", "d/m/Y"))
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), shown)


@register.simple_tag(takes_context=True)
def emulation_metadata(context: dict[str, Any]) -> Metadata:
    """What the context's ``page`` tells; the picture of an index is that of the first event that it lists."""
    page, listing = context["page"], context.get("listing")
    shown = listing.events if listing else [page]
    image = next((event.first_image for event in shown if event.first_image), None)
    kind = "website" if listing else "article"
    return describe(page, context.get("request"), kind=kind, image=image)
