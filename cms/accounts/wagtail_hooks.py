from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets.button import Button

from cms.accounts import second_factor, uncounted, views
from cms.accounts.report import SignInReport, may_read


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [
        path("account/second-factor/", views.set_up_second_factor, name="accounts_second_factor"),
        path("account/sessions/", views.show_sessions, name="accounts_sessions"),
        path("account/counting/", views.choose_counting, name="accounts_counting"),
        path("account/reset-second-factor/<int:user_id>/", views.reset_second_factor, name="accounts_reset"),
        path("reports/sign-ins/", SignInReport.as_view(), name="accounts_report"),
        path("reports/sign-ins/results/", SignInReport.as_view(results_only=True), name="accounts_report_results"),
    ]


@hooks.register("register_account_menu_item")
def offer_second_factor(request: HttpRequest) -> dict[str, str]:
    on = second_factor.authenticator_of(request.user)
    return {
        "url": reverse("accounts_second_factor"),
        "label": _("Xác thực hai bước"),
        "help_text": _("Đang bật.") if on else _("Chưa bật. Thêm mã từ điện thoại khi đăng nhập."),
    }


@hooks.register("register_account_menu_item")
def offer_sessions(_request: HttpRequest) -> dict[str, str]:
    return {
        "url": reverse("accounts_sessions"),
        "label": _("Phiên đăng nhập"),
        "help_text": _("Những trình duyệt đang đăng nhập tài khoản này."),
    }


@hooks.register("register_account_menu_item")
def offer_counting(request: HttpRequest) -> dict[str, str]:
    counted = uncounted.is_counted(request)
    return {
        "url": reverse("accounts_counting"),
        "label": _("Lượt xem của tôi"),
        "help_text": _("Trên thiết bị này: được đếm sau khi đăng xuất.")
        if counted
        else _("Trên thiết bị này: không được đếm."),
    }


class ReportMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_read(request.user)


@hooks.register("register_reports_menu_item")
def offer_report() -> ReportMenuItem:
    return ReportMenuItem(_("Đăng nhập"), reverse("accounts_report"), name="sign-ins", icon_name="key", order=1100)


@hooks.register("register_permissions")
def permissions() -> QuerySet[Permission]:
    return Permission.objects.filter(content_type__app_label="accounts", codename="view_signin")


@hooks.register("register_user_listing_buttons")
def offer_reset(user: Any, request_user: Any) -> Iterator[Button]:
    if views.may_reset(request_user, user) and second_factor.authenticator_of(user):
        yield Button(
            _("Đặt lại xác thực hai bước"),
            reverse("accounts_reset", args=[user.pk]),
            icon_name="lock-open",
            priority=40,
        )


@hooks.register("before_edit_user")
def leave_superusers_alone(request: HttpRequest, user: Any) -> None:
    """Whoever could set a superuser's password would be one."""
    if user.is_superuser and not request.user.is_superuser:
        raise PermissionDenied
