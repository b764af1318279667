from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry

from cms.statistics.reports.tokens.viewsets import REVOKED, TokenViewSet


@hooks.register("register_admin_viewset")
def tokens() -> TokenViewSet:
    return TokenViewSet("report_tokens")


@hooks.register("register_log_actions")
def actions(registry: LogActionRegistry) -> None:
    registry.register_action(REVOKED, _("Thu hồi"), _("Đã thu hồi mã truy cập"))
