"""`{% access_statistics %}`, `{% page_views page %}` and `{% beacon %}`.

Each of them renders from memory; if statistics fail, it renders dashes or nothing.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from django import template
from django.http import HttpRequest
from django.utils.translation import gettext as _
from wagtail.models import Page, Site

from cms.statistics import counters
from cms.statistics.faults import faults
from cms.statistics.models import StatisticsSettings
from cms.statistics.numbers import iso_time, vietnamese_number, vietnamese_time
from cms.statistics.page_tokens import sign_page
from pipeline.serving.snapshot import Summary

register = template.Library()

COLLECTOR = "/_nhip/"
STALE_AFTER_SECONDS = 60
LONGEST_REFERRER = 500


@register.inclusion_tag("statistics/access_statistics.html", takes_context=True)
def access_statistics(context: dict[str, Any]) -> dict[str, Any]:
    """The widget *Thống kê truy cập*."""
    try:
        return _widget(context["request"], now=time.time())
    except Exception:
        faults.report("access_statistics")
        return {"rows": _rows(None)}


@register.inclusion_tag("statistics/page_views.html")
def page_views(page: Page | None) -> dict[str, Any]:
    """*Lượt xem: 1.327*"""
    page_id = getattr(page, "pk", None)
    if page_id is None:
        return {}
    try:
        views = counters.current().snapshot().page_views(page_id)
    except Exception:
        faults.report("page_views")
        views = None
    return {"page_id": page_id, "views": vietnamese_number(views)}


@register.inclusion_tag("statistics/beacon.html", takes_context=True)
def beacon(context: dict[str, Any]) -> dict[str, Any]:
    """The script that reports this view of the page, and a pixel for browsers without scripts."""
    page, request = context.get("page"), context.get("request")
    if not isinstance(page, Page) or request is None:
        return {}
    try:
        token = sign_page(page, request)
        return {"token": token, "script": f"{COLLECTOR}b.js", "pixel": _pixel(token, request)} if token else {}
    except Exception:
        faults.report("beacon")
        return {}


def _widget(request: HttpRequest, *, now: float) -> dict[str, Any]:
    site = Site.find_for_request(request)
    if site is None:
        return {"rows": _rows(None)}
    unit = StatisticsSettings.for_request(request).unit
    snapshot = counters.current().snapshot()
    return {
        "rows": _rows(snapshot.summary(site.pk, unit=unit)),
        "live": f"{COLLECTOR}live",
        "site_id": site.pk,
        "unit": unit,
        **_age(snapshot.as_of, now=now),
    }


def _rows(summary: Summary | None) -> list[tuple[str, str, str]]:
    """(name, label, number) in the order a Vietnamese portal has them."""
    labels = (
        ("online", _("Đang truy cập")),
        ("today", _("Hôm nay")),
        ("week", _("Trong tuần")),
        ("month", _("Tháng hiện tại")),
        ("total", _("Tổng lượt truy cập")),
    )
    return [(name, label, vietnamese_number(getattr(summary, name, None))) for name, label in labels]


def _age(as_of: float | None, *, now: float) -> dict[str, Any]:
    if as_of is None:
        return {}
    return {
        "as_of": vietnamese_time(as_of),
        "as_of_iso": iso_time(as_of),
        "is_stale": now - as_of > STALE_AFTER_SECONDS,
    }


def _pixel(token: str, request: HttpRequest) -> str:
    """The pixel's address, with the referrer and the kind of navigation, which a script would read in the browser."""
    referrer = request.headers.get("Referer", "")[:LONGEST_REFERRER]
    query = {"t": token, "r": referrer, "n": "reload" if _is_reload(request) else "navigate"}
    return f"{COLLECTOR}p.gif?{urlencode(query)}"


def _is_reload(request: HttpRequest) -> bool:
    """Browsers ask for a fresh copy on reload, and only then: `max-age=0`, or `no-cache` on a forced one."""
    asked = request.headers.get("Cache-Control", "").replace(" ", "").lower().split(",")
    return "max-age=0" in asked or "no-cache" in asked or request.headers.get("Pragma", "").lower() == "no-cache"
