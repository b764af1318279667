from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from cms.statistics.models import OpeningBalance
from cms.statistics.reports import urls
from cms.statistics.reports.home import TrafficPanel
from cms.statistics.reports.listing import pages
from cms.statistics.reports.permissions import SEE_REPORTS, sees_reports


class OpeningBalanceViewSet(SnippetViewSet):
    model = OpeningBalance
    icon = "history"
    menu_label = _("Số đếm ban đầu")
    menu_name = "opening-balances"
    add_to_settings_menu = True
    list_display = [
        "__str__",  # a name rather than a Column: Wagtail links it to the form
        Column("views", label=_("Lượt xem"), sort_key="views"),
        Column("visits", label=_("Lượt truy cập"), sort_key="visits"),
        Column("status", label=_("Trạng thái")),
        DateColumn("changed_at", label=_("Cập nhật"), sort_key="changed_at"),
    ]
    search_fields = ["note", "page__title"]


register_snippet(OpeningBalanceViewSet)


class TrafficMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return sees_reports(request.user)


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern | URLResolver]:
    return [path("reports/traffic/", include(urls, namespace=urls.app_name))]


@hooks.register("register_reports_menu_item")
def offer_reports() -> TrafficMenuItem:
    return TrafficMenuItem(
        _("Báo cáo truy cập"), reverse("nhip_reports:index"), name="traffic", icon_name="view", order=100
    )


@hooks.register("register_permissions")
def permissions() -> QuerySet[Permission]:
    app, codename = SEE_REPORTS.split(".")
    return Permission.objects.filter(content_type__app_label=app, codename=codename)


@hooks.register("construct_homepage_panels")
def show_traffic(request: HttpRequest, panels: list[Component]) -> None:
    if TrafficPanel.is_shown(request):
        panels.append(TrafficPanel(request))


@hooks.register("register_admin_viewset")
def list_and_edit_pages() -> Any:
    """After Wagtail's own of all pages, which it takes the place of."""
    return pages
