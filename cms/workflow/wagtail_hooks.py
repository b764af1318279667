from __future__ import annotations

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.models import Page

from cms.workflow import planned, waiting
from cms.workflow.panels import WaitingPanel
from cms.workflow.together import ScheduleTogether

REPLACED = ("workflow_objects_to_moderate",)


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("waiting/", waiting.show_waiting, name="workflow_waiting"),
        path("waiting/<int:number>/", waiting.review, name="workflow_review"),
        path("planned/", planned.show_month, name="workflow_planned"),
    ]


class DeskMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return waiting.takes_part(request.user)


@hooks.register("register_admin_menu_item")
def offer_waiting() -> DeskMenuItem:
    return DeskMenuItem(
        _("Chờ duyệt"), reverse("workflow_waiting"), name="waiting", icon_name="clipboard-list", order=50
    )


@hooks.register("register_admin_menu_item")
def offer_calendar() -> DeskMenuItem:
    return DeskMenuItem(
        _("Lịch đăng bài"), reverse("workflow_planned"), name="planned", icon_name="calendar-alt", order=60
    )


@hooks.register("construct_homepage_panels")
def show_waiting(request: HttpRequest, panels: list[Component]) -> None:
    """In place of Wagtail's panel of the same, whose actions are too small for a phone."""
    panels[:] = [panel for panel in panels if panel.name not in REPLACED]
    if waiting.takes_part(request.user):
        panels.append(WaitingPanel(request))


@hooks.register("before_edit_page")
def say_what_to_mend(request: HttpRequest, page: Page) -> None:
    """What was said when a page was returned is on top of its editor until it is handed in again."""
    if request.method == "GET" and (words := waiting.words_of_return(page)):
        messages.warning(request, words)


hooks.register("register_bulk_action", ScheduleTogether)
