"""The report of sign-ins and refusals, for who manages accounts."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.reports import ReportView

from cms.accounts.models import Outcome, SignIn

MAY_READ = ("accounts.view_signin", "auth.change_user")  # one of them is enough


def may_read(user: Any) -> bool:
    return any(user.has_perm(one) for one in MAY_READ)


class SignInFilters(WagtailFilterSet):
    at = django_filters.DateFromToRangeFilter(label=_("Khoảng thời gian"), widget=DateRangePickerWidget)
    user = django_filters.ModelChoiceFilter(label=_("Tài khoản"), queryset=get_user_model()._default_manager.all())
    outcome = django_filters.ChoiceFilter(label=_("Việc"), choices=Outcome.choices)

    class Meta:
        model = SignIn
        fields = ["at", "user", "outcome"]


class SignInReport(ReportView):
    page_title = _("Đăng nhập")
    header_icon = "key"
    model = SignIn
    queryset = SignIn.objects.select_related("user")
    index_url_name = "accounts_report"
    index_results_url_name = "accounts_report_results"
    filterset_class = SignInFilters
    columns = [
        Column("when", label=_("Lúc"), sort_key="at"),
        Column("account", label=_("Tài khoản")),
        Column("outcome", label=_("Việc"), accessor="get_outcome_display"),
        Column("device", label=_("Thiết bị")),
        Column("times", label=_("Số lần"), sort_key="times"),
    ]
    default_ordering = "-at"
    list_export = ["when", "account", "get_outcome_display", "device", "times"]
    export_headings = {
        "when": _("Lúc"),
        "account": _("Tài khoản"),
        "get_outcome_display": _("Việc"),
        "device": _("Thiết bị"),
        "times": _("Số lần"),
    }

    def dispatch(self, request: HttpRequest, *arguments: Any, **names: Any) -> HttpResponseBase:
        if not may_read(request.user):
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(request, *arguments, **names)
        return response
