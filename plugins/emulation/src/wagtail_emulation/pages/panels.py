"""Two panels that Wagtail lacks."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext
from modelcluster.forms import BaseChildFormSet
from wagtail.admin.compare import TextFieldComparison
from wagtail.admin.panels import FieldPanel, InlinePanel

from wagtail_emulation.pages.pasting import Column, say_columns, texts_of_pasting


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


class RowsPanel(InlinePanel):
    """An inline panel that needs no script in the page, and whose rows can be pasted from Excel.

    ``formset``: checks the rows; ``columns``: what can be pasted, nothing if there are none.
    """

    def __init__(
        self,
        *args: Any,
        formset: type[BaseChildFormSet] | None = None,
        columns: Sequence[Column] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.formset = formset
        self.columns = columns

    def clone_kwargs(self) -> dict[str, Any]:
        return {**super().clone_kwargs(), "formset": self.formset, "columns": self.columns}

    def get_form_options(self) -> dict[str, Any]:
        options: dict[str, Any] = super().get_form_options()
        if self.formset:
            options["formsets"][self.relation_name]["formset"] = self.formset
        return options

    class BoundPanel(InlinePanel.BoundPanel):
        template_name = "wagtail_emulation/panels/rows.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            columns = self.panel.columns
            context |= {"columns": columns, "panel_type": type(self.panel).__name__}
            if columns:
                context["columns_json"] = json.dumps([column.as_data() for column in columns])
                context["columns_said"] = say_columns(columns)
                context["texts_json"] = json.dumps(texts_of_pasting())
            return context
