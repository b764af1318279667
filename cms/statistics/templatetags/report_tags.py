"""What the templates of reports need beyond Django's filters."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe

from cms.statistics.numbers import vietnamese_time

register = template.Library()


@register.filter
def drawn(chart: str) -> SafeString:
    """A chart as it is: `cms.statistics.charts` has escaped every text in it."""
    return mark_safe(chart)


@register.filter
def moment(unix_seconds: float) -> str:
    return vietnamese_time(unix_seconds)
