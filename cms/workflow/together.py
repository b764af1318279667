"""Several pages published at one second: a bulk action of the page listing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.views.pages.bulk_actions.page_bulk_action import PageBulkAction
from wagtail.locks import ScheduledForPublishLock
from wagtail.models import Page

from cms.core.widgets import TypedDateTimeInput

FORMATS = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M")


class Moment(forms.Form):
    at = forms.DateTimeField(
        label=gettext_lazy("Đăng lúc"),
        input_formats=FORMATS,
        widget=TypedDateTimeInput,
        help_text=gettext_lazy("Ngày/tháng/năm giờ:phút, thêm :giây nếu cần, như 02/09/2027 07:30:00."),
    )

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        if at <= timezone.now():
            raise ValidationError(_("Giờ này đã qua. Hãy chọn giờ sắp tới."), code="past")
        return at


class ScheduleTogether(PageBulkAction):
    display_name = gettext_lazy("Hẹn giờ đăng cùng lúc")
    action_type = "schedule"
    aria_label = gettext_lazy("Hẹn giờ đăng các trang đã chọn cùng lúc")
    template_name = "workflow/schedule_together.html"
    action_priority = 45
    form_class = Moment

    def check_perm(self, page: Page) -> bool:
        """What is scheduled already may be scheduled anew; other locks hold."""
        lock = page.get_lock()
        held = lock and lock.for_user(self.request.user) and not isinstance(lock, ScheduledForPublishLock)
        return bool(page.permissions_for_user(self.request.user).can_publish() and not held)

    def get_execution_context(self) -> dict[str, Any]:
        assert self.cleaned_form
        return {**super().get_execution_context(), "at": self.cleaned_form.cleaned_data["at"]}

    def prepare_action(self, objects: list[Page], _without_access: Any) -> HttpResponse | None:
        """Nothing is scheduled unless all of it can be published."""
        assert self.cleaned_form
        at = self.cleaned_form.cleaned_data["at"]
        wrong = [said for page in objects for said in complaints(page, at)]
        for said in wrong:
            messages.error(self.request, said)
        return redirect(self.request.get_full_path()) if wrong else None

    @classmethod
    def execute_action(
        cls, objects: list[Page], user: Any = None, at: datetime | None = None, **_more: Any
    ) -> tuple[int, int]:
        for page in objects:
            newest = page.get_latest_revision_as_object()
            newest.go_live_at = at
            newest.save_revision(user=user).publish(user=user)
        return len(objects), 0

    def get_success_message(self, count: int, _below: int) -> str:
        assert self.cleaned_form
        at = date_format(timezone.localtime(self.cleaned_form.cleaned_data["at"]), "H:i:s d/m/Y")
        return _("%(count)s trang sẽ được đăng cùng lúc vào %(at)s.") % {"count": count, "at": at}


def complaints(page: Page, at: datetime) -> list[str]:
    """Why this page can't be published then, in the editor's words."""
    newest = page.get_latest_revision_as_object()
    said = []
    if newest.expire_at and newest.expire_at <= at:
        said.append(_("“%(title)s” hết hạn trước giờ đó.") % {"title": newest.title})
    try:
        newest.full_clean()
    except ValidationError as error:
        said.append(_("“%(title)s” chưa đăng được: %(why)s") % {"title": newest.title, "why": _why(newest, error)})
    return said


def _why(page: Page, error: ValidationError) -> str:
    def name(field: str) -> str:
        found = next((one for one in page._meta.get_fields() if one.name == field), None)
        return f"{getattr(found, 'verbose_name', field)}: "

    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        (name(field) if field != "__all__" else "") + " ".join(said) for field, said in error.message_dict.items()
    )
