"""The page editor's checks beyond single fields: the event's kinds, and rows against each other and the text."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modelcluster.forms import BaseChildFormSet
from wagtail.admin.forms import WagtailAdminPageForm

from wagtail_emulation.kinds import EventKind
from wagtail_emulation.privacy import check_named, check_untold, public_fields
from wagtail_emulation.slugs import spell_suggestions
from wagtail_emulation.validation import find_repeated

PUBLIC_TEXTS = ("title", "seo_title", "search_description", "place", "lead")


class EmulationIndexPageForm(WagtailAdminPageForm):
    """Suggests a slug that spells the Vietnamese title right."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            spell_suggestions(self.fields["slug"])


class EmulationPageForm(EmulationIndexPageForm):
    """Shows the event's kinds, stored as rows, as check boxes; keeps withheld names out of the rest of the page."""

    event_kinds = forms.MultipleChoiceField(
        label=_("Loại sự kiện"),
        choices=EventKind.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Một sự kiện có thể thuộc nhiều loại, ví dụ vừa tổng kết vừa ký giao ước."),
        error_messages={"required": _("Hãy chọn ít nhất một loại sự kiện.")},
    )

    class Media:
        js = ("wagtail_emulation/inline-rows.js",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("event_kinds", self.instance.event_kinds)

    def is_valid(self) -> bool:
        """Also compare the rows with the text, whatever else is wrong: the editor hears of everything at once."""
        fields_are_valid: bool = super().is_valid()
        if not self.is_bound:
            return fields_are_valid
        for formset in self.formsets.values():  # modelcluster stops at the first row that is wrong
            for form in formset.forms:
                form.is_valid()
        return self._names_stay_withheld and fields_are_valid

    def save(self, commit: bool = True) -> Any:
        self.instance.event_kinds = self.cleaned_data["event_kinds"]
        return super().save(commit=commit)

    @cached_property
    def _names_stay_withheld(self) -> bool:
        """Put an error on each withheld name that the page tells elsewhere; true if there is none."""
        texts = list(self._public_texts())
        kept = True
        for form in kept_forms(self.formsets["commendations"]):
            try:
                check_untold(as_typed(form), texts)
            except ValidationError as error:
                form.add_error("name", error)
                kept = False
        return kept

    def _public_texts(self) -> Iterator[tuple[str, str]]:
        """Every text that visitors or search engines read, as (place, text) pairs."""
        typed = as_typed(self)
        page = self.instance
        told = {name: str(typed.get(name, getattr(page, name)) or "") for name in PUBLIC_TEXTS}
        yield gettext("tiêu đề"), f"{told['title']}\n{told['seo_title']}"
        yield gettext("mô tả tìm kiếm"), told["search_description"]
        yield gettext("địa điểm"), told["place"]
        yield gettext("sapo"), told["lead"]
        body = typed.get("body", page.body)
        yield gettext("nội dung"), "\n".join(str(text) for text in body.stream_block.get_searchable_content(body))
        for form in kept_forms(self.formsets["agreements"]):
            yield gettext("giao ước"), row_text(as_typed(form))
            for signatory in kept_forms(form.formsets["signatories"]):
                yield gettext("bên ký giao ước"), row_text(as_typed(signatory))
        for form in kept_forms(self.formsets["commendations"]):
            yield gettext("khen thưởng"), row_text(public_fields(as_typed(form)))
        for form in kept_forms(self.formsets["directives"]):
            yield gettext("văn bản được viện dẫn"), row_text(as_typed(form))


class UniqueSignatories(BaseChildFormSet):
    """Refuses a party that signs one agreement twice."""

    def clean(self) -> None:
        super().clean()
        rows = [form for form in kept_forms(self) if form.cleaned_data.get("name")]
        keys = [(form.cleaned_data.get("kind", ""), form.cleaned_data["name"]) for form in rows]
        for position in find_repeated(keys):
            message = gettext("Bên ký này đã có trong giao ước. Hãy xóa dòng trùng hoặc sửa lại tên.")
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


def as_typed(form: Any) -> dict[str, Any]:
    """The form's cleaned data, and of each field that was refused what the editor has typed."""
    refused = {name: form[name].data for name in form.errors if name in form.fields}
    return {**form.cleaned_data, **refused}


def row_text(row: Mapping[str, Any]) -> str:
    """The row's text fields, one a line."""
    return "\n".join(value for value in row.values() if isinstance(value, str))
