"""Dates in the plugin's templates."""

from datetime import date

from django import template
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

register = template.Library()


@register.simple_tag
def emulation_date(day: date) -> SafeString:
    """A ``<time>`` element: 26/01/2021 in Vietnamese, 26 January 2021 in English."""
    shown = format_date(day, pgettext("date format", "d/m/Y"))
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), shown)
