"""A month of what comes: publications and expiries that are scheduled, pages in review, and what was published."""

from __future__ import annotations

import re
from calendar import Calendar
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from wagtail.models import Page, Revision

from cms.workflow.waiting import in_review, takes_part

MOST = 500  # of one kind in a month
KINDS = {
    "goes-live": gettext_noop("Hẹn đăng"),
    "planned": gettext_noop("Hẹn đăng, chưa duyệt"),
    "expires": gettext_noop("Hết hạn"),
    "due": gettext_noop("Hạn duyệt"),
    "published": gettext_noop("Đã đăng"),
}


@dataclass(frozen=True)
class Entry:
    at: datetime
    kind: str
    title: str
    url: str

    @property
    def words(self) -> str:
        return _(KINDS[self.kind])


@dataclass(frozen=True)
class Day:
    day: date
    entries: list[Entry]
    in_month: bool
    is_today: bool


def show_month(request: HttpRequest) -> HttpResponse:
    """GET /admin/planned/?month=2026-12"""
    if not takes_part(request.user):
        raise PermissionDenied
    today = timezone.localdate()
    month = read_month(request.GET.get("month", ""), today)
    weeks = Calendar().monthdatescalendar(month.year, month.month)
    by_day = defaultdict(list)
    for entry in sorted(entries_between(weeks[0][0], weeks[-1][-1]), key=lambda one: one.at):
        by_day[timezone.localdate(entry.at)].append(entry)
    days = [
        Day(day, by_day[day], in_month=day.month == month.month, is_today=day == today)
        for week in weeks
        for day in week
    ]
    title = _("Lịch đăng bài")
    context = {
        "page_title": title,
        "header_title": title,
        "header_icon": "calendar-alt",
        "month": month,
        "days": days,
        "earlier": f"{month - timedelta(days=1):%Y-%m}",
        "later": f"{month + timedelta(days=31):%Y-%m}",
        "is_empty": not any(by_day.values()),
    }
    return TemplateResponse(request, "workflow/planned.html", context)


def read_month(text: str, today: date) -> date:
    """The first day of the month that is asked for; of this one if there is no such month."""
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text)
    return date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)


def entries_between(since: date, until: date) -> list[Entry]:
    """Both days included."""
    begin = timezone.make_aware(datetime.combine(since, time.min))
    end = timezone.make_aware(datetime.combine(until + timedelta(days=1), time.min))
    return [
        entry for entry in [*_scheduled(begin, end), *_expiring(begin, end), *_in_review()] if begin <= entry.at < end
    ] + [*_published(begin, end)]


def _scheduled(begin: datetime, end: datetime) -> list[Entry]:
    revisions = Revision.objects.page_revisions().filter(approved_go_live_at__gte=begin, approved_go_live_at__lt=end)
    rows = revisions.order_by("approved_go_live_at").values_list("approved_go_live_at", "content__title", "object_id")
    return [Entry(at, "goes-live", title, _edit(page)) for at, title, page in rows[:MOST]]


def _expiring(begin: datetime, end: datetime) -> list[Entry]:
    pages = Page.objects.live().filter(expire_at__gte=begin, expire_at__lt=end).order_by("expire_at")
    return [Entry(at, "expires", title, _edit(pk)) for at, title, pk in _rows(pages, "expire_at")]


def _published(begin: datetime, end: datetime) -> list[Entry]:
    pages = Page.objects.live().filter(first_published_at__gte=begin, first_published_at__lt=end)
    rows = _rows(pages.order_by("-first_published_at"), "first_published_at")
    return [Entry(at, "published", title, _edit(pk)) for at, title, pk in rows]


def _in_review() -> list[Entry]:
    found = []
    for one in in_review():
        if one.due:
            found.append(Entry(one.due, "due", one.title, one.url))
        if one.goes_live_at:
            found.append(Entry(one.goes_live_at, "planned", one.title, one.url))
    return found


def _rows(pages: Any, time_field: str) -> list[tuple[datetime, str, int]]:
    return list(pages.values_list(time_field, "draft_title", "pk")[:MOST])


def _edit(page: int | str) -> str:
    return reverse("wagtailadmin_pages:edit", args=[page])
