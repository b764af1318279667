"""What the templates of reports need beyond Django's filters."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from cms.statistics.numbers import vietnamese_time

register = template.Library()


@register.filter
def drawn(chart: str) -> SafeString:
    """A chart as it is: `cms.statistics.charts` has escaped every text in it."""
    return mark_safe(chart)


@register.filter
def moment(unix_seconds: float) -> str:
    return vietnamese_time(unix_seconds)


@register.filter
def in_one_language(words: str) -> str:
    """Of words for people in both languages, "… · …", those of the reader's."""
    vietnamese, _dot, english = words.partition(" · ")
    return english if english and get_language() == "en" else vietnamese
