"""The live screen: who is here, the last half hour, what is being read.

The numbers of the widget are pushed to it, as to every page of the portal. What only this screen has, minutes and
pages, is asked for every few seconds; all who look at it share one question.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic.base import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Site

from cms.statistics import counters
from cms.statistics.charts import Caption, Figure, Line, curve
from cms.statistics.numbers import vietnamese_number
from cms.statistics.reports import asking
from cms.statistics.reports.days import today
from cms.statistics.reports.facts import titles_of
from cms.statistics.reports.permissions import scope_of
from cms.statistics.reports.view import screen_links
from pipeline.clickhouse.queries import Now, read_now
from pipeline.periods import AHEAD_SECONDS, ONLINE_SECONDS, ZONE

MINUTES = 30
MINUTE = 60
PAGES = 15
KEPT_SECONDS = 2.0
PATIENCE_SECONDS = 5.0

ROWS = (
    ("online", gettext_lazy("Đang truy cập")),
    ("today", gettext_lazy("Lượt xem hôm nay")),
    ("week", gettext_lazy("Trong tuần")),
    ("month", gettext_lazy("Trong tháng")),
)


@dataclass
class Shared:
    """One reading for all who look, by site, for `seconds`. Raises NotAnswered, and then asks again."""

    seconds: float = KEPT_SECONDS
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: dict[int, tuple[float, float, Now]] = field(default_factory=dict)

    def read(self, site: int) -> tuple[float, Now]:
        """The moment of the reading in Unix seconds, and what was read."""
        with self._lock:
            kept = self._kept.get(site)
            if kept and self.clock() - kept[0] < self.seconds:
                return kept[1], kept[2]
            at = time.time()
            since = (at // MINUTE - MINUTES + 1) * MINUTE
            one = partial(
                read_now,
                since=since,
                until=at + AHEAD_SECONDS,
                online_seconds=ONLINE_SECONDS + AHEAD_SECONDS,
                site=site,
            )
            found = asking.work(one, patience=PATIENCE_SECONDS)
            self._kept = {number: one for number, one in self._kept.items() if self.clock() - one[0] < MINUTE}
            self._kept[site] = (self.clock(), at, found)
            return at, found


shared = Shared()


class LiveView(WagtailAdminTemplateMixin, TemplateView):
    template_name = "statistics/reports/live.html"
    results_only = False
    _show_breadcrumbs = True
    page_title = gettext_lazy("Ngay lúc này")

    def get(self, request: HttpRequest) -> HttpResponse:
        scope = scope_of(request)
        if not scope.everything:
            raise PermissionDenied
        context = self.get_context_data()
        refusal = context.get("refusal")
        response = self.render_to_response(context, status=503 if refusal and self.results_only else 200)
        response["Cache-Control"] = "no-store"
        return response

    def get_template_names(self) -> list[str]:
        return ["statistics/reports/now.html" if self.results_only else str(self.template_name)]

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        above = {"url": reverse("nhip_reports:index"), "label": str(gettext_lazy("Báo cáo truy cập"))}
        return [*self.breadcrumbs_items, above, {"url": "", "label": str(self.page_title)}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        site = self._site()
        context: dict[str, Any] = {} if self.results_only else super().get_context_data(**kwargs)
        try:
            at, now = shared.read(site.pk)
        except asking.NotAnswered as why:
            context["refusal"] = why.words
        else:
            context |= {"figure": _figure(at, now), "reading": _reading(now), "at": at}
        if not self.results_only:
            summary = counters.current().snapshot().summary(site.pk, unit="views")
            context |= {
                "screens": screen_links(scope_of(self.request), None, "live"),
                "site_id": site.pk,
                "rows": [(name, label, vietnamese_number(getattr(summary, name, None))) for name, label in ROWS],
                "now_url": f"{reverse('nhip_reports:now')}?site={site.pk}",
                "sites": Site.objects.order_by("-is_default_site", "hostname"),
                "today": today(),
            }
        return context

    def _site(self) -> Site:
        asked = self.request.GET.get("site", "")
        sites = Site.objects.order_by("-is_default_site", "pk")
        chosen = (
            sites.filter(pk=int(asked)).first() if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
        )
        found = chosen or sites.first()
        if found is None:
            raise PermissionDenied
        return found


def _figure(at: float, now: Now) -> Figure:
    first = int(at // MINUTE - MINUTES + 1) * MINUTE
    minutes = [first + MINUTE * place for place in range(MINUTES)]
    values = [now.minutes.get(minute, 0) for minute in minutes]
    labels = [_clock(minute) for minute in minutes]
    title = str(_("Lượt xem mỗi phút, 30 phút gần nhất"))
    description = str(
        _("Tất cả %(sum)s lượt; nhiều nhất %(most)s một phút")
        % {"sum": vietnamese_number(sum(values)), "most": vietnamese_number(max(values))}
    )

    def draw(width: float) -> str:
        return curve(
            labels,
            Line(str(_("Lượt xem")), values),
            caption=Caption(title, description),
            complete=MINUTES - 1,
            size=(width, 200.0),
        )

    rows = [[label, vietnamese_number(value)] for label, value in zip(labels, values, strict=True)]
    return Figure(title, draw, [str(_("Phút")), str(_("Lượt xem"))], rows)


def _clock(unix_seconds: int) -> str:
    return f"{datetime.fromtimestamp(unix_seconds, ZONE):%H:%M}"


def _reading(now: Now) -> list[tuple[str, str, str, str]]:
    """Title, address of its report, readers and views in the last minutes, of the pages that most are reading."""
    pages = [(page, readers, views) for page, readers, views in now.pages if page][:PAGES]
    titles = titles_of([page for page, *_ in pages])
    screen = reverse("nhip_reports:screen", args=["overview"])
    return [
        (
            titles.get(page, (str(page), False))[0],
            f"{screen}?is=page:{page}",
            vietnamese_number(readers),
            vietnamese_number(views),
        )
        for page, readers, views in pages
    ]
