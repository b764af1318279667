"""The audit log in the admin: who did what, when; filtered, and as a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.reports import ReportView
from wagtail.models import PageLogEntry

from cms.accounts.models import SignIn
from cms.audit.lines import KINDS, SOURCES, TIME, lines_of, of_kind, places

MAY_READ = "audit.view_entry"
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class AuditFilters(WagtailFilterSet):
    """Each source is filtered by itself, before they are put together."""

    at = django_filters.DateFromToRangeFilter(
        label=_("Khoảng thời gian"), method="filter_at", widget=DateRangePickerWidget
    )
    user = django_filters.ModelChoiceFilter(
        label=_("Người làm"), queryset=get_user_model()._default_manager.order_by("username")
    )
    kind = django_filters.ChoiceFilter(
        label=_("Loại việc"), method="filter_kind", choices=[(name, kind.label) for name, kind in KINDS.items()]
    )
    thing = django_filters.CharFilter(label=_("Đối tượng"), method="filter_thing")

    class Meta:
        model = PageLogEntry
        fields = ["at", "user", "kind", "thing"]

    def filter_at(self, queryset: QuerySet[Any], _name: str, chosen: slice) -> QuerySet[Any]:
        time = TIME[queryset.model]
        bounds = {f"{time}__gte": chosen.start, f"{time}__lte": chosen.stop}
        return queryset.filter(**{name: value for name, value in bounds.items() if value is not None})

    def filter_kind(self, queryset: QuerySet[Any], _name: str, chosen: str) -> QuerySet[Any]:
        return of_kind(chosen, queryset)

    def filter_thing(self, queryset: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        return queryset.none() if queryset.model is SignIn else queryset.filter(label__icontains=words)


class AuditReport(ReportView):
    page_title = _("Nhật ký hệ thống")
    header_icon = "history"
    index_url_name = "audit_log"
    index_results_url_name = "audit_log_results"
    filterset_class = AuditFilters
    is_searchable = False
    columns = [
        Column("when", label=_("Lúc")),
        Column("who", label=_("Người làm")),
        Column("what", label=_("Việc")),
        Column("kind", label=_("Loại")),
        TitleColumn("thing", label=_("Đối tượng"), get_url=lambda line: line.url),
        Column("details", label=_("Chi tiết")),
    ]
    list_export = ["when", "who", "what", "kind", "thing", "details"]
    export_headings = {str(column.name): column.label for column in columns}

    def dispatch(self, request: HttpRequest, *arguments: Any, **names: Any) -> HttpResponseBase:
        if not request.user.has_perm(MAY_READ):
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(request, *arguments, **names)
        return response

    def get_filename(self) -> str:
        return f"nhat-ky-{date.today():%Y-%m-%d}"

    def get_filtered_queryset(self) -> Any:
        return places(self.filter_queryset(_all(model)) for model in SOURCES)

    def get_table(self, object_list: Iterable[dict[str, Any]]) -> Any:
        return super().get_table(list(lines_of(object_list, self.request.user)))

    def decorate_paginated_queryset(self, object_list: Any) -> Any:
        """A file has all of them, a few at a time."""
        return lines_of(object_list.iterator(), self.request.user) if self.is_export else object_list

    def get_heading(self, _queryset: Any, field: str) -> str:
        return str(self.export_headings[field])

    def to_row_dict(self, item: Any) -> dict[str, Any]:
        """A spreadsheet must not take what somebody typed for a formula."""
        return {
            name: f"'{cell}" if cell.startswith(FORMULA) else cell for name, cell in super().to_row_dict(item).items()
        }


def _all(model: Any) -> QuerySet[Any]:
    found: QuerySet[Any] = model._default_manager.all()
    return found
