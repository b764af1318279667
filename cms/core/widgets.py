"""Fields of the Wagtail admin as a Vietnamese editor expects them: slugs spelled right, dates left as typed."""

from typing import Any

from django.forms import TextInput
from wagtail.admin.widgets import AdminDateInput, AdminDateTimeInput, SlugInput

from cms.core.department.colours import SUGGESTED
from cms.core.slugs import spelling_rules


class VietnameseSlugInput(SlugInput):
    """Applies these rules before Wagtail's own script, which drops ệ, ự or ồ and writes đ as dj."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("formatters", spelling_rules())
        super().__init__(*args, **kwargs)


class TypedDateInput(AdminDateInput):
    """Leaves a mistyped date for the server to refuse; Wagtail's picker turns 31/02 into another day without a word."""

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "validateOnBlur": False}


class TypedDateTimeInput(AdminDateTimeInput):
    """The same for a date with a time."""

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "validateOnBlur": False}


class ColourInput(TextInput):
    """The browser's own picker, with colours that can be read to begin with."""

    input_type = "color"
    template_name = "core/widgets/colour.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return {**super().get_context(name, value, attrs), "suggested": SUGGESTED}
