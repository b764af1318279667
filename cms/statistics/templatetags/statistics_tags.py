"""`{% access_statistics %}`, `{% page_views page %}`, `{% most_read pages %}` and `{% beacon %}`; for answers that are
no pages `{% not_found_beacon %}` and `{% search_beacon words %}`.

Each of them renders from memory; if statistics fail, it renders dashes or nothing. In a page for many readers the
numbers are marks (`cms.statistics.slots`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from wagtail.models import Page, Site

from cms.statistics import counters, slots
from cms.statistics.faults import faults
from cms.statistics.models import StatisticsSettings
from cms.statistics.most_read import Listed
from cms.statistics.most_read import most_read as most_read_of
from cms.statistics.most_read import to_letters as letters_of_listed
from cms.statistics.page_tokens import sign_in, to_letters, token_of, token_of_answer
from pipeline.collecting.script import ENGAGEMENT, version_of
from pipeline.serving.snapshot import Snapshot, Unit, steady_time
from pipeline.tokens import PageToken, hour_of

register = template.Library()

COLLECTOR = "/_nhip/"
SECOND_SCRIPT = f"{COLLECTOR}doc.js?v={version_of(ENGAGEMENT)}"
NOTHING_KNOWN = slots.Moment(Snapshot(), stale=False, hour=0)


@register.inclusion_tag("statistics/access_statistics.html", takes_context=True)
def access_statistics(context: dict[str, Any]) -> dict[str, Any]:
    """The widget *Thống kê truy cập*."""
    try:
        return _widget(context["request"])
    except Exception:
        faults.report("access_statistics")
        return {"rows": _rows(0, "visits", NOTHING_KNOWN), "as_of": _as_of(NOTHING_KNOWN)}


@register.inclusion_tag("statistics/page_views.html", takes_context=True)
def page_views(context: dict[str, Any], page: Page | None) -> dict[str, Any]:
    """*Lượt xem: 1.327*"""
    page_id = getattr(page, "pk", None)
    if page_id is None:
        return {}
    try:
        moment = _moment(context.get("request"))
        views = slots.page_views(page_id, moment) if moment else slots.mark("page_views", page_id)
    except Exception:
        faults.report("page_views")
        views = slots.page_views(page_id, NOTHING_KNOWN)
    return {"page_id": page_id, "views": views}


@register.simple_tag(takes_context=True)
def most_read(context: dict[str, Any], pages: Iterable[Page]) -> SafeString:
    """*Đọc nhiều*: the most read of ``pages``, with its heading; nothing before there is something to show."""
    request = context.get("request")
    listed = [Listed(page.pk, page.get_url(request) or "", page.title) for page in pages]
    if not listed:
        return SafeString()
    try:
        moment = _moment(request)
        return most_read_of(listed, moment.snapshot) if moment else slots.mark("most_read", letters_of_listed(listed))
    except Exception:
        faults.report("most_read")
        return most_read_of(listed, NOTHING_KNOWN.snapshot)


@register.inclusion_tag("statistics/beacon.html", takes_context=True)
def beacon(context: dict[str, Any]) -> dict[str, Any]:
    """The scripts that report this view of the page and what its reader does there, and a pixel for browsers without.

    Nothing of the request is in them: other readers may get the same page.
    """
    page, request = context.get("page"), context.get("request")
    if not isinstance(page, Page) or request is None:
        return {}
    found = _beacon(lambda: token_of(page, request), request)
    return found | {"second_script": SECOND_SCRIPT} if found else {}


@register.inclusion_tag("statistics/beacon.html", takes_context=True)
def not_found_beacon(context: dict[str, Any]) -> dict[str, Any]:
    """The same of an answer that there is no such page: it reports the address and where the reader came from."""
    request = context.get("request")
    return {} if request is None else _beacon(lambda: token_of_answer(request), request)


@register.inclusion_tag("statistics/beacon.html", takes_context=True)
def search_beacon(context: dict[str, Any], words: str) -> dict[str, Any]:
    """The same of a page with the results of a search, in place of `{% beacon %}`."""
    request = context.get("request")
    return {} if request is None else _beacon(lambda: token_of_answer(request, words=words), request)


def _beacon(find: Callable[[], PageToken | None], request: HttpRequest) -> dict[str, Any]:
    try:
        token = _sign(find(), request)
    except Exception:
        faults.report("beacon")
        return {}
    if not token:
        return {}
    return {"token": token, "script": f"{COLLECTOR}b.js", "pixel": f"{COLLECTOR}luot?t={token}"}


def _sign(token: PageToken | None, request: HttpRequest) -> str | None:
    """It needs no escaping, neither in an address nor in an attribute."""
    if token is None:
        return None
    if slots.stays_open(request):
        return slots.mark("page_token", to_letters(token))
    return sign_in(hour_of(time.time()), token)


def _widget(request: HttpRequest) -> dict[str, Any]:
    site = Site.find_for_request(request)
    if site is None:
        return {"rows": _rows(0, "visits", NOTHING_KNOWN), "as_of": _as_of(NOTHING_KNOWN)}
    unit: Unit = StatisticsSettings.for_request(request).unit
    moment = _moment(request)
    return {
        "rows": _rows(site.pk, unit, moment),
        "as_of": _as_of(moment),
        "live": f"{COLLECTOR}live",
        "site_id": site.pk,
        "unit": unit,
    }


def _moment(request: HttpRequest | None) -> slots.Moment | None:
    """The moment whose values are written; None if the page takes marks."""
    if slots.stays_open(request):
        return None
    return slots.moment_of(counters.current().snapshot(), now=time.time(), steady=steady_time())


def _rows(site_id: int, unit: Unit, moment: slots.Moment | None) -> list[tuple[str, str, str]]:
    """(name, label, number) in the order a Vietnamese portal has them."""
    labels = (
        ("online", _("Đang truy cập")),
        ("today", _("Hôm nay")),
        ("week", _("Trong tuần")),
        ("month", _("Tháng hiện tại")),
        ("total", _("Tổng lượt truy cập")),
    )
    return [
        (
            name,
            label,
            slots.counter(name, site_id, unit, moment) if moment else slots.mark("counter", name, site_id, unit),
        )
        for name, label in labels
    ]


def _as_of(moment: slots.Moment | None) -> dict[str, str]:
    if moment is None:
        return {part: slots.mark(f"as_of_{part}") for part in ("hidden", "datetime", "text")}
    return {
        "hidden": slots.as_of_hidden(moment),
        "datetime": slots.as_of_datetime(moment),
        "text": slots.as_of_text(moment),
    }
