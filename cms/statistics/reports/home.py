"""The panel on the dashboard: how the site is read today and these days, and the way to the reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from wagtail.admin.ui.components import Component

from cms.statistics.charts import Caption, sparkline
from cms.statistics.numbers import vietnamese_number
from cms.statistics.reports import asking
from cms.statistics.reports.days import last_days, today, views_of_days
from cms.statistics.reports.facts import titles_of
from cms.statistics.reports.permissions import MOST_PAGES, scope_of, sees_reports
from cms.statistics.reports.words import change
from pipeline.reports.question import read_question

DAYS = 7
PATIENCE_SECONDS = 2.0
PAGES = 5


class TrafficPanel(Component):
    name = "traffic"
    template_name = "statistics/reports/home_panel.html"
    order = 150

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @staticmethod
    def is_shown(request: HttpRequest) -> bool:
        return sees_reports(request.user)

    def get_context_data(self, _parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        scope = scope_of(self._request)
        context: dict[str, Any] = {"everything": scope.everything, "url": reverse("nhip_reports:index"), "days": DAYS}
        if not scope or len(scope.pages) > MOST_PAGES:
            return context
        until = today()
        shown = last_days(2 * DAYS, until)
        common = {"metrics": ["views"], "filters": scope.filters}
        asked = [
            common | {"date_range": [shown[0], shown[-1]], "dimensions": ["day"]},
            common
            | {
                "date_range": [shown[DAYS], shown[-1]],
                "dimensions": ["page"],
                "pagination": {"limit": PAGES},
            },
        ]
        try:
            days, pages = asking.ask_all([read_question(one, today=until) for one in asked], patience=PATIENCE_SECONDS)
        except asking.NotAnswered as refusal:
            return context | {"words": refusal.words}
        numbers = views_of_days(days, shown)
        # Today is not over: the days before it are compared.
        whole, before = sum(numbers[DAYS:-1]), sum(numbers[: DAYS - 1])
        titles = titles_of([int(row.dimensions[0]) for row in pages.rows])
        chart = sparkline(
            numbers,
            caption=Caption(_("Lượt xem mỗi ngày"), _("%(days)s ngày gần nhất") % {"days": 2 * DAYS}),
            size=(320.0, 60.0),
        )
        return context | {
            "today": vietnamese_number(numbers[-1]),
            "yesterday": vietnamese_number(numbers[-2]),
            "last": vietnamese_number(sum(numbers[DAYS:])),
            "change": change(whole, before),
            "spark": mark_safe(chart),  # escaped by the drawing
            "pages": [
                (titles.get(int(row.dimensions[0]), ("", False))[0], vietnamese_number(int(row.metrics[0] or 0)))
                for row in pages.rows
            ],
        }
