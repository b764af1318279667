"""*Viết bài*: from everywhere in the admin to an empty article, in one click."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.permissions import page_permission_policy

from cms.news.models import NewsIndexPage


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [path("viet-bai/", write_article, name="write_article")]


def write_article(request: HttpRequest) -> HttpResponse:
    """To the form of a new article in the section where this account may add one; if there are more, to their list."""
    may_add = page_permission_policy.instances_user_has_permission_for(request.user, "add")
    sections = list(NewsIndexPage.objects.filter(pk__in=may_add.values("pk")).order_by("path")[:2])
    if not sections:
        messages.warning(request, _("Chưa có chuyên trang tin tức nào mà tài khoản này được thêm bài."))
        return redirect("wagtailadmin_explore_root")
    if len(sections) > 1:
        return redirect("wagtailadmin_explore", sections[0].get_parent().pk)
    return redirect("wagtailadmin_pages:add", "news", "newspage", sections[0].pk)


def may_write(request: HttpRequest) -> bool:
    return bool(page_permission_policy.user_has_any_permission(request.user, {"add"}))


class WriteMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_write(request)


@hooks.register("register_admin_menu_item")
def offer_writing() -> WriteMenuItem:
    url = reverse("write_article")
    return WriteMenuItem(gettext_lazy("Viết bài"), url, name="write-article", icon_name="edit", order=50)


class WritePanel(Component):
    name = "write"
    template_name = "news/admin/write_panel.html"
    order = 10

    def get_context_data(self, _parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return {"url": reverse("write_article")}


@hooks.register("construct_homepage_panels")
def offer_writing_first(request: HttpRequest, panels: list[Component]) -> None:
    if may_write(request):
        panels.append(WritePanel())
