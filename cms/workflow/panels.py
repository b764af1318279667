"""The dashboard's panel of what waits for its reader, and what is overdue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from wagtail.admin.ui.components import Component

from cms.workflow.waiting import desk_of

SHOWN = 5


class WaitingPanel(Component):
    name = "waiting"
    template_name = "workflow/home_panel.html"
    order = 110

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def get_context_data(self, _parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        desk = desk_of(self._request.user)
        late = [one for one in desk.others if one.is_overdue]
        count = len(desk.mine)
        return {"mine": desk.mine[:SHOWN], "more": max(0, count - SHOWN), "count": count, "late": late[:SHOWN]}
