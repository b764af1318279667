"""The page's own figures in the editor's side panel: from memory at once, and the last days from the reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.side_panels import BaseSidePanel

from cms.statistics import counters
from cms.statistics.charts import Caption, sparkline
from cms.statistics.numbers import vietnamese_number
from cms.statistics.reports import asking
from cms.statistics.reports.days import last_days, today, views_of_days
from cms.statistics.reports.permissions import may_see_page
from cms.statistics.reports.words import day
from pipeline.reports.question import read_question

DAYS = 28
PATIENCE_SECONDS = 2.0  # the editor opens with or without them


class ViewsSidePanel(BaseSidePanel):
    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = gettext_lazy("Lượt xem của trang")
        icon_name = "view"
        has_counter = False

    name = "views"
    title = gettext_lazy("Lượt xem")
    template_name = "statistics/reports/side_panel.html"
    order = 380

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(parent_context)
        context["total"] = vietnamese_number(counters.current().snapshot().page_views(self.object.pk))
        if self.object.pk and may_see_page(self.request.user, self.object):
            context |= _last_days(self.object.pk)
            context["report_url"] = f"{reverse('nhip_reports:screen', args=['overview'])}?is=page:{self.object.pk}"
        return context


def _last_days(page_id: int) -> dict[str, Any]:
    until = today()
    days = last_days(DAYS, until)
    question = read_question(
        {
            "metrics": ["views"],
            "date_range": [days[0], days[-1]],
            "dimensions": ["day"],
            "filters": [["is", "page", [page_id]]],
        },
        today=until,
    )
    try:
        found = asking.ask(question, patience=PATIENCE_SECONDS)
    except asking.NotAnswered as refusal:
        return {"words": refusal.words}
    numbers = views_of_days(found, days)
    return {
        "days": DAYS,
        "last": vietnamese_number(sum(numbers)),
        "today": vietnamese_number(numbers[-1]),
        "spark": _spark(numbers),
        "rows": [(day(one), vietnamese_number(number)) for one, number in zip(days, numbers, strict=True) if number],
    }


def _spark(numbers: list[int]) -> SafeString:
    chart = sparkline(
        numbers,
        caption=Caption(
            _("Lượt xem mỗi ngày"),
            _("%(days)s ngày gần nhất; nhiều nhất %(most)s một ngày")
            % {"days": len(numbers), "most": vietnamese_number(max(numbers))},
        ),
        size=(320.0, 60.0),
    )
    return mark_safe(chart)  # escaped by the drawing
