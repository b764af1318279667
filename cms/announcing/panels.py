"""The dashboard's panel of receivers that were switched off; nothing as long as there are none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wagtail.admin.ui.components import Component

from cms.announcing.models import Endpoint


class SwitchedOffPanel(Component):
    name = "webhooks"
    template_name = "announcing/home_panel.html"
    order = 120

    def __init__(self, off: list[Endpoint]) -> None:
        self._off = off

    def get_context_data(self, _parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return {"off": self._off}


def switched_off() -> list[Endpoint]:
    return list(Endpoint.objects.filter(is_on=False, switched_off_at__isnull=False))
