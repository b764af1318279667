from __future__ import annotations

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import LogActionRegistry

from cms.audit.recording import EXPORT, POWERS, RIGHTS
from cms.audit.report import MAY_READ, AuditReport


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("audit/", AuditReport.as_view(), name="audit_log"),
        path("audit/results/", AuditReport.as_view(results_only=True), name="audit_log_results"),
    ]


class AuditMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_READ)


@hooks.register("register_reports_menu_item")
def offer_log() -> AuditMenuItem:
    return AuditMenuItem(_("Nhật ký hệ thống"), reverse("audit_log"), name="audit", icon_name="history", order=1050)


@hooks.register("register_permissions")
def permissions() -> QuerySet[Permission]:
    app, codename = MAY_READ.split(".")
    return Permission.objects.filter(content_type__app_label=app, codename=codename)


@hooks.register("register_log_actions")
def actions(registry: LogActionRegistry) -> None:
    registry.register_action(RIGHTS, _("Đổi quyền"), _("Đã đổi quyền"))
    registry.register_action(POWERS, _("Đổi trạng thái tài khoản"), _("Đã đổi trạng thái tài khoản"))
    registry.register_action(EXPORT, _("Tải tệp xuống"), _("Đã tải tệp xuống"))
