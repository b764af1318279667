"""Making, listing and revoking tokens in the admin. The secret is in one answer, and nowhere else."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import ModelForm
from django.forms.models import modelform_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.log_actions import log

from cms.statistics.reports.tokens.models import ReportToken, make_token, revoke_token

REVOKED = "report_tokens.revoke"


class TokenList(generic.IndexView):
    @cached_property
    def columns(self) -> list[Column]:
        return [
            self._get_title_column_class(TitleColumn)("name", label=_("Tên"), get_url=self.get_edit_url),
            Column("hint", label=_("Bắt đầu bằng")),
            Column("of_site", label=_("Cổng thông tin")),
            DateColumn("made_at", label=_("Tạo lúc")),
            Column("maker", label=_("Người tạo")),
            Column("last_used", label=_("Dùng lần cuối")),
            Column("state", label=_("Trạng thái")),
        ]

    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("site", "made_by")

    def get_list_more_buttons(self, instance: ReportToken) -> list[Any]:
        buttons: list[Any] = super().get_list_more_buttons(instance)
        revoking = self.get_delete_url(instance)
        for button in buttons:
            if revoking and button.url == revoking:
                button.label = _("Thu hồi")
        return buttons


class MakeToken(generic.CreateView):
    def form_valid(self, form: ModelForm[ReportToken]) -> HttpResponse:
        token = form.save(commit=False)
        secret = make_token(token, by=self.request.user)
        log(token, "wagtail.create", user=self.request.user)
        title = _("Đã tạo mã truy cập")
        context = self.get_context_data(form=form) | {
            "token": token,
            "secret": secret,
            "page_title": title,
            "header_title": title,
            "back": self.get_success_url(),
        }
        response = TemplateResponse(self.request, "report_tokens/made.html", context)
        response["Cache-Control"] = "no-store"
        return response


class EditToken(generic.EditView):
    delete_item_label = gettext_lazy("Thu hồi")


class RevokeToken(generic.DeleteView):
    page_title = gettext_lazy("Thu hồi")
    template_name = "report_tokens/confirm_revoke.html"

    def post(self, request: HttpRequest, *_arguments: Any, **_names: Any) -> HttpResponse:
        revoke_token(self.object)
        log(self.object, REVOKED, user=request.user)
        messages.success(request, _("Đã thu hồi mã truy cập “%(name)s”.") % {"name": self.object.name})
        return redirect(self.get_success_url())


class TokenViewSet(ModelViewSet):
    model = ReportToken
    icon = "key"
    menu_label = gettext_lazy("Mã truy cập API báo cáo")
    menu_name = "report-tokens"
    add_to_settings_menu = True
    add_to_reference_index = False
    copy_view_enabled = False
    inspect_view_enabled = False
    search_fields = ["name"]
    index_view_class = TokenList
    add_view_class = MakeToken
    edit_view_class = EditToken
    delete_view_class = RevokeToken
    # What a token opens does not change under the hands of who has it: only its name does.
    form_fields = ["name"]
    fields_of_new = ("name", "site", "expires_on")

    def get_form_class(self, for_update: bool = False) -> Any:
        if for_update:
            return super().get_form_class(for_update=True)
        return modelform_factory(ReportToken, fields=self.fields_of_new, formfield_callback=self.formfield_for_dbfield)
