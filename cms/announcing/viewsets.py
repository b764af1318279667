"""Receivers of webhooks in the admin. A secret is in one answer, and nowhere else."""

from __future__ import annotations

from typing import Any

from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import log

from cms.announcing.deliveries import Deliveries
from cms.announcing.forms import EndpointForm
from cms.announcing.models import Endpoint
from cms.announcing.secrets import make_secret


class EndpointList(generic.IndexView):
    @cached_property
    def columns(self) -> list[Column]:
        return [
            self._get_title_column_class(TitleColumn)("name", label=_("Tên"), get_url=self.get_edit_url),
            Column("url", label=_("Địa chỉ nhận")),
            Column("of_site", label=_("Cổng thông tin")),
            DateColumn("made_at", label=_("Tạo lúc")),
            Column("state", label=_("Trạng thái")),
        ]

    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("site")

    def get_list_more_buttons(self, instance: Endpoint) -> list[Any]:
        address = reverse("announcing_deliveries", args=[instance.pk])
        button = Button(_("Gửi thử, các lần gửi"), url=address, icon_name="history", priority=15)
        return [*super().get_list_more_buttons(instance), button]


class MakeEndpoint(generic.CreateView):
    def form_valid(self, form: ModelForm[Endpoint]) -> HttpResponse:
        endpoint = form.save(commit=False)
        secret = make_secret(endpoint)
        endpoint.save()
        log(endpoint, "wagtail.create", user=self.request.user)
        return show_secret(self.request, endpoint, secret)


class EditEndpoint(generic.EditView):
    @cached_property
    def header_more_buttons(self) -> list[Any]:
        address = reverse("announcing_deliveries", args=[self.object.pk])
        return [*super().header_more_buttons, Button(_("Gửi thử, các lần gửi"), url=address, icon_name="history")]


class EndpointViewSet(ModelViewSet):
    model = Endpoint
    icon = "link-external"
    menu_label = gettext_lazy("Nơi nhận tin")
    menu_name = "webhooks"
    add_to_settings_menu = True
    add_to_reference_index = False
    copy_view_enabled = False
    inspect_view_enabled = False
    search_fields = ["name", "url"]
    index_view_class = EndpointList
    add_view_class = MakeEndpoint
    edit_view_class = EditEndpoint

    def get_form_class(self, for_update: bool = False) -> Any:  # noqa: ARG002 - Wagtail's signature
        return EndpointForm


def show_secret(request: HttpRequest, endpoint: Endpoint, secret: str) -> HttpResponse:
    title = _("Khóa bí mật của nơi nhận tin")
    context = {
        "endpoint": endpoint,
        "secret": secret,
        "page_title": title,
        "header_title": title,
        "header_icon": "key",
        "back": reverse("announcing_deliveries", args=[endpoint.pk]),
    }
    return TemplateResponse(request, "announcing/secret.html", context)


def addresses() -> list[URLPattern]:
    return [path("webhooks/<int:pk>/", Deliveries.as_view(show_secret=show_secret), name="announcing_deliveries")]
