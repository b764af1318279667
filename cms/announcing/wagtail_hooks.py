from __future__ import annotations

from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.components import Component
from wagtail.log_actions import LogActionRegistry

from cms.announcing import viewsets
from cms.announcing.deliveries import END_SECRET, MAY_CHANGE, NEW_SECRET
from cms.announcing.panels import SwitchedOffPanel, switched_off


@hooks.register("register_admin_viewset")
def endpoints() -> viewsets.EndpointViewSet:
    return viewsets.EndpointViewSet("announcing_endpoint")


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return viewsets.addresses()


@hooks.register("construct_homepage_panels")
def say_what_was_switched_off(request: HttpRequest, panels: list[Component]) -> None:
    if request.user.has_perm(MAY_CHANGE) and (off := switched_off()):
        panels.append(SwitchedOffPanel(off))


@hooks.register("register_log_actions")
def actions(registry: LogActionRegistry) -> None:
    registry.register_action(NEW_SECRET, _("Tạo khóa bí mật mới"), _("Đã tạo khóa bí mật mới"))
    registry.register_action(END_SECRET, _("Ngừng dùng khóa cũ"), _("Đã ngừng dùng khóa bí mật cũ"))
