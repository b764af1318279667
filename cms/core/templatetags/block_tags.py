"""What the templates of blocks show: a table's cell as people here write it, the site of an address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.utils.dateformat import format as format_date
from django.utils.formats import number_format
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag(name="cell")
def show_cell(cell: Mapping[str, Any]) -> SafeString:
    """1250.50 as 1.250,50; a day as 05/01/2026; the lines of a text as lines."""
    value = cell["value"]
    if value is None:
        return SafeString("")
    if isinstance(value, Decimal):
        return SafeString(number_format(value, force_grouping=True))
    if isinstance(value, date):
        return SafeString(format_date(value, "d/m/Y"))
    return mark_safe("<br>".join(conditional_escape(line) for line in str(value).splitlines()))


@register.filter
def host(url: str) -> str:
    """``https://www.youtube.com/watch?v=…`` → ``youtube.com``"""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
