from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from cms.handbook.views import HandbookView

OF_WAGTAILS_AUTHORS = {"editor-guide", "whats-new-in-wagtail"}


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("handbook/", HandbookView.as_view(), name="handbook"),
        path("handbook/<slug:slug>/", HandbookView.as_view(), name="handbook_chapter"),
    ]


@hooks.register("register_admin_menu_item")
def offer_handbook() -> MenuItem:
    return MenuItem(_("Sổ tay"), reverse("handbook"), name="handbook", icon_name="help", order=950)


@hooks.register("construct_help_menu")
def offer_no_english_pages(_request: HttpRequest, items: list[Any]) -> None:
    """Links to pages in English on another host, which describe another product."""
    items[:] = [item for item in items if not any(item.name.startswith(name) for name in OF_WAGTAILS_AUTHORS)]
