"""What the page editor checks beyond the fields of one model: choices of several kinds, and rows against each other."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modelcluster.forms import BaseChildFormSet
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import InlinePanel

from wagtail_emulation.kinds import EventKind
from wagtail_emulation.validation import find_repeated


class EmulationPageForm(WagtailAdminPageForm):
    """Shows the event's kinds, stored as rows, as one group of check boxes."""

    event_kinds = forms.MultipleChoiceField(
        label=_("Loại sự kiện"),
        choices=EventKind.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Một sự kiện có thể thuộc nhiều loại, ví dụ vừa tổng kết vừa ký giao ước."),
        error_messages={"required": _("Hãy chọn ít nhất một loại sự kiện.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("event_kinds", self.instance.event_kinds)

    def save(self, commit: bool = True) -> Any:
        self.instance.event_kinds = self.cleaned_data["event_kinds"]
        return super().save(commit=commit)


class UniqueSignatories(BaseChildFormSet):
    """Refuses to let one agreement be signed twice by the same party."""

    def clean(self) -> None:
        super().clean()
        rows = [form for form in self.forms if form not in self.deleted_forms and named(form)]
        keys = [(form.cleaned_data["kind"], form.cleaned_data["name"]) for form in rows]
        for position in find_repeated(keys):
            message = gettext("Bên ký này đã có trong giao ước. Hãy xoá dòng trùng hoặc sửa lại tên.")
            rows[position].add_error("name", ValidationError(message, code="repeated_signatory"))


def named(form: forms.BaseForm) -> bool:
    data = getattr(form, "cleaned_data", {})
    return bool(data.get("kind") and data.get("name"))


class UniqueSignatoriesPanel(InlinePanel):
    """The inline panel of signatories, with ``UniqueSignatories`` as its formset."""

    def get_form_options(self) -> dict[str, Any]:
        options: dict[str, Any] = super().get_form_options()
        options["formsets"][self.relation_name]["formset"] = UniqueSignatories
        return options
