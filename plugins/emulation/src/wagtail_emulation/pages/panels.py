"""Two panels that Wagtail lacks."""

from functools import partial
from typing import Any

from django.utils.translation import gettext
from modelcluster.forms import BaseChildFormSet
from wagtail.admin.compare import TextFieldComparison
from wagtail.admin.panels import FieldPanel, InlinePanel


class EventKindsPanel(FieldPanel):
    """The check boxes of an event's kinds. Kinds are rows and not a model field, so the panel brings a comparison."""

    class BoundPanel(FieldPanel.BoundPanel):
        def get_comparison(self) -> list[Any]:
            return [partial(EventKindsComparison, None)]


class EventKindsComparison(TextFieldComparison):
    """How the kinds differ between two revisions."""

    def __init__(self, field: None, before: Any, after: Any) -> None:
        self.field = field
        self.val_a = ", ".join(before.kind_labels)
        self.val_b = ", ".join(after.kind_labels)

    def field_label(self) -> str:
        return gettext("Loại sự kiện")


class CheckedInlinePanel(InlinePanel):
    """An inline panel whose rows are checked by a formset of their own."""

    def __init__(self, *args: Any, formset: type[BaseChildFormSet], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.formset = formset

    def clone_kwargs(self) -> dict[str, Any]:
        return {**super().clone_kwargs(), "formset": self.formset}

    def get_form_options(self) -> dict[str, Any]:
        options: dict[str, Any] = super().get_form_options()
        options["formsets"][self.relation_name]["formset"] = self.formset
        return options
