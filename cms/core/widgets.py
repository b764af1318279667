"""Fields of the Wagtail admin as a Vietnamese editor expects them: slugs spelled right, dates left as typed."""

from typing import Any

from wagtail.admin.widgets import AdminDateInput, AdminDateTimeInput, SlugInput

from cms.core.slugs import slug_of

VIETNAMESE_LETTERS = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
COMBINING_MARKS = "[\u0300-\u036f]"  # some keyboards send a letter and its mark apart


def spelling_rules() -> list[tuple[str, str]]:
    """Pairs of a pattern and the plain letter that replaces it, for SlugInput's `formatters`."""
    letters: dict[str, str] = {}
    for letter in VIETNAMESE_LETTERS:
        letters[slug_of(letter)] = letters.get(slug_of(letter), "") + letter + letter.upper()
    return [(f"[{marked}]", plain) for plain, marked in letters.items()] + [(COMBINING_MARKS, "")]


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
