"""The page editor's checks beyond single fields: the event's kinds, and rows against each other and the text."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modelcluster.forms import BaseChildFormSet
from wagtail.admin.forms import WagtailAdminPageForm

from wagtail_emulation.kinds import EventKind
from wagtail_emulation.privacy import check_named, check_untold, public_fields
from wagtail_emulation.validation import find_repeated


class EmulationPageForm(WagtailAdminPageForm):
    """Shows the event's kinds, stored as rows, as check boxes; keeps withheld names out of the rest of the page."""

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

    def is_valid(self) -> bool:
        """Also compare the rows with the text, once both have been read."""
        fields_are_valid: bool = super().is_valid()
        return self._names_stay_withheld() and fields_are_valid

    def save(self, commit: bool = True) -> Any:
        self.instance.event_kinds = self.cleaned_data["event_kinds"]
        return super().save(commit=commit)

    def _names_stay_withheld(self) -> bool:
        """Put an error on each withheld name that the page tells elsewhere; true if there is none."""
        texts = list(self._public_texts())
        kept = True
        for form in kept_forms(self.formsets["commendations"]):
            try:
                check_untold(form.cleaned_data, texts)
            except ValidationError as error:
                form.add_error("name", error)
                kept = False
        return kept

    def _public_texts(self) -> Iterator[tuple[str, str]]:
        """Every text that visitors or search engines read, as (place, text) pairs."""
        page = self.instance
        yield gettext("tiêu đề"), f"{page.title}\n{page.seo_title}"
        yield gettext("mô tả tìm kiếm"), page.search_description
        yield gettext("địa điểm"), page.place
        yield gettext("sapo"), page.lead
        body = page.body.stream_block.get_searchable_content(page.body)
        yield gettext("nội dung"), "\n".join(str(text) for text in body)
        for form in kept_forms(self.formsets["agreements"]):
            yield gettext("giao ước"), row_text(form.cleaned_data)
            for signatory in kept_forms(form.formsets["signatories"]):
                yield gettext("bên ký giao ước"), row_text(signatory.cleaned_data)
        for form in kept_forms(self.formsets["commendations"]):
            yield gettext("khen thưởng"), row_text(public_fields(form.cleaned_data))
        for form in kept_forms(self.formsets["directives"]):
            yield gettext("văn bản được viện dẫn"), row_text(form.cleaned_data)


class UniqueSignatories(BaseChildFormSet):
    """Refuses a party that signs one agreement twice."""

    def clean(self) -> None:
        super().clean()
        rows = [form for form in kept_forms(self) if form.cleaned_data.get("name")]
        keys = [(form.cleaned_data.get("kind", ""), form.cleaned_data["name"]) for form in rows]
        for position in find_repeated(keys):
            message = gettext("Bên ký này đã có trong giao ước. Hãy xoá dòng trùng hoặc sửa lại tên.")
            rows[position].add_error("name", ValidationError(message, code="repeated_signatory"))


class NamedRecipients(BaseChildFormSet):
    """Refuses a recipient without a name, unless the page is a draft."""

    def clean(self) -> None:
        super().clean()
        for form in kept_forms(self):
            if form.is_deferred_validation or form.errors.keys() & {"name", "name_withheld"}:
                continue
            data = form.cleaned_data
            try:
                check_named(name=data["name"], name_withheld=data["name_withheld"])
            except ValidationError as error:
                form.add_error(None, error)


def kept_forms(formset: Any) -> Iterator[Any]:
    """The forms that are filled in, read, and not marked for deletion."""
    for form in formset.forms:
        data = getattr(form, "cleaned_data", None)
        if data and not data.get("DELETE"):
            yield form


def row_text(row: Mapping[str, Any]) -> str:
    """The row's text fields, one a line."""
    return "\n".join(value for value in row.values() if isinstance(value, str))
