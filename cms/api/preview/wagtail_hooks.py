from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import LogActionRegistry
from wagtail.models import Page

from cms.api.preview.admin import MADE, REVOKED, preview_link


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [path("preview-link/<int:page_id>/", preview_link, name="preview_link")]


@hooks.register("register_page_header_buttons")
def offer_link(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:  # noqa: ARG001
    if page.depth > 1 and page.permissions_for_user(user).can_edit():
        yield Button(
            _("Liên kết xem trước"), url=reverse("preview_link", args=[page.pk]), icon_name="link", priority=64
        )


@hooks.register("register_log_actions")
def actions(registry: LogActionRegistry) -> None:
    registry.register_action(MADE, _("Tạo liên kết xem trước"), _("Đã tạo liên kết xem trước"))
    registry.register_action(REVOKED, _("Thu hồi liên kết xem trước"), _("Đã thu hồi liên kết xem trước"))
